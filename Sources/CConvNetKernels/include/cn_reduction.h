// Sums over whole buffers: losses, gradient norms, the check for NaN and infinity.
//
// A buffer of `count` floats is cut into grains of CN_GRAIN; each grain has one partial sum in
// double, and merge_partials adds them in a fixed tree. The result depends on count alone, neither
// on the tasks nor on the instruction set.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum { CN_GRAIN = 8192 };

static inline int64_t cn_grain_count(int64_t count) { return (count + CN_GRAIN - 1) / CN_GRAIN; }

typedef enum {
  CN_SUM,                         // a
  CN_SUM_OF_SQUARES,              // a * a: gradient norm
  CN_SUM_OF_SQUARED_DIFFERENCES,  // (a - b)^2: mean squared error
  CN_SUM_OF_ABSOLUTE_DIFFERENCES, // |a - b|: L1 loss
} cn_reduction_kind;

typedef struct {
  // partials[grain] for the grains [first, last) of the `count` floats at a (and b, NULL where the
  // kind has none).
  void (*partial_sums)(
    cn_reduction_kind kind, const float *a, const float *_Nullable b, int64_t count,
    double *partials, int64_t first, int64_t last);
  // The sum of `count` partial sums, halves first; overwrites them.
  double (*merge_partials)(double *partials, int64_t count);
  // Whether no number is NaN or infinite.
  bool (*all_finite)(const float *x, int64_t count);
  // dx = (x - target) * scale: the gradient of the mean squared error with scale 2 g / count.
  void (*scaled_difference)(
    const float *x, const float *target, float scale, float *dx, int64_t count);
} cn_reduction_kernels;

#pragma clang assume_nonnull end
