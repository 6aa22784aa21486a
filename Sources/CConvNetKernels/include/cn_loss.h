// The classifier's head: softmax, log-softmax and cross-entropy over the rows of a plain matrix
// [rows][columns].
//
// A row is one task's business from beginning to end; sums run in 16 lanes that are added in a
// fixed tree, so the split into rows and the instruction set do not change a bit.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// torch.nn.CrossEntropyLoss: loss of a row = -sum over c of a[c] * log_softmax(x)[c] with
// a[c] = weight[c] * ((1 - label_smoothing) * (c is the target) + label_smoothing / classes).
typedef struct {
  int64_t classes;
  const float *_Nullable class_weights; // `classes` floats; NULL: all 1
  float label_smoothing;
  int64_t ignore_index; // rows with this target do not count: loss 0, gradient 0
  // The class numbers, one per row: exactly one of the two. A number that is no class makes the
  // row's loss and gradient NaN.
  const float *_Nullable float_targets;
  const int32_t *_Nullable integer_targets;
} cn_cross_entropy;

typedef struct {
  // y = softmax(x); y may be x.
  void (*softmax)(const float *x, float *y, int64_t columns, int64_t first, int64_t last);
  // dx = y * (dy - sum(dy * y)); dx may be dy.
  void (*softmax_backward)(
    const float *y, const float *dy, float *dx, int64_t columns, int64_t first, int64_t last);
  void (*log_softmax)(const float *x, float *y, int64_t columns, int64_t first, int64_t last);
  // dx = dy - exp(y) * sum(dy); dx may be dy.
  void (*log_softmax_backward)(
    const float *y, const float *dy, float *dx, int64_t columns, int64_t first, int64_t last);

  // The sum of the weights of the targets in rows 0 ..< rows: what the mean is divided by. NaN if a
  // target is no class.
  double (*target_weight)(cn_cross_entropy loss, int64_t rows);
  // Loss and gradient of the rows [first, last) of x: losses[row] (not scaled) and
  // dx = scale * (softmax(x) * sum(a) - a). Either may be NULL; dx may be x. For the mean loss
  // scale is (the loss's own gradient) / target_weight.
  void (*cross_entropy)(
    cn_cross_entropy loss, const float *x, float *_Nullable losses, float *_Nullable dx,
    float scale, int64_t first, int64_t last);
} cn_loss_kernels;

#pragma clang assume_nonnull end
