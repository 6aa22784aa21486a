// Batch norm folded into a convolution: as fast as memory in any instruction set, so it is compiled
// once, outside the table of kernels.

#include "cn_fold.h"

#include <math.h>

#pragma clang fp contract(off)

void cn_fold_batch_norm(const float *weights, const float *bias, const float *gamma,
                        const float *beta, const float *mean, const float *variance, float epsilon,
                        int64_t per_channel, int64_t first, int64_t last, float *folded_weights,
                        float *folded_bias) {
  for (int64_t channel = first; channel < last; channel++) {
    const float scale = gamma[channel] / sqrtf(variance[channel] + epsilon);
    const float *from = weights + channel * per_channel;
    float *to = folded_weights + channel * per_channel;
    for (int64_t i = 0; i < per_channel; i++) to[i] = from[i] * scale;
    const float own = bias ? bias[channel] : 0;
    folded_bias[channel] = (own - mean[channel]) * scale + beta[channel];
  }
}
