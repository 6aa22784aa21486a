// Every kernel with vectors of 16 floats, for processors with AVX-512. See body/README.md.
#if defined(__x86_64__)

#include <immintrin.h>

#define CN_VL 16
#define CN_ISA avx512
// Pixels in a block of the microkernel: 14 x 2 accumulators of 32 registers.
#define CN_MAX_PIXELS 14

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,fma"))), \
                             apply_to = function)
#include "body/all.h"
#pragma clang attribute pop

#endif
