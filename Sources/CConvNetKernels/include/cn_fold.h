// Batch norm folded into the convolution before it.
#pragma once

#include <stdint.h>

#pragma clang assume_nonnull begin

// The channels [first, last) of
//
//   scale = gamma / sqrt(variance + epsilon)
//   folded_weights[channel][i] = weights[channel][i] * scale          i < per_channel
//   folded_bias[channel] = (bias[channel] - mean) * scale + beta
//
// bias may be NULL (0). Any alignment.
void cn_fold_batch_norm(const float *weights, const float *_Nullable bias, const float *gamma,
                        const float *beta, const float *mean, const float *variance, float epsilon,
                        int64_t per_channel, int64_t first, int64_t last, float *folded_weights,
                        float *folded_bias);

#pragma clang assume_nonnull end
