// The block multiplications of bfloat16, once by the instruction and once by float32 steps.
//
// As in microkernel.h a block is some pixels x one or two vectors of target channels, and the sum
// runs over quads of source channels: here two pairs, whose weights lie as words
// [2 pairs][vectors][V]. Distances of sources and weights count words of 32 bits.
//
// Weight gradients sum outer products over pairs of pixels: words of x are broadcast, words of dy
// are vectors.

#define CN_BF16(name) name##_emulated
#define CN_BF16_ATTRIBUTE
#define CN_BF16_NATIVE 0
#include "bf16_block.h"
#undef CN_BF16
#undef CN_BF16_ATTRIBUTE
#undef CN_BF16_NATIVE

#if CN_HAS_BF16_PRODUCTS
#define CN_BF16(name) name##_native
#define CN_BF16_ATTRIBUTE CN_BF16_TARGET
#define CN_BF16_NATIVE 1
#include "bf16_block.h"
#undef CN_BF16
#undef CN_BF16_ATTRIBUTE
#undef CN_BF16_NATIVE
#endif

// Indexed [pixels - 1][vectors - 1][contiguous].
CN_INLINE const block_kernel (*bf16_block_kernels(bool native))[2][2] {
#if CN_HAS_BF16_PRODUCTS
  if (native) return bf16_block_kernels_native;
#endif
  (void)native;
  return bf16_block_kernels_emulated;
}

CN_INLINE bf16_outer_kernel bf16_outer_product(bool native, int vectors) {
#if CN_HAS_BF16_PRODUCTS
  if (native) return vectors == 2 ? bf16_outer_2_native : bf16_outer_1_native;
#endif
  (void)native;
  return vectors == 2 ? bf16_outer_2_emulated : bf16_outer_1_emulated;
}

CN_INLINE void bf16_pairs(bool native, const float *line, int64_t size, int64_t origin,
                          int64_t distance, int64_t partner, int64_t words, uint32_t *to) {
#if CN_HAS_BF16_PRODUCTS
  if (native) {
    bf16_pairs_native(line, size, origin, distance, partner, words, to);
    return;
  }
#endif
  (void)native;
  bf16_pairs_emulated(line, size, origin, distance, partner, words, to);
}
