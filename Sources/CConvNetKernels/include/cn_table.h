// The table of kernels of one instruction set, and the choice among them.
//
//   avx512     16 floats   AVX-512 F, VL, BW, DQ
//   avx2        8 floats   AVX2 and FMA
//   portable    4 floats   vector extensions only: NEON on ARM, SSE2 on x86
//
// All three are compiled from the same sources (body/), so they have the same functions; the
// blocked layout nC{V}hw{V} depends on vector_length.
#pragma once

#include <stdint.h>

#include "cn_bfloat16.h"
#include "cn_convolution.h"
#include "cn_gemm.h"
#include "cn_elementwise.h"
#include "cn_layout.h"
#include "cn_normalisation.h"
#include "cn_pooling.h"
#include "cn_loss.h"
#include "cn_reduction.h"
#include "cn_optimizer.h"
#include "cn_resample.h"

#pragma clang assume_nonnull begin

typedef struct cn_kernel_table {
  // "avx512", "avx2" or "portable".
  const char *isa;
  // Floats in a vector = channels in a block of the blocked layout: 16, 8 or 4.
  int32_t vector_length;
  const cn_convolution_kernels *convolution;
  const cn_gemm_kernels *gemm;
  const cn_elementwise_kernels *elementwise;
  const cn_layout_kernels *layout;
  const cn_normalisation_kernels *normalisation;
  const cn_pooling_kernels *pooling;
  const cn_loss_kernels *loss;
  const cn_reduction_kernels *reduction;
  const cn_optimizer_kernels *optimizer;
  const cn_resample_kernels *resample;
} cn_kernel_table;

// The table named `isa`; with NULL the one named by the environment variable CONVNET_ISA, and if
// that is not set (or empty) the best that this processor can run.
// Returns NULL for an unknown name and for one this processor cannot run.
const cn_kernel_table *_Nullable cn_kernels_for(const char *_Nullable isa);

// The tables that this processor can run, best first; NULL once `index` is past the last.
const cn_kernel_table *_Nullable cn_available_kernels(int32_t index);

#pragma clang assume_nonnull end
