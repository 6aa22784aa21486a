// Moving numbers between layouts; no arithmetic except the normalisation of pictures.
//
//   plain    [batch][channels][height][width]          PyTorch's NCHW
//   blocked  [batch][channel block][pixel][V]          see cn_planes.h
#pragma once

#include "cn_planes.h"

#pragma clang assume_nonnull begin

// An 8-bit picture or a part of one. Sizes in pixels, steps in bytes; interleaved RGB has
// pixel_step 3, channel_step 1; planar has pixel_step 1, channel_step height * width. A negative
// pixel_step (with `bytes` at the last pixel of a row) mirrors the picture.
typedef struct {
  const uint8_t *bytes;
  int64_t height;
  int64_t width;
  int64_t channels;
  int64_t row_step;
  int64_t pixel_step;
  int64_t channel_step;
} cn_picture;

typedef struct {
  // plain -> blocked for the planes [first, last); writes zeros into the unused lanes.
  void (*block)(const float *x, float *y, cn_planes shape, int64_t first, int64_t last);
  // blocked -> plain for the planes [first, last).
  void (*unblock)(const float *x, float *y, cn_planes shape, int64_t first, int64_t last);

  // y = byte * scale[channel] + shift[channel] for the picture's rows [first, last), into one image
  // of a blocked tensor (`y` at the image's first plane).
  void (*picture_to_blocked)(
    cn_picture x, const float *scale, const float *shift, float *y, int64_t first, int64_t last);
  // The same into one image of a plain tensor.
  void (*picture_to_plain)(
    cn_picture x, const float *scale, const float *shift, float *y, int64_t first, int64_t last);

  // Copies (or with `accumulate` adds) `count` channels of the blocked tensor x, from channel
  // x_first on, to the channels of y from y_first on, for those of y's planes [first, last) that
  // hold them. Other lanes of y are left alone, except that the lanes beyond y's last channel
  // become zero when the copy reaches that channel. x has x_channels, y has y_channels, both batch
  // * pixels. Concatenation: call once per input for the same range of y's planes. Slice: once.
  void (*copy_channels)(
    const float *x, int64_t x_channels, int64_t x_first, float *y, int64_t y_channels,
    int64_t y_first, int64_t count, int64_t batch, int64_t pixels, bool accumulate,
    int64_t first, int64_t last);

  void (*fill)(float *y, float value, int64_t count);

  // y[column][row] = x[row][column] for the rows [first, last) of y; x has `rows` rows and
  // `columns` columns, both row-major without gaps.
  void (*transpose)(
    const float *x, float *y, int64_t rows, int64_t columns, int64_t first, int64_t last);
} cn_layout_kernels;

#pragma clang assume_nonnull end
