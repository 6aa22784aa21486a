// The transforms of Winograd's F(2x2, 3x3): Lavin & Gray 2015, points 0, 1, -1, infinity.
//
// A 4x4 tile gives 2x2 outputs by 16 products instead of 36. That saves less than F(4x4, 3x3), but
// its weights are 16/9 of the originals and not four times as large: where a layer has many channels
// and few pixels, reading them is what costs.

// B^T d B of the 4x4 pixels at `d`; the 16 results lie `plane` apart.
static void winograd_input_tile_small(const float *d, int64_t row, float *out, int64_t plane) {
  vec half[4][4];
#pragma clang loop unroll(full)
  for (int x = 0; x < 4; x++) {
    vec c[4];
    for (int y = 0; y < 4; y++) c[y] = load(d + y * row + x * CN_VL);
    half[0][x] = c[0] - c[2];
    half[1][x] = c[1] + c[2];
    half[2][x] = c[2] - c[1];
    half[3][x] = c[1] - c[3];
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < 4; y++) {
    const vec *h = half[y];
    store(out + (y * 4 + 0) * plane, h[0] - h[2]);
    store(out + (y * 4 + 1) * plane, h[1] + h[2]);
    store(out + (y * 4 + 2) * plane, h[2] - h[1]);
    store(out + (y * 4 + 3) * plane, h[1] - h[3]);
  }
}

// A^T m A of 16 vectors `plane` apart: two rows of two, the rest of `out` stays as it is.
CN_INLINE void winograd_output_tile_small(const float *m, int64_t plane, vec out[4][4]) {
  vec half[2][4];
#pragma clang loop unroll(full)
  for (int x = 0; x < 4; x++) {
    vec c[4];
    for (int y = 0; y < 4; y++) c[y] = load(m + (y * 4 + x) * plane);
    half[0][x] = (c[0] + c[1]) + c[2];
    half[1][x] = (c[1] - c[2]) - c[3];
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < 2; y++) {
    const vec *h = half[y];
    out[y][0] = (h[0] + h[1]) + h[2];
    out[y][1] = (h[1] - h[2]) - h[3];
  }
}

// G g
CN_INLINE void winograd_weights_small(const vec g[3], vec out[4]) {
  const vec even = 0.5f * (g[0] + g[2]), odd = 0.5f * g[1];
  out[0] = g[0];
  out[1] = even + odd;
  out[2] = even - odd;
  out[3] = g[2];
}

// G g G^T of nine vectors; with `turned` the kernel is rotated by half a turn.
static void winograd_weight_tile_small(const float *g, bool turned, float *out, int64_t plane) {
  vec half[4][3];
#pragma clang loop unroll(full)
  for (int x = 0; x < 3; x++) {
    vec column[3], result[4];
    for (int y = 0; y < 3; y++) {
      const int tap = y * 3 + x;
      column[y] = load(g + (turned ? 8 - tap : tap) * CN_VL);
    }
    winograd_weights_small(column, result);
    for (int y = 0; y < 4; y++) half[y][x] = result[y];
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < 4; y++) {
    vec result[4];
    winograd_weights_small(half[y], result);
    for (int x = 0; x < 4; x++) store(out + (y * 4 + x) * plane, result[x]);
  }
}
