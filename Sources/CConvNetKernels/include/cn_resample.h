// Images of another size: nearest and bilinear resize, padding and cropping, on blocked tensors;
// and dropout.
//
// Tasks own whole planes, forward and backward.
#pragma once

#include "cn_planes.h"

#pragma clang assume_nonnull begin

// scale = input cells per output cell along an axis, see cn_resize_scale.
typedef struct {
  int64_t batch;
  int64_t channels;
  int64_t height;
  int64_t width;
  int64_t output_height;
  int64_t output_width;
  float scale_height;
  float scale_width;
  bool align_corners; // bilinear only
} cn_resize;

// torch.nn.functional.interpolate: 1 / factor where a factor is given (> 0), otherwise
// input / output, and with align_corners (input - 1) / (output - 1).
static inline float cn_resize_scale(
  int64_t input, int64_t output, bool align_corners, double factor) {
  if (align_corners) return output > 1 ? (float)(input - 1) / (float)(output - 1) : 0;
  return factor > 0 ? (float)(1 / factor) : (float)input / (float)output;
}

typedef enum {
  CN_PAD_CONSTANT,
  CN_PAD_REFLECT,   // d c b | a b c d | c b a; the padding is smaller than the image
  CN_PAD_REPLICATE, // a a a | a b c d | d d d
} cn_pad_mode;

// Output cell (h, w) is input cell (h - top, w - left); top and left may be negative (cropping).
typedef struct {
  int64_t batch;
  int64_t channels;
  int64_t height;
  int64_t width;
  int64_t output_height;
  int64_t output_width;
  int64_t top;
  int64_t left;
  cn_pad_mode mode;
  float value; // outside of the image, CN_PAD_CONSTANT
} cn_pad;

typedef struct {
  // y = the input cell floor(o * scale) along each axis.
  void (*nearest)(const float *x, float *y, cn_resize resize, int64_t first, int64_t last);
  void (*nearest_backward)(
    const float *dy, float *dx, cn_resize resize, int64_t first, int64_t last);
  // y = the mixture of the two cells around the position along each axis: max((o + 1/2) * scale -
  // 1/2, 0), with align_corners o * scale.
  void (*bilinear)(const float *x, float *y, cn_resize resize, int64_t first, int64_t last);
  void (*bilinear_backward)(
    const float *dy, float *dx, cn_resize resize, int64_t first, int64_t last);

  void (*pad)(const float *x, float *y, cn_pad pad, int64_t first, int64_t last);
  // dx = the sum of dy over the output cells that read the input cell.
  void (*pad_backward)(const float *dy, float *dx, cn_pad pad, int64_t first, int64_t last);

  // y[i] = x[i] * (the random number of element i is >= probability ? 1 / (1 - probability) : 0)
  // for the elements [first, last); first is a multiple of 4; x NULL stands for ones (the factors
  // alone). The number of element i is word i % 4 of Philox 4x32-10 with the key `seed` and the
  // counter (i / 4, stream), divided by 2^32 (Salmon et al. 2011), as in CounterRandom: the same
  // for every split, instruction set and call, so the backward form is the same function of dy. x
  // and y point at element 0; elements are those in memory, so on a blocked tensor the vector
  // length matters.
  void (*dropout)(
    const float *_Nullable x, float *y, float probability, uint64_t seed, uint64_t stream,
    int64_t first, int64_t last);
} cn_resample_kernels;

#pragma clang assume_nonnull end
