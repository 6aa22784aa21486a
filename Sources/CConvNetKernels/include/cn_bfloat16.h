// bfloat16 products: the factors of convolutions and matrix products rounded to the upper half of a
// float32 (to the nearest, ties to even), the sums in float32. Everything else stays float32.
#pragma once

#include <stdbool.h>

typedef enum cn_precision {
  CN_FLOAT32,
  // Factors may be rounded to bfloat16 where that is faster. Products come from the processor's
  // instruction for it (vdpbf16ps) where it has one, otherwise as CN_BFLOAT16_EMULATED.
  CN_BFLOAT16,
  // The same numbers by float32 instructions: the same bits as far as no number is below 2^-126,
  // where the instruction takes and gives zero.
  CN_BFLOAT16_EMULATED,
} cn_precision;
