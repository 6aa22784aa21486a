// Dropout by a counter-based generator: Philox 4x32 with 10 rounds. A vector holds V counters, so
// one pass gives 4 V numbers, as four vectors of words; interleaved they are in the order of the
// elements.
//
//   word 0:  a0 b0 c0 d0        a, b, c, d: counters; elements a0 a1 a2 a3 b0 b1 ...
//   word 1:  a1 b1 c1 d1
//   ...

#pragma clang fp contract(off)

typedef uint64_t long_vec __attribute__((ext_vector_type(CN_VL)));

typedef struct {
  uvec word[4];
} philox_words;

CN_INLINE void multiply_words(uvec x, uint32_t factor, uvec *high, uvec *low) {
  long_vec product = __builtin_convertvector(x, long_vec) * (long_vec)(uint64_t)factor;
  *high = __builtin_convertvector(product >> 32, uvec);
  *low = __builtin_convertvector(product, uvec);
}

CN_INLINE philox_words philox(uint64_t counter, uint64_t stream, uint64_t seed) {
  uvec x0, x1;
  for (int i = 0; i < CN_VL; i++) {
    x0[i] = (uint32_t)(counter + (uint64_t)i);
    x1[i] = (uint32_t)((counter + (uint64_t)i) >> 32);
  }
  uvec x2 = (uvec)(uint32_t)stream, x3 = (uvec)(uint32_t)(stream >> 32);
  uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
  for (int round = 0; round < 10; round++) {
    uvec high0, low0, high1, low1;
    multiply_words(x0, 0xD2511F53u, &high0, &low0);
    multiply_words(x2, 0xCD9E8D57u, &high1, &low1);
    x0 = high1 ^ x1 ^ key0;
    x1 = low1;
    x2 = high0 ^ x3 ^ key1;
    x3 = low0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return (philox_words){{x0, x1, x2, x3}};
}

#if CN_VL == 16
#define CN_LOW_HALVES 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define CN_HIGH_HALVES 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif CN_VL == 8
#define CN_LOW_HALVES 0, 8, 1, 9, 2, 10, 3, 11
#define CN_HIGH_HALVES 4, 12, 5, 13, 6, 14, 7, 15
#else
#define CN_LOW_HALVES 0, 4, 1, 5
#define CN_HIGH_HALVES 2, 6, 3, 7
#endif

// From words to elements: each step takes the lanes of two vectors in turn.
CN_INLINE void interleave_words(philox_words *w) {
  uvec a = __builtin_shufflevector(w->word[0], w->word[2], CN_LOW_HALVES);
  uvec b = __builtin_shufflevector(w->word[1], w->word[3], CN_LOW_HALVES);
  uvec c = __builtin_shufflevector(w->word[0], w->word[2], CN_HIGH_HALVES);
  uvec d = __builtin_shufflevector(w->word[1], w->word[3], CN_HIGH_HALVES);
  w->word[0] = __builtin_shufflevector(a, b, CN_LOW_HALVES);
  w->word[1] = __builtin_shufflevector(a, b, CN_HIGH_HALVES);
  w->word[2] = __builtin_shufflevector(c, d, CN_LOW_HALVES);
  w->word[3] = __builtin_shufflevector(c, d, CN_HIGH_HALVES);
}

static void dropout(
  const float *x, float *y, float probability, uint64_t seed, uint64_t stream, int64_t first,
  int64_t last) {
  // An element stays if its word is at least the threshold; at probability 1 none does.
  double scaled = (double)probability * 0x1p32;
  uint64_t threshold = scaled <= 0 ? 0 : scaled >= 0x1p32 ? (uint64_t)1 << 32 : (uint64_t)scaled;
  if ((double)threshold < scaled) threshold += 1;
  if (threshold >> 32) {
    memset(y + first, 0, (size_t)(last - first) * sizeof(float));
    return;
  }
  float scale = 1 / (1 - probability);
  for (int64_t i = first; i < last; i += 4 * CN_VL) {
    philox_words words = philox((uint64_t)i / 4, stream, seed);
    interleave_words(&words);
    for (int k = 0; k < 4; k++) {
      int64_t start = i + k * CN_VL, left = last - start;
      if (left <= 0) break;
      ivec kept = words.word[k] >= (uvec)(uint32_t)threshold;
      vec v = x ? load_part(x + start, left) * scale : splat(scale);
      store_part(y + start, masked(v, kept), left);
    }
  }
}

static const cn_resample_kernels resample_kernels = {
  .nearest = resize_nearest,
  .nearest_backward = resize_nearest_backward,
  .bilinear = resize_bilinear,
  .bilinear_backward = resize_bilinear_backward,
  .pad = pad_forward,
  .pad_backward = pad_backward,
  .dropout = dropout,
};

#pragma clang fp contract(on)
