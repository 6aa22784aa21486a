// Batch normalisation, training form, on blocked tensors.
//
//   forward    statistics (per item) -> merge_statistics (per channel block)
//              -> finish_statistics (per channel) -> normalise (per plane)
//   backward   backward_sums (per item) -> merge_backward (per channel block)
//              -> backward_data (per plane)
//
// A convolution with request.statistics takes the place of the first two.
//
// An *item* is one channel block of one group of images: groups of cn_images_per_group images, so
// that an item has at least 256 pixels where the batch allows. There are
// cn_group_count(shape) * ceil(channels / V) items, item = group * blocks + block, and each has its
// own slot of partial results: partials[item][2][V]. The split depends on the shape only, and the
// merge goes through the groups in order, in double. Nothing is subtracted from a larger sum: the
// variance is that of the deviations from each chunk's own mean (Chan, Golub, LeVeque 1979).
//
// Inference batch norm is `channel_affine` (cn_elementwise.h) or folded into the convolution.
#pragma once

#include "cn_planes.h"

#pragma clang assume_nonnull begin

// Images that share one slot of partial results.
static inline int64_t cn_images_per_group(cn_planes shape) {
  int64_t images = (256 + shape.pixels - 1) / (shape.pixels > 0 ? shape.pixels : 1);
  return images < shape.batch ? images : (shape.batch > 0 ? shape.batch : 1);
}

static inline int64_t cn_group_count(cn_planes shape) {
  int64_t images = cn_images_per_group(shape);
  return (shape.batch + images - 1) / images;
}

// Numbers per channel in slot `group`.
static inline int64_t cn_group_size(cn_planes shape, int64_t group) {
  int64_t images = cn_images_per_group(shape), left = shape.batch - group * images;
  return (left < images ? left : images) * shape.pixels;
}

// Whether the normalised result went through a ReLU, and how the backward pass knows which did.
typedef enum {
  CN_NO_RELU,
  // Positive outputs, read from y: needed when a residual was added before the ReLU.
  CN_RELU_FROM_OUTPUT,
  // Recomputed from x by the arithmetic of `normalise` (the same bits): saves reading y.
  CN_RELU_RECOMPUTED,
} cn_relu_mask;

// What the backward kernels read. `y` only with CN_RELU_FROM_OUTPUT; gamma NULL means 1, beta 0.
typedef struct {
  const float *x;
  const float *dy;
  const float *_Nullable y;
  cn_relu_mask relu;
  const float *mean;
  const float *inverse_deviation;
  const float *_Nullable gamma;
  const float *_Nullable beta;
} cn_norm_backward;

typedef struct {
  // partials[item][0] = mean, partials[item][1] = sum of squared deviations from it, for the items
  // [first, last).
  void (*statistics)(
    const float *x, float *partials, cn_planes shape, int64_t first, int64_t last);

  // Merges the slots of `statistics` into mean and sum of squared deviations per channel, for the
  // channel blocks [first_block, last_block).
  void (*merge_statistics)(
    const float *partials, cn_planes shape, float *mean, float *centred_squares,
    int64_t first_block, int64_t last_block);

  // inverse_deviation = 1 / sqrt(variance + epsilon) for the channels [first, last), from `count`
  // numbers per channel. running_mean and running_variance (both or neither) become
  // (1 - momentum) * running + momentum * new, with the unbiased variance as in PyTorch (with the
  // biased one if count is 1, which PyTorch refuses).
  void (*finish_statistics)(
    const float *mean, const float *centred_squares, int64_t count, double epsilon, double momentum,
    float *inverse_deviation, float *_Nullable running_mean, float *_Nullable running_variance,
    int64_t first, int64_t last);

  // y = (x - mean) * (gamma * inverse_deviation) + beta (+ residual) (then ReLU). y may be x or the
  // residual.
  void (*normalise)(
    const float *x, const float *mean, const float *inverse_deviation, const float *_Nullable gamma,
    const float *_Nullable beta, const float *_Nullable residual, bool relu, float *y,
    cn_planes shape, int64_t first, int64_t last);

  // partials[item][0] = sum(g), partials[item][1] = sum(g * (x - mean)), where g is dy behind the
  // ReLU, for the items [first, last).
  void (*backward_sums)(
    cn_norm_backward arguments, float *partials, cn_planes shape, int64_t first, int64_t last);

  // dbeta = sum of the first, dgamma = inverse_deviation * sum of the second, for the channel
  // blocks [first_block, last_block).
  void (*merge_backward)(
    const float *partials, cn_planes shape, const float *inverse_deviation, float *dgamma,
    float *dbeta, int64_t first_block, int64_t last_block);

  // dx = gamma * inverse_deviation * (g - dbeta / n - xhat * dgamma / n), n = batch * pixels, and
  // if wanted dresidual = g. With dgamma and dbeta NULL the statistics count as constants (frozen):
  // dx = gamma * inverse_deviation * g. dx and dresidual may be dy, and dx may be x.
  void (*backward_data)(
    cn_norm_backward arguments, const float *_Nullable dgamma, const float *_Nullable dbeta,
    float *dx, float *_Nullable dresidual, cn_planes shape, int64_t first, int64_t last);
} cn_normalisation_kernels;

#pragma clang assume_nonnull end
