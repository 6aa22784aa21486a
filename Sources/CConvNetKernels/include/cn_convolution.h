// Convolution: forward, backward data and backward weights of any 2-d convolution.
//
// The caller plans once per shape and then runs tasks:
//
//   problem + direction ── plan() ──► plan: phases, tasks per phase, bytes of memory
//   weights [O][C/groups][KH][KW] ── pack(task) ──► packed weights   (forward, backward data, unless
//                                                                     plan.pack_tasks is 0)
//   for each phase { for each task, in any order, on any thread { run(phase, task) }; barrier }
//
// The number of tasks depends on the shape only, and so do the sums: the results have the same bits
// at any number of threads and in any order of tasks.
//
// Tensors are blocked (see cn_table.h) unless said otherwise, 64-byte aligned, with zero in the
// lanes beyond the last channel; what is written keeps that.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cn_bfloat16.h"

#pragma clang assume_nonnull begin

typedef struct cn_convolution_problem {
  int32_t batch, channels, height, width, out_channels;
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t pad_top, pad_bottom, pad_left, pad_right;
  int32_t dilation_height, dilation_width;
  int32_t groups;
} cn_convolution_problem;

typedef enum cn_direction {
  // y = conv(x, W)
  CN_FORWARD,
  // dx from dy and W; also the forward pass of a transposed convolution.
  CN_BACKWARD_DATA,
  // dW (and db) from x and dy.
  CN_BACKWARD_WEIGHTS,
} cn_direction;

typedef enum cn_algorithm {
  // The rule of thumb of plan().
  CN_AUTOMATIC,
  // Sums of taps in a fixed order, for every legal problem.
  CN_DIRECT,
  // For one channel per group, one vector operation per tap.
  CN_DEPTHWISE,
  // For few input channels, read from plain NCHW: forward and backward weights.
  CN_STEM,
  // Winograd F(4x4, 3x3): each task takes some tiles through all its steps.
  CN_WINOGRAD,
  // The same with a barrier between the steps: for large weights or few tiles.
  CN_WINOGRAD_PHASED,
  // Direct with factors rounded to bfloat16, except for backward weights with groups.
  CN_DIRECT_BFLOAT16,
} cn_algorithm;

typedef enum cn_status {
  CN_OK,
  // No such convolution: a size below one, padding below zero, an empty output, channels not
  // divisible by groups, or more elements than can be addressed.
  CN_INVALID,
  // The convolution exists but the algorithm asked for cannot do it.
  CN_UNSUPPORTED,
} cn_status;

typedef struct cn_convolution_request {
  cn_convolution_problem problem;
  cn_direction direction;
  cn_algorithm algorithm;
  // Automatic choice avoids Winograd, whose results differ from direct sums by some 1e-6.
  bool exact_order;
  // x is plain NCHW instead of blocked: only CN_STEM.
  bool plain_source;
  // The weights are packed once and used often (inference): makes costly packing worth it.
  bool constant_weights;
  // Forward also gives mean and centred sum of squares of each output channel.
  bool statistics;
  // What the automatic choice may round the factors to. CN_BFLOAT16_EMULATED also decides how
  // CN_DIRECT_BFLOAT16 multiplies.
  cn_precision precision;
} cn_convolution_request;

enum { CN_MAX_PHASES = 4 };

typedef struct cn_convolution_plan {
  cn_convolution_request request;
  // What was chosen; never CN_AUTOMATIC.
  cn_algorithm algorithm;
  int32_t out_height, out_width;
  int32_t phases;
  int32_t tasks[CN_MAX_PHASES];
  int32_t pack_tasks;
  // Memory the caller provides, 64-byte aligned: scratch per thread, workspace per run (kept
  // between its phases), packed weights for as long as the weights stay the same.
  int64_t thread_scratch_bytes, workspace_bytes, packed_weight_bytes;
  // Sizes of blocks, private to the algorithm.
  int32_t blocking[16];
} cn_convolution_plan;

// What one run reads and writes. Pointers that a direction does not use may be NULL.
typedef struct cn_convolution_arguments {
  // x of forward and backward weights, dy of backward data.
  const float *_Nullable source;
  // y of forward, dx of backward data.
  float *_Nullable destination;
  // Forward and backward data: from pack(), or where plan.pack_tasks is 0 the weights themselves.
  const float *_Nullable packed_weights;
  const float *_Nullable weights;
  void *_Nullable workspace;

  // After the sums of forward and backward data, in this order, each optional:
  // + bias[target channel] (plain, one float per channel)
  const float *_Nullable bias;
  // + residual, blocked like the destination; may be the destination itself.
  const float *_Nullable residual;
  // limited to low ... high. ReLU: low 0, high infinity. None: minus infinity, infinity.
  float low, high;
  // zero where mask (blocked like the destination) is not above zero: the gradient of ReLU.
  const float *_Nullable mask;

  // With request.statistics: per output channel the mean and the sum of squared distances from it
  // over batch, height and width, of the finished outputs; rounded up to whole vectors.
  float *_Nullable mean;
  float *_Nullable centred_squares;

  // Backward weights: dy (blocked), and the results dW [O][C/groups][KH][KW] and db [O].
  const float *_Nullable out_gradient;
  float *_Nullable weight_gradient;
  float *_Nullable bias_gradient;
} cn_convolution_arguments;

typedef struct cn_convolution_kernels {
  cn_status (*plan)(const cn_convolution_request *request, cn_convolution_plan *plan);
  // Task 0 ..< plan.pack_tasks: writes its part of the packed weights.
  void (*pack)(const cn_convolution_plan *plan, int32_t task, const float *weights, float *packed);
  // Task 0 ..< plan.tasks[phase]. `scratch` holds plan.thread_scratch_bytes of any content.
  void (*run)(const cn_convolution_plan *plan, int32_t phase, int32_t task,
              const cn_convolution_arguments *arguments, void *scratch);
} cn_convolution_kernels;

// plan->tasks[phase], for languages that see the array as a tuple.
static inline int32_t cn_convolution_tasks(const cn_convolution_plan *plan, int32_t phase) {
  return phase >= 0 && phase < plan->phases ? plan->tasks[phase] : 0;
}

#pragma clang assume_nonnull end
