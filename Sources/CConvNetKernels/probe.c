// Multiply-adds in registers only: twelve sums that do not wait for each other keep two units with
// a latency of four or five cycles busy.

#include "cn_probe.h"

#include <string.h>

enum { SUMS = 12 };

#define PROBE(name, lanes, attribute)                                                    \
  attribute static int64_t name(int64_t rounds) {                                        \
    typedef float vec __attribute__((ext_vector_type(lanes)));                           \
    vec sum[SUMS];                                                                       \
    for (int i = 0; i < SUMS; i++) sum[i] = (vec)(float)i;                               \
    vec x = (vec)1e-6f, y = (vec)0.999999f;                                              \
    for (int64_t r = 0; r < rounds; r++) {                                               \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < SUMS; i++) sum[i] =         \
          sum[i] * y + x;                                                                \
      __asm__ volatile("" : "+r"(r));                                                    \
    }                                                                                    \
    vec all = sum[0];                                                                    \
    for (int i = 1; i < SUMS; i++) all += sum[i];                                        \
    volatile float sink = all[0];                                                        \
    (void)sink;                                                                          \
    return (int64_t)2 * SUMS * lanes * rounds;                                           \
  }

#if defined(__x86_64__)
PROBE(probe_avx512, 16, __attribute__((target("avx512f,fma"))))
PROBE(probe_avx2, 8, __attribute__((target("avx2,fma"))))
#endif
PROBE(probe_portable, 4, )

int64_t cn_probe_multiply_adds(const char *isa, int64_t rounds) {
#if defined(__x86_64__)
  if (strcmp(isa, "avx512") == 0) return probe_avx512(rounds);
  if (strcmp(isa, "avx2") == 0) return probe_avx2(rounds);
#else
  (void)isa;
#endif
  return probe_portable(rounds);
}
