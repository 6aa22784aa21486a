// Optimiser updates in place, in PyTorch's order of operations (torch.optim, single-tensor form).
//
// Every element is updated from its own numbers alone, so a parameter may be cut anywhere. The
// gradient counts gradient_scale times (clipping, averaging). Weight decay 0 adds nothing, not even
// 0 * parameter.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// g = gradient + weight_decay * p; v = momentum * v + gradient_share * g;
// p -= rate * (nesterov ? g + momentum * v : v). gradient_share is 1 - dampening (1 in the first
// step, in which v starts at 0). Without velocity (NULL) p -= rate * g.
typedef struct {
  float rate;
  float momentum;
  float gradient_share;
  float weight_decay;
  float gradient_scale;
  bool nesterov;
} cn_sgd;

// p *= keep; g = gradient + weight_decay * p; m += one_minus_beta1 * (g - m);
// v = beta2 * v + one_minus_beta2 * g * g; p -= rate * m / (sqrt(v) / root_correction + epsilon).
// rate = learning rate / (1 - beta1^step), root_correction = sqrt(1 - beta2^step). Adam: keep 1;
// AdamW: keep = 1 - learning rate * decay, weight_decay 0.
typedef struct {
  float rate;
  float one_minus_beta1;
  float beta2;
  float one_minus_beta2;
  float root_correction;
  float epsilon;
  float weight_decay;
  float keep;
  float gradient_scale;
} cn_adam;

// g = gradient + weight_decay * p; s = alpha * s + one_minus_alpha * g * g; with `mean`
// a += one_minus_alpha * (g - a), spread = s - a * a, otherwise spread = s;
// change = g / (sqrt(spread) + epsilon); with `velocity` v = momentum * v + change, p -= rate * v,
// otherwise p -= rate * change.
typedef struct {
  float rate;
  float alpha;
  float one_minus_alpha;
  float epsilon;
  float weight_decay;
  float momentum;
  float gradient_scale;
} cn_rmsprop;

typedef struct {
  void (*sgd)(
    cn_sgd rule, float *parameter, const float *gradient, float *_Nullable velocity, int64_t count);
  void (*adam)(
    cn_adam rule, float *parameter, const float *gradient, float *mean, float *square,
    int64_t count);
  void (*rmsprop)(
    cn_rmsprop rule, float *parameter, const float *gradient, float *square,
    float *_Nullable mean, float *_Nullable velocity, int64_t count);
} cn_optimizer_kernels;

#pragma clang assume_nonnull end
