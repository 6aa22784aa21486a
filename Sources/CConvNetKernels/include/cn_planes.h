// The blocked activation layout, as every kernel below sees it.
//
//   [batch][ceil(channels / V)][pixels][V]      V = vector length of the instruction set
//
// A *plane* is one (image, channel block): `pixels * V` consecutive floats. Kernels take a range of
// planes, 0 <= first <= last <= batch * ceil(channels / V), so that the caller can split the work
// anywhere between planes; the result does not depend on the split.
//
//   plane 0          plane 1                 (5 channels, V = 4, 3 pixels)
//   0123 0123 0123   4... 4... 4...          '.' is a lane beyond the channels: always zero
//
// Every kernel keeps the dots zero, provided its inputs keep them. Vectors of one number per
// channel (scales, means) are plain: `channels` floats, no padding.
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  int64_t batch;
  int64_t channels;
  int64_t pixels; // height * width
} cn_planes;
