// A vector of CN_VL floats and the few operations all kernels share.
//
// Written with clang's vector extensions, so that one source serves AVX-512, AVX2, SSE2 and NEON:
// `+ - * <` work on whole vectors, `condition ? a : b` selects lane by lane, and
// `sum += scalar * vector` becomes one fused multiply-add with a broadcast operand where the
// processor has it.

#include <stddef.h>
#include <stdint.h>

// Helpers that must disappear into their caller: passing wide vectors through a call costs more
// than the work, and block sizes become constants only after inlining.
#define CN_INLINE static inline __attribute__((always_inline, unused))

typedef float vec __attribute__((ext_vector_type(CN_VL)));
typedef int32_t ivec __attribute__((ext_vector_type(CN_VL)));
// The same vector at an address that is only aligned to one float.
typedef float unaligned_vec __attribute__((ext_vector_type(CN_VL), aligned(4)));

// `p` is aligned to the vector (blocked tensors, scratch).
CN_INLINE vec load(const float *p) { return *(const vec *)p; }
CN_INLINE void store(float *p, vec v) { *(vec *)p = v; }
// Any `p` (row-major tensors).
CN_INLINE vec load_unaligned(const float *p) { return *(const unaligned_vec *)p; }
CN_INLINE void store_unaligned(float *p, vec v) { *(unaligned_vec *)p = v; }

CN_INLINE vec splat(float x) { return (vec)x; }
CN_INLINE vec zero(void) { return (vec)0.0f; }

// The first `count` floats at `p`, zero in the other lanes (0 <= count <= CN_VL).
CN_INLINE vec load_first(const float *p, int count) {
  float lanes[CN_VL] __attribute__((aligned(CN_VL * 4))) = {0};
  for (int i = 0; i < count; i++) lanes[i] = p[i];
  return load(lanes);
}
// Writes the first `count` lanes only.
CN_INLINE void store_first(float *p, vec v, int count) {
  float lanes[CN_VL] __attribute__((aligned(CN_VL * 4)));
  store(lanes, v);
  for (int i = 0; i < count; i++) p[i] = lanes[i];
}

// NaN in `v` stays NaN, as in PyTorch: the comparison is false and selects `v`.
CN_INLINE vec at_least(vec v, vec low) { return v < low ? low : v; }
CN_INLINE vec at_most(vec v, vec high) { return v > high ? high : v; }

// The sum of all lanes, added in halves: the same tree for each call.
CN_INLINE float sum_of_lanes(vec v) {
  float lanes[CN_VL] __attribute__((aligned(CN_VL * 4)));
  store(lanes, v);
  for (int width = CN_VL / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
}

CN_INLINE int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
CN_INLINE int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
CN_INLINE int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }
