// Pooling on blocked tensors: maximum, average, global average, adaptive average.
//
// Every kernel works on planes [first, last) and writes whole planes, also in the backward forms
// (an input pixel gathers from the windows that contain it, in row-major order of the windows), so
// tasks never write the same memory.
#pragma once

#include "cn_planes.h"

#pragma clang assume_nonnull begin

// One pooling window: the numbers of torch.nn.MaxPool2d and AvgPool2d. The output size is given, so
// that ceil_mode is the caller's business; windows may reach over the lower and right edge. Every
// window must contain at least one pixel of the input, and the kernel has at most 65536 taps.
typedef struct {
  int64_t batch;
  int64_t channels;
  int64_t height;
  int64_t width;
  int64_t output_height;
  int64_t output_width;
  int32_t kernel_height;
  int32_t kernel_width;
  int32_t stride_height;
  int32_t stride_width;
  int32_t padding_height; // above; the window of output row 0 starts this many rows before row 0
  int32_t padding_width;
  int32_t dilation_height; // maximum only
  int32_t dilation_width;
  // Average only. The divisor is divisor_override if that is not 0, otherwise the size of the window:
  // with count_include_pad all of it that lies within the padded input, without it within the input.
  // The padded input reaches padding_height rows beyond both edges.
  int32_t divisor_override;
  bool count_include_pad;
} cn_window;

typedef struct {
  // y = the largest number in the window; NaN wins. tap[output] = the place in the kernel
  // (row * kernel_width + column) of the first such number in row-major order (of the last NaN), for
  // the backward form; NULL if not wanted. `tap` is blocked like y.
  void (*max)(
    const float *x, float *y, uint16_t *_Nullable tap, cn_window window, int64_t first,
    int64_t last);
  // dx = sum over the windows whose maximum this pixel was of dy.
  void (*max_backward)(
    const float *dy, const uint16_t *tap, float *dx, cn_window window, int64_t first, int64_t last);
  // The index that PyTorch returns (row * width + column in the input) for taps of `max`, one int32
  // per output.
  void (*max_indices)(
    const uint16_t *tap, int32_t *index, cn_window window, int64_t first, int64_t last);

  // y = sum over the window / divisor. Dilation is not looked at.
  void (*average)(const float *x, float *y, cn_window window, int64_t first, int64_t last);
  void (*average_backward)(const float *dy, float *dx, cn_window window, int64_t first, int64_t last);

  // y[image][channel] = mean over the pixels; y is blocked with one pixel.
  void (*global_average)(
    const float *x, float *y, cn_planes shape, int64_t first, int64_t last);
  void (*global_average_backward)(
    const float *dy, float *dx, cn_planes shape, int64_t first, int64_t last);

  // Output row o averages the input rows floor(o H / OH) ..< ceil((o + 1) H / OH), and columns
  // likewise: torch.nn.AdaptiveAvgPool2d. Only the sizes of `window` are looked at.
  void (*adaptive_average)(const float *x, float *y, cn_window window, int64_t first, int64_t last);
  void (*adaptive_average_backward)(
    const float *dy, float *dx, cn_window window, int64_t first, int64_t last);
} cn_pooling_kernels;

#pragma clang assume_nonnull end
