// The outer products under all weight gradients.
//
// For one tap, CN_OUTER source channels and one or two vectors of output channels, the sum over
// pixels stays in registers:
//
//   sum[c][vector] += x[pixel][c] * dy[pixel][vector]        8 x 2 accumulators with AVX-512
//
// per pixel two loads of dy, eight broadcasts of x, sixteen multiply-adds. Pixels are images x rows
// x columns with any distance between them, so that a tap's valid rectangle needs no border.

#if CN_VL == 16
#define CN_OUTER 8
#else
#define CN_OUTER 4
#endif

typedef struct pixel_area {
  int32_t images, rows, columns;
  // Distances in x and in dy; a column of dy is one vector.
  int64_t x_image, x_row, x_column;
  int64_t dy_image, dy_row;
  // From the first to the second vector of output channels.
  int64_t dy_vector;
} pixel_area;

// sums: [CN_OUTER][vectors][V], added to.
CN_INLINE void outer_product(const pixel_area *area, const float *x, const float *dy, float *sums,
                             const int vectors) {
  vec sum[CN_OUTER][2];
#pragma clang loop unroll(full)
  for (int c = 0; c < CN_OUTER; c++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[c][v] = zero();
  const int64_t second = area->dy_vector, step = area->x_column;
  for (int32_t i = 0; i < area->images; i++)
    for (int32_t r = 0; r < area->rows; r++) {
      const float *x_pixel = x + i * area->x_image + r * area->x_row;
      const float *dy_pixel = dy + i * area->dy_image + r * area->dy_row;
      for (int32_t n = area->columns; n > 0; n--) {
        vec gradient[2];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) gradient[v] = load_unaligned(dy_pixel + v * second);
#pragma clang loop unroll(full)
        for (int c = 0; c < CN_OUTER; c++)
#pragma clang loop unroll(full)
          for (int v = 0; v < vectors; v++) sum[c][v] += x_pixel[c] * gradient[v];
        x_pixel += step;
        dy_pixel += CN_VL;
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

static void outer_product_1(const pixel_area *area, const float *x, const float *dy, float *sums) {
  outer_product(area, x, dy, sums, 1);
}
static void outer_product_2(const pixel_area *area, const float *x, const float *dy, float *sums) {
  outer_product(area, x, dy, sums, 2);
}
