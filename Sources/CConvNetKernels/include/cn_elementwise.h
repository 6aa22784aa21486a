// Elementwise kernels: one number in, one number out, forward and backward.
//
// Everything here works on any layout (a flat run of `count` floats, any alignment) unless the
// name says `planes`. Outputs may be the same buffer as any input (in place); partial overlap is
// not allowed. All arithmetic is separate IEEE multiplications and additions, so that every
// instruction set returns the same bits; NaN and infinity propagate as in PyTorch.
#pragma once

#include "cn_planes.h"

#pragma clang assume_nonnull begin

// The activation functions. `alpha` and `beta` are their parameters; "saved" is what the backward
// form needs: the output y where it suffices (so that the forward form may run in place), otherwise
// the input x. "masked" are those with f(0) != 0 or no derivative at 0: in blocked layout they need
// the `planes` forms.
typedef enum {
  CN_RELU,         // max(x, 0)                                            saved: y
  CN_LEAKY_RELU,   // x > 0 ? x : alpha * x, alpha >= 0                    saved: y (x if alpha < 0)
  CN_CLAMP,        // min(max(x, alpha), beta), alpha <= beta              saved: y, masked
  CN_SIGMOID,      // 1 / (1 + exp(-x))                                    saved: y, masked
  CN_TANH,         // tanh(x)                                              saved: y
  CN_SILU,         // x / (1 + exp(-x))                                    saved: x
  CN_HARD_SIGMOID, // min(max(x + 3, 0), 6) / 6                            saved: x, masked
  CN_HARD_SWISH,   // x * min(max(x + 3, 0), 6) / 6                        saved: x
  CN_GELU,         // x * (1 + erf(x / sqrt(2))) / 2                       saved: x
  CN_GELU_TANH,    // x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2  saved: x
  CN_ELU,          // x > 0 ? x : alpha * (exp(x) - 1)                     saved: x
  CN_SOFTPLUS,     // alpha * x > beta ? x : log(1 + exp(alpha * x)) / alpha  saved: x, masked
  CN_EXP,          // exp(x)                                               saved: y, masked
  CN_LOG,          // log(x)                                               saved: x, masked
  CN_SQRT,         // sqrt(x)                                              saved: y, masked
  CN_ABS,          // |x|, derivative 0 at 0                               saved: x
  CN_ERF,          // erf(x)                                               saved: x
} cn_activation_kind;

typedef struct {
  cn_activation_kind kind;
  float alpha;
  float beta;
} cn_activation;

typedef enum {
  CN_ADD,      // a + b
  CN_SUBTRACT, // a - b
  CN_MULTIPLY, // a * b
  CN_DIVIDE,   // a / b; in blocked layout use `binary_planes` (0 / 0 in the unused lanes)
  CN_ADD_RELU, // max(a + b, 0)
} cn_binary_kind;

typedef struct {
  // y = f(x). Within 2 units in the last place (sigmoid 3, sigmoid and SiLU 0 below -88.7) for exp,
  // log, tanh, erf and ELU; GELU, SiLU, softplus within 2e-7 max(1, |y|).
  void (*activation)(cn_activation f, const float *x, float *y, int64_t count);
  // dx = dy * f'(x), from the saved input or output (see cn_activation_kind).
  void (*activation_backward)(
    cn_activation f, const float *saved, const float *dy, float *dx, int64_t count);
  // The same as `activation` on blocked planes [first, last): keeps the unused lanes zero.
  void (*activation_planes)(
    cn_activation f, const float *x, float *y, cn_planes shape, int64_t first, int64_t last);
  void (*activation_backward_planes)(
    cn_activation f, const float *saved, const float *dy, float *dx, cn_planes shape,
    int64_t first, int64_t last);

  // y = a (kind) b.
  void (*binary)(cn_binary_kind kind, const float *a, const float *b, float *y, int64_t count);
  void (*binary_planes)(
    cn_binary_kind kind, const float *a, const float *b, float *y, cn_planes shape, int64_t first,
    int64_t last);
  // db = -dy * y / b: the gradient of y = a / b for its divisor (that of a is dy / b).
  void (*divide_backward)(
    const float *dy, const float *y, const float *b, float *db, int64_t count);

  // y = x * scale + shift. With shift != 0 not for blocked layout.
  void (*scale_shift)(const float *x, float scale, float shift, float *y, int64_t count);
  // y += scale * x: gradient sums.
  void (*accumulate)(const float *x, float scale, float *y, int64_t count);
  // y += a * b.
  void (*multiply_accumulate)(const float *a, const float *b, float *y, int64_t count);

  // y = x * scale[channel] + shift[channel] (+ residual) (then ReLU): inference batch norm and
  // bias. `scale` may be NULL (1), `shift` NULL (0) and `residual` NULL.
  void (*channel_affine)(
    const float *x, const float *_Nullable scale, const float *_Nullable shift,
    const float *_Nullable residual, bool relu, float *y,
    cn_planes shape, int64_t first, int64_t last);

  // y = x * gate[image][channel], gate blocked with one pixel ("squeeze and excitation").
  void (*gate)(
    const float *x, const float *gate, float *y, cn_planes shape, int64_t first, int64_t last);
  // dx = dy * gate and dgate[image][channel] = sum over pixels of dy * x; either may be NULL.
  void (*gate_backward)(
    const float *x, const float *gate, const float *dy, float *_Nullable dx,
    float *_Nullable dgate, cn_planes shape,
    int64_t first, int64_t last);

  // y = x > 0 ? x : slope[channel] * x.
  void (*prelu)(
    const float *x, const float *slope, float *y, cn_planes shape, int64_t first, int64_t last);
  // dx = x > 0 ? dy : slope * dy, and per plane V sums of x <= 0 ? x * dy : 0 into
  // slope_sums[plane][V]; add them over the images with `sum_planes_over_batch`. dx may be dy.
  void (*prelu_backward)(
    const float *x, const float *slope, const float *dy, float *dx, float *slope_sums,
    cn_planes shape, int64_t first, int64_t last);

  // sums[plane][V] = sum over the pixels of x: the first half of a bias gradient.
  void (*plane_sums)(
    const float *x, float *sums, cn_planes shape, int64_t first, int64_t last);
  // total[channel] = sum over the images of sums[image][block][V] in order, in double, for the
  // channel blocks [first_block, last_block).
  void (*sum_planes_over_batch)(
    const float *sums, float *total, int64_t batch, int64_t channels, int64_t first_block,
    int64_t last_block);
} cn_elementwise_kernels;

#pragma clang assume_nonnull end
