// Every kernel with vectors of 8 floats, for processors with AVX2 and FMA. See body/README.md.
#if defined(__x86_64__)

#include <immintrin.h>

#define CN_VL 8
#define CN_ISA avx2
// Pixels in a block of the microkernel: 6 x 2 accumulators of 16 registers.
#define CN_MAX_PIXELS 6

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "body/all.h"
#pragma clang attribute pop

#endif
