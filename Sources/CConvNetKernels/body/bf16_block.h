// The body of bf16_microkernel.h, included once per way of multiplying: CN_BF16(name) names its
// functions, CN_BF16_ATTRIBUTE is their target, CN_BF16_NATIVE says which way.

#ifndef CN_BF16_AREA
#define CN_BF16_AREA
// What an outer product sums over: images x lines x pairs of pixels. Distances count words.
typedef struct bf16_area {
  int32_t images, lines, pairs;
  // Of x; a pair of dy is one vector.
  int64_t x_image, x_line, x_pair;
  int64_t dy_image, dy_line;
  // From the first to the second vector of output channels.
  int64_t dy_vector;
  // Where the next strip's float32 numbers are: a line of the cache is fetched per pair,
  // `ahead_step` bytes apart, so that the next rounding need not wait for the memory.
  const char *ahead;
  int64_t ahead_step;
} bf16_area;

typedef void (*bf16_outer_kernel)(const bf16_area *area, const uint32_t *x, const uint32_t *dy,
                                  float *sums);
#endif

CN_BF16_ATTRIBUTE CN_INLINE void CN_BF16(bf16_multiply)(const block *b, const int pixels,
                                                        const int vectors,
                                                        const bool contiguous) {
  vec sum[CN_MAX_PIXELS][2];
  const float *source[CN_MAX_PIXELS];
#pragma clang loop unroll(full)
  for (int p = 0; p < pixels; p++) {
    source[p] =
        b->source + (contiguous ? p * bf16_pixel_words(CN_BF16_NATIVE) : b->source_offsets[p]);
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[p][v] = load(b->bias + v * CN_VL);
  }
  const quad *quads = b->quads, *end = quads + b->quad_count;
  for (; quads < end; quads++) {
    const int64_t offset = quads->source;
    const float *weights = b->weights + quads->weights;
#pragma clang loop unroll(full)
    for (int pair = 0; pair < 2; pair++) {
#if CN_BF16_NATIVE
      __m512bh weight[2];
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++)
        weight[v] = (__m512bh)load(weights + (pair * vectors + v) * CN_VL);
#pragma clang loop unroll(full)
      for (int p = 0; p < pixels; p++) {
        // See microkernel.h on volatile.
        const bool many = !contiguous && pixels > 8;
        const float *from = many ? *(const float *volatile *)&source[p] : source[p];
        const __m512bh x = (__m512bh)splat(from[offset + pair]);
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sum[p][v] = _mm512_dpbf16_ps(sum[p][v], x, weight[v]);
      }
#else
#pragma clang loop unroll(full)
      for (int second = 1; second >= 0; second--) {
        vec weight[2];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
          const uvec words = load_words(weights + (pair * vectors + v) * CN_VL);
          weight[v] = second ? bf16_second(words) : bf16_first(words);
        }
#pragma clang loop unroll(full)
        for (int p = 0; p < pixels; p++) {
          const bool many = !contiguous && pixels > 8;
          const float *from = many ? *(const float *volatile *)&source[p] : source[p];
          const float x = from[offset + 2 * pair + second];
#pragma clang loop unroll(full)
          for (int v = 0; v < vectors; v++) sum[p][v] += x * weight[v];
        }
      }
#endif
    }
  }
#pragma clang loop unroll(full)
  for (int p = 0; p < pixels; p++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++)
      finish(b, b->destination_offsets[p] + v * b->vector_distance, v, sum[p][v]);
}

// sums: [CN_OUTER][vectors][V], added to.
CN_BF16_ATTRIBUTE CN_INLINE void CN_BF16(bf16_outer)(const bf16_area *area, const uint32_t *x,
                                                     const uint32_t *dy, float *sums,
                                                     const int vectors) {
  vec sum[CN_OUTER][2];
#pragma clang loop unroll(full)
  for (int c = 0; c < CN_OUTER; c++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[c][v] = zero();
  const int64_t second = area->dy_vector, step = area->x_pair, ahead_step = area->ahead_step;
  const char *ahead = area->ahead;
  for (int32_t i = 0; i < area->images; i++)
    for (int32_t r = 0; r < area->lines; r++) {
      const uint32_t *x_pair = x + i * area->x_image + r * area->x_line;
      const uint32_t *dy_pair = dy + i * area->dy_image + r * area->dy_line;
      for (int32_t n = area->pairs; n > 0; n--) {
        __builtin_prefetch(ahead, 0, 2);
        ahead += ahead_step;
        uvec gradient[2];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) gradient[v] = load_words(dy_pair + v * second);
#pragma clang loop unroll(full)
        for (int c = 0; c < CN_OUTER; c++) {
          const uvec word = (uvec)x_pair[c];
#pragma clang loop unroll(full)
          for (int v = 0; v < vectors; v++) {
#if CN_BF16_NATIVE
            sum[c][v] = _mm512_dpbf16_ps(sum[c][v], (__m512bh)word, (__m512bh)gradient[v]);
#else
            sum[c][v] += bf16_second(word) * bf16_second(gradient[v]);
            sum[c][v] += bf16_first(word) * bf16_first(gradient[v]);
#endif
          }
        }
        x_pair += step;
        dy_pair += CN_VL;
      }
    }
#pragma clang loop unroll(full)
  for (int c = 0; c < CN_OUTER; c++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      float *out = sums + (c * vectors + v) * CN_VL;
      store(out, load(out) + sum[c][v]);
    }
}

CN_BF16_ATTRIBUTE static void CN_BF16(bf16_outer_1)(const bf16_area *area, const uint32_t *x,
                                                    const uint32_t *dy, float *sums) {
  CN_BF16(bf16_outer)(area, x, dy, sums, 1);
}
CN_BF16_ATTRIBUTE static void CN_BF16(bf16_outer_2)(const bf16_area *area, const uint32_t *x,
                                                    const uint32_t *dy, float *sums) {
  CN_BF16(bf16_outer)(area, x, dy, sums, 2);
}

// Pairs of pixels of one channel block: word n holds pixels origin + n * distance and, as its
// second, the one `partner` further; pixels outside 0 ..< size are zero.
CN_BF16_ATTRIBUTE static void CN_BF16(bf16_pairs)(const float *line, int64_t size, int64_t origin,
                                                  int64_t distance, int64_t partner,
                                                  int64_t words, uint32_t *to) {
#if CN_BF16_NATIVE
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24,
                                         8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
#endif
  for (int64_t n = 0; n < words; n++, to += CN_VL) {
    const int64_t a = origin + n * distance, b = a + partner;
    const vec x = a >= 0 && a < size ? load(line + a * CN_VL) : zero();
    const vec y = b >= 0 && b < size ? load(line + b * CN_VL) : zero();
#if CN_BF16_NATIVE
    _mm512_store_si512(to, _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(y, x)));
#else
    store_words(to, bf16_words(x, y));
#endif
  }
}

#define CN_BF16_INSTANCE(pixels, vectors, form, contiguous)                                     \
  CN_BF16_ATTRIBUTE static void CN_BF16(bf16_##pixels##_##vectors##_##form)(const block *b) { \
    CN_BF16(bf16_multiply)(b, pixels, vectors, contiguous);                                     \
  }
#define CN_BF16_INSTANCES(pixels)              \
  CN_BF16_INSTANCE(pixels, 1, any, false)      \
  CN_BF16_INSTANCE(pixels, 1, row, true)       \
  CN_BF16_INSTANCE(pixels, 2, any, false)      \
  CN_BF16_INSTANCE(pixels, 2, row, true)
#define CN_BF16_ENTRY(pixels)                                              \
  {{CN_BF16(bf16_##pixels##_1_any), CN_BF16(bf16_##pixels##_1_row)},       \
   {CN_BF16(bf16_##pixels##_2_any), CN_BF16(bf16_##pixels##_2_row)}}

CN_BF16_INSTANCES(1)
CN_BF16_INSTANCES(2)
CN_BF16_INSTANCES(3)
CN_BF16_INSTANCES(4)
CN_BF16_INSTANCES(5)
CN_BF16_INSTANCES(6)
#if CN_MAX_PIXELS > 6
CN_BF16_INSTANCES(7)
CN_BF16_INSTANCES(8)
CN_BF16_INSTANCES(9)
CN_BF16_INSTANCES(10)
CN_BF16_INSTANCES(11)
CN_BF16_INSTANCES(12)
CN_BF16_INSTANCES(13)
CN_BF16_INSTANCES(14)
#endif

static const block_kernel CN_BF16(bf16_block_kernels)[CN_MAX_PIXELS][2][2] = {
    CN_BF16_ENTRY(1),  CN_BF16_ENTRY(2),  CN_BF16_ENTRY(3),  CN_BF16_ENTRY(4),
    CN_BF16_ENTRY(5),  CN_BF16_ENTRY(6),
#if CN_MAX_PIXELS > 6
    CN_BF16_ENTRY(7),  CN_BF16_ENTRY(8),  CN_BF16_ENTRY(9),  CN_BF16_ENTRY(10),
    CN_BF16_ENTRY(11), CN_BF16_ENTRY(12), CN_BF16_ENTRY(13), CN_BF16_ENTRY(14),
#endif
};

#undef CN_BF16_INSTANCE
#undef CN_BF16_INSTANCES
#undef CN_BF16_ENTRY
