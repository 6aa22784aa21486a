// Pooling on blocked tensors: maximum and average, sliding and adaptive, global average.
//
// Every kernel works on planes [first, last) and writes whole planes, also in the backward forms
// (an input pixel gathers from the windows that contain it, in row-major order of the windows), so
// tasks never write the same memory.
#pragma once

#include "cn_planes.h"

#pragma clang assume_nonnull begin

// How outputs look at the input. The output size is given, so that ceil_mode is the caller's
// business: windows may hang over the lower and right edge. A window that lies in the padding alone
// (dilation can bring it about) gives -infinity as maximum.
typedef struct {
  int64_t batch;
  int64_t channels;
  int64_t height;
  int64_t width;
  int64_t output_height;
  int64_t output_width;

  // Adaptive: output row o covers the input rows floor(o H / OH) ..< ceil((o + 1) H / OH), and
  // columns likewise (with output size 1 the whole image). The numbers of the sliding window below
  // are not looked at. Otherwise the window slides, with the numbers of torch.nn.MaxPool2d and
  // AvgPool2d.
  bool adaptive;
  int32_t kernel_height;
  int32_t kernel_width;
  int32_t stride_height;
  int32_t stride_width;
  int32_t pad_top; // the window of output row 0 starts this many rows above row 0
  int32_t pad_bottom;
  int32_t pad_left;
  int32_t pad_right;
  int32_t dilation_height; // maximum only
  int32_t dilation_width;
  // Average only. The divisor is divisor_override if that is not 0, otherwise the number of the
  // window's cells: with count_include_pad those in the image and its padding, without it those in
  // the image. Adaptive: those in the image.
  int32_t divisor_override;
  bool count_include_pad;
} cn_window;

// The most cells a window of `max` may have when taps are wanted.
enum { CN_MAX_TAPS = 65534 };

typedef struct {
  // y = the largest number in the window; NaN wins. tap[output] = the place in the window of
  // the first such number in row-major order (of the last NaN, as in PyTorch), for the backward
  // form; NULL if not wanted. `tap` is blocked like y.
  void (*max)(
    const float *x, float *y, uint16_t *_Nullable tap, cn_window window, int64_t first,
    int64_t last);
  // dx = sum over the windows whose maximum this pixel was of dy.
  void (*max_backward)(
    const float *dy, const uint16_t *tap, float *dx, cn_window window, int64_t first, int64_t last);
  // The index that PyTorch returns (row * width + column in the input, exact below 2^24) for the
  // taps of `max`, as floats, blocked like y; -1 for a window in the padding.
  void (*max_indices)(
    const uint16_t *tap, float *index, cn_window window, int64_t first, int64_t last);

  // y = sum over the window / divisor. Dilation is not looked at.
  void (*average)(const float *x, float *y, cn_window window, int64_t first, int64_t last);
  void (*average_backward)(
    const float *dy, float *dx, cn_window window, int64_t first, int64_t last);

  // y[image][channel] = mean over the pixels; y is blocked with one pixel.
  void (*global_average)(
    const float *x, float *y, cn_planes shape, int64_t first, int64_t last);
  void (*global_average_backward)(
    const float *dy, float *dx, cn_planes shape, int64_t first, int64_t last);
} cn_pooling_kernels;

#pragma clang assume_nonnull end
