// Numbers in bfloat16: the upper 16 bits of a float32, rounded to the nearest, ties to even.
//
//   float32   s eeeeeeee mmmmmmm mmmmmmmmmmmmmmmm
//   bfloat16  s eeeeeeee mmmmmmm
//
// The product of two of them is exact in float32. AVX-512 BF16 multiplies them two and two, so they
// lie in pairs, in words of 32 bits:
//
//   word  [ bfloat16 of the second | bfloat16 of the first ]
//   sum = (sum + second * second') + first * first'      vdpbf16ps, each step rounded to float32
//
// The emulation takes the same steps in the same order, so its sums have the same bits. (The
// instruction and the conversion take numbers below 2^-126 for zero; the conversion here does too.)

typedef uint32_t uvec __attribute__((ext_vector_type(CN_VL)));
typedef uint32_t unaligned_uvec __attribute__((ext_vector_type(CN_VL), aligned(4)));

// The one place that says who has the instruction: a target attribute on a function comes before
// that of the file, which all other functions have.
#if CN_VL == 16
#define CN_HAS_BF16_PRODUCTS 1
#define CN_BF16_TARGET \
  __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,fma,avx512bf16")))
#else
#define CN_HAS_BF16_PRODUCTS 0
#endif

// Whether this processor multiplies by its own instruction.
static bool bf16_is_native(cn_precision precision) {
#if CN_HAS_BF16_PRODUCTS
  return precision != CN_BFLOAT16_EMULATED && __builtin_cpu_supports("avx512bf16");
#else
  (void)precision;
  return false;
#endif
}

// `v` rounded, as the bits of a float32.
CN_INLINE uvec bf16_bits(vec v) {
  const uvec bits = (uvec)(v);
  const uvec magnitude = bits & 0x7fffffffu;
  uvec rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
  rounded = magnitude < 0x00800000u ? bits & 0x80000000u : rounded;
  rounded = magnitude > 0x7f800000u ? bits | 0x00400000u : rounded;
  return rounded & 0xffff0000u;
}
CN_INLINE vec bf16_round(vec v) { return (vec)(bf16_bits(v)); }

// The pairs of all lanes.
CN_INLINE uvec bf16_words(vec first, vec second) {
  return (bf16_bits(first) >> 16) | bf16_bits(second);
}
CN_INLINE vec bf16_first(uvec words) { return (vec)(words << 16); }
CN_INLINE vec bf16_second(uvec words) { return (vec)(words & 0xffff0000u); }

CN_INLINE void store_words(void *p, uvec words) { *(uvec *)p = words; }
CN_INLINE uvec load_words(const void *p) { return *(const uvec *)p; }

// Words of a source pixel's V channels as the multiplication reads them: neighbouring channels in
// pairs for the instruction, one rounded float32 each for the emulation, which would otherwise have
// to take every broadcast word apart.
CN_INLINE int32_t bf16_pixel_words(bool native) { return native ? CN_VL / 2 : CN_VL; }

// `pixels` blocked pixels, `distance` floats apart, rounded and side by side.
static void bf16_pixels_emulated(const float *from, int64_t distance, int64_t pixels, float *to) {
  for (int64_t n = 0; n < pixels; n++) store(to + n * CN_VL, bf16_round(load(from + n * distance)));
}

#if CN_HAS_BF16_PRODUCTS
CN_BF16_TARGET static void bf16_pixels_native(const float *from, int64_t distance, int64_t pixels,
                                              float *to) {
  int64_t n = 0;
  for (; n + 2 <= pixels; n += 2)
    _mm512_storeu_si512(to + n * CN_VL / 2,
                        (__m512i)_mm512_cvtne2ps_pbh(load(from + (n + 1) * distance),
                                                     load(from + n * distance)));
  if (n < pixels)
    _mm256_storeu_si256((__m256i *)(to + n * CN_VL / 2),
                        (__m256i)_mm512_cvtneps_pbh(load(from + n * distance)));
}
#endif

CN_INLINE void bf16_pixels(bool native, const float *from, int64_t distance, int64_t pixels,
                           float *to) {
#if CN_HAS_BF16_PRODUCTS
  if (native) {
    bf16_pixels_native(from, distance, pixels, to);
    return;
  }
#endif
  (void)native;
  bf16_pixels_emulated(from, distance, pixels, to);
}

// A row-major run of `count` floats (a multiple of 4) rounded in place, in the form of bf16_pixels.
static void bf16_run(bool native, float *run, int64_t count) {
  const int32_t words = bf16_pixel_words(native);
  float pixel[CN_VL] __attribute__((aligned(64)));
  int64_t n = 0;
  for (; n + CN_VL <= count; n += CN_VL) {
    store(pixel, load_unaligned(run + n));
    bf16_pixels(native, pixel, CN_VL, 1, pixel);
    __builtin_memcpy(run + n / CN_VL * words, pixel, (size_t)words * 4);
  }
  if (n == count) return;
  store(pixel, load_first(run + n, (int)(count - n)));
  bf16_pixels(native, pixel, CN_VL, 1, pixel);
  __builtin_memcpy(run + n / CN_VL * words, pixel, (size_t)((count - n) * words / CN_VL) * 4);
}
