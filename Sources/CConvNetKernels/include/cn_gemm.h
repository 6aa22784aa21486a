// Products of row-major matrices: linear layers forward and backward.
//
//   C[rows][columns] = A[rows][depth] * B[depth][columns] (+ bias[columns], limited)
//
//   y  = x W^T + b     A = x [M][K],  B = W stored [N][K]: b_transposed
//   dx = dy W          A = dy [M][N], B = W [N][K]
//   dW = dy^T x        A = dy stored [M][N]: a_transposed, B = x [M][K]
//   db                 column_sums(dy)
//
// Planned and run in tasks as a convolution is (cn_convolution.h); matrices need no alignment.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cn_bfloat16.h"
#include "cn_convolution.h"

#pragma clang assume_nonnull begin

typedef struct cn_gemm_request {
  int32_t rows, columns, depth;
  // A is stored [depth][rows], B is stored [columns][depth].
  bool a_transposed, b_transposed;
  // B is packed once by pack() and used often; otherwise each run packs it in a phase of its own.
  bool constant_b;
  // Of the factors; sums and everything else are float32.
  cn_precision precision;
} cn_gemm_request;

typedef struct cn_gemm_plan {
  cn_gemm_request request;
  int32_t phases;
  int32_t tasks[CN_MAX_PHASES];
  // With constant_b.
  int32_t pack_tasks;
  int64_t thread_scratch_bytes, workspace_bytes, packed_bytes;
  int32_t blocking[5];
} cn_gemm_plan;

typedef struct cn_gemm_arguments {
  const float *a;
  // Not read with constant_b.
  const float *_Nullable b;
  // With constant_b: from pack().
  const float *_Nullable packed_b;
  float *c;
  const float *_Nullable bias;
  // Limits of the result; minus infinity and infinity for none.
  float low, high;
  void *_Nullable workspace;
} cn_gemm_arguments;

typedef struct cn_gemm_kernels {
  cn_status (*plan)(const cn_gemm_request *request, cn_gemm_plan *plan);
  // Task 0 ..< plan.pack_tasks.
  void (*pack)(const cn_gemm_plan *plan, int32_t task, const float *b, float *packed);
  // Task 0 ..< plan.tasks[phase]; scratch and workspace are 64-byte aligned.
  void (*run)(const cn_gemm_plan *plan, int32_t phase, int32_t task,
              const cn_gemm_arguments *arguments, void *scratch);
  // sums[column] over all rows, for the columns first_column ..< end_column.
  void (*column_sums)(const float *matrix, int32_t rows, int32_t columns, int32_t first_column,
                      int32_t end_column, float *sums);
} cn_gemm_kernels;

static inline int32_t cn_gemm_tasks(const cn_gemm_plan *plan, int32_t phase) {
  return phase >= 0 && phase < plan->phases ? plan->tasks[phase] : 0;
}

#pragma clang assume_nonnull end
