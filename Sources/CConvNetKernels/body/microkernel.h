// The block multiplication under all fast convolutions and matrix products.
//
// A block is up to CN_MAX_PIXELS "pixels" x one or two vectors of target channels, kept in
// registers (14 x 2 = 28 of AVX-512's 32) while the sum runs over "quads": four source channels in
// a row, at an offset that is the same for every pixel of the block.
//
//              quad q, channel c                       weights + quads[q].weights
//   pixel 0  source + offset[0] + quads[q].source + c   x   [ vector 0 ][ vector 1 ]
//   pixel 1  source + offset[1] + quads[q].source + c       two loads serve all pixels
//     ...    one broadcast serves both vectors
//
// So 28 multiply-adds need 14 + 2 loads and the multipliers stay busy. What the pixels and quads
// are is the caller's business: a list of quads over channel blocks and taps makes a convolution
// (Georganas et al. 2018 call it batch-reduce GEMM), one over a row makes a matrix product.
// What does not come in fours (21 floats of a row of a 7x7 kernel over three channels) is listed as
// singles after the quads.
// Sums run over the quads in order: the bits do not depend on the size of the block.

// Four source channels and their weights [4 channels][vectors][V], as distances.
typedef struct quad {
  int32_t source, weights;
} quad;

// How far the contiguous kernels read ahead. Channel blocks lie a whole image apart, where no
// processor guesses them; a 1x1 convolution from memory became up to a sixth faster.
enum { QUADS_AHEAD = 8, FLOATS_AHEAD = 1024 };

typedef struct block {
  const float *source;
  // Distance of each pixel from `source`; not read by the contiguous kernels (distance CN_VL).
  const int32_t *source_offsets;
  const quad *quads;
  int64_t quad_count;
  // Behind the quads: one source channel each.
  int64_t single_count;
  const float *weights;

  float *destination;
  // Distance of each pixel from `destination`; contiguous kernels: pixel * destination_step.
  const int32_t *destination_offsets;
  int64_t destination_step;
  // Distance of the second vector of targets from the first.
  int64_t vector_distance;

  // See finish: bias and limits of this block's targets, one or two vectors each.
  const float *bias, *low, *high;
  bool limited;
  // NULL or with the distances of the destination.
  const float *residual, *mask;
} block;

// The steps after the sum: residual, limits, mask (the bias starts the sum).
CN_INLINE void finish(const block *b, int64_t offset, int v, vec sum) {
  if (b->residual) sum += load_unaligned(b->residual + offset);
  if (b->limited) sum = at_most(at_least(sum, load(b->low + v * CN_VL)), load(b->high + v * CN_VL));
  if (b->mask) sum = load_unaligned(b->mask + offset) > zero() ? sum : zero();
  store_unaligned(b->destination + offset, sum);
}

// Adds `channels` source channels at `offset` times their weights to the sums.
CN_INLINE void add_products(const float *const source[], int64_t offset, const float *weights,
                            const int channels, const int pixels, const int vectors,
                            const bool contiguous, vec sum[][2]) {
#pragma clang loop unroll(full)
  for (int c = 0; c < channels; c++) {
    vec weight[2];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) weight[v] = load(weights + (c * vectors + v) * CN_VL);
#pragma clang loop unroll(full)
    for (int p = 0; p < pixels; p++) {
      // There are not enough address registers for many pixels at any distance: read from the
      // stack each time, which costs nothing, or the compiler spills sums instead (seen).
      const bool many = !contiguous && pixels > 8;
      const float *from = many ? *(const float *const volatile *)&source[p] : source[p];
      const float x = from[offset + c];
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sum[p][v] += x * weight[v];
    }
  }
}

CN_INLINE void multiply(const block *b, const int pixels, const int vectors,
                        const bool contiguous) {
  vec sum[CN_MAX_PIXELS][2];
  const float *source[CN_MAX_PIXELS];
#pragma clang loop unroll(full)
  for (int p = 0; p < pixels; p++) {
    source[p] = b->source + (contiguous ? p * CN_VL : b->source_offsets[p]);
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[p][v] = load(b->bias + v * CN_VL);
  }
  const quad *quads = b->quads, *end = quads + b->quad_count;
  for (; quads < end; quads++) {
    if (contiguous) {
      const quad *later = end - quads > QUADS_AHEAD ? quads + QUADS_AHEAD : quads;
      const float *ahead = b->source + later->source;
#pragma clang loop unroll(full)
      for (int p = 0; p < pixels; p++) __builtin_prefetch(ahead + p * CN_VL);
    }
    const float *weights = b->weights + quads->weights;
    if (pixels <= 8) {
      // Few pixels: the weights are what comes from memory.
#pragma clang loop unroll(full)
      for (int i = 0; i < 4 * vectors; i++)
        __builtin_prefetch(weights + FLOATS_AHEAD + i * CN_VL);
    }
    add_products(source, quads->source, weights, 4, pixels, vectors, contiguous, sum);
  }
  if (!contiguous)
    for (end += b->single_count; quads < end; quads++)
      add_products(source, quads->source, b->weights + quads->weights, 1, pixels, vectors,
                   contiguous, sum);
  // Asked once per block: asking per vector cost a tenth of a block of 64 channels.
  const bool plain = !b->residual && !b->mask;
  const vec low[2] = {load(b->low), load(b->low + (vectors - 1) * CN_VL)};
  const vec high[2] = {load(b->high), load(b->high + (vectors - 1) * CN_VL)};
#pragma clang loop unroll(full)
  for (int p = 0; p < pixels; p++) {
    const int64_t offset = contiguous ? p * b->destination_step : b->destination_offsets[p];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      const int64_t to = offset + v * b->vector_distance;
      if (!plain)
        finish(b, to, v, sum[p][v]);
      else
        store_unaligned(b->destination + to,
                        b->limited ? at_most(at_least(sum[p][v], low[v]), high[v]) : sum[p][v]);
    }
  }
}

typedef void (*block_kernel)(const block *b);

// One instance per block size, so that every loop above has constant bounds.
#define CN_INSTANCES(pixels)                                                                   \
  static void multiply_##pixels##_1_row(const block *b) { multiply(b, pixels, 1, true); }      \
  static void multiply_##pixels##_2_row(const block *b) { multiply(b, pixels, 2, true); }      \
  static void multiply_##pixels##_1_any(const block *b) { multiply(b, pixels, 1, false); }     \
  static void multiply_##pixels##_2_any(const block *b) { multiply(b, pixels, 2, false); }
#define CN_ENTRY(pixels)                                                                       \
  {{multiply_##pixels##_1_any, multiply_##pixels##_1_row},                                     \
   {multiply_##pixels##_2_any, multiply_##pixels##_2_row}}

CN_INSTANCES(1)
CN_INSTANCES(2)
CN_INSTANCES(3)
CN_INSTANCES(4)
CN_INSTANCES(5)
CN_INSTANCES(6)
#if CN_MAX_PIXELS > 6
CN_INSTANCES(7)
CN_INSTANCES(8)
CN_INSTANCES(9)
CN_INSTANCES(10)
CN_INSTANCES(11)
CN_INSTANCES(12)
CN_INSTANCES(13)
CN_INSTANCES(14)
#endif

// block_kernels[pixels - 1][vectors - 1][contiguous]
static const block_kernel block_kernels[CN_MAX_PIXELS][2][2] = {
    CN_ENTRY(1),  CN_ENTRY(2),  CN_ENTRY(3),  CN_ENTRY(4),  CN_ENTRY(5),  CN_ENTRY(6),
#if CN_MAX_PIXELS > 6
    CN_ENTRY(7),  CN_ENTRY(8),  CN_ENTRY(9),  CN_ENTRY(10), CN_ENTRY(11), CN_ENTRY(12),
    CN_ENTRY(13), CN_ENTRY(14),
#endif
};

// Cuts `count` pixels into the fewest blocks of nearly equal size: 32 into 11 + 11 + 10 rather
// than 14 + 14 + 4. Gives the first pixel of block `index` of `blocks`.
CN_INLINE int64_t cut(int64_t count, int64_t blocks, int64_t index) {
  const int64_t rest = count % blocks;
  return count / blocks * index + (index < rest ? index : rest);
}
