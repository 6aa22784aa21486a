// Every kernel with vectors of 4 floats, for any processor: vector extensions without a target
// attribute, which become NEON on ARM and SSE2 on x86. See body/README.md.

#define CN_VL 4
#define CN_ISA portable
// Pixels in a block of the microkernel: ARM has 32 vector registers, baseline x86 has 16.
#if defined(__aarch64__)
#define CN_MAX_PIXELS 14
#else
#define CN_MAX_PIXELS 6
#endif

#include "body/all.h"
