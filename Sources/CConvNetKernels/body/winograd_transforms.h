// The transforms of Winograd's F(4x4, 3x3): Lavin & Gray 2015, points 0, 1, -1, 2, -2, infinity.
//
// A 3x3 convolution on a 6x6 tile gives 4x4 outputs. Written as
//
//   y = A^T [ (G g G^T) * (B^T d B) ] A        (* element by element)
//
// it needs 36 products instead of 144. Over many channels the 36 products become 36 matrix products,
// and the transforms, which act on each channel alone, are done for V channels at once. Backward
// data is the same with the kernel turned; the weight gradient is the same read backwards:
// dg = G^T [ sum over tiles (B^T d B) * (A dy A^T) ] G.
//
// Each function is one dimension, with common terms shared; the 2-d forms apply it to the columns
// and then to the rows.

enum { WINOGRAD_IN = 6, WINOGRAD_OUT = 4, WINOGRAD_POINTS = 36 };

// B^T d
CN_INLINE void winograd_input(const vec d[6], vec out[6]) {
  const vec even = d[4] - 4.0f * d[2], odd = d[3] - 4.0f * d[1];
  const vec even2 = d[4] - d[2], odd2 = d[3] - d[1];
  out[0] = 4.0f * d[0] + (d[4] - 5.0f * d[2]);
  out[1] = even + odd;
  out[2] = even - odd;
  out[3] = even2 + 2.0f * odd2;
  out[4] = even2 - 2.0f * odd2;
  out[5] = 4.0f * d[1] + (d[5] - 5.0f * d[3]);
}

// A^T m
CN_INLINE void winograd_output(const vec m[6], vec out[4]) {
  const vec sum = m[1] + m[2], difference = m[1] - m[2];
  const vec sum2 = m[3] + m[4], difference2 = m[3] - m[4];
  out[0] = (m[0] + sum) + sum2;
  out[1] = difference + 2.0f * difference2;
  out[2] = sum + 4.0f * sum2;
  out[3] = (difference + m[5]) + 8.0f * difference2;
}

// A dy
CN_INLINE void winograd_out_gradient(const vec y[4], vec out[6]) {
  const vec even = y[0] + y[2], odd = y[1] + y[3];
  const vec even2 = y[0] + 4.0f * y[2], odd2 = y[1] + 4.0f * y[3];
  out[0] = y[0];
  out[1] = even + odd;
  out[2] = even - odd;
  out[3] = even2 + 2.0f * odd2;
  out[4] = even2 - 2.0f * odd2;
  out[5] = y[3];
}

// G g
CN_INLINE void winograd_weights(const vec g[3], vec out[6]) {
  const vec even = (-1.0f / 6) * (g[0] + g[2]), odd = (1.0f / 6) * g[1];
  const vec even2 = (1.0f / 24) * g[0] + (1.0f / 6) * g[2], odd2 = (1.0f / 12) * g[1];
  out[0] = 0.25f * g[0];
  out[1] = even - odd;
  out[2] = even + odd;
  out[3] = even2 + odd2;
  out[4] = even2 - odd2;
  out[5] = g[2];
}

// G^T u
CN_INLINE void winograd_weight_gradient(const vec u[6], vec out[3]) {
  const vec sum = u[1] + u[2], sum2 = u[3] + u[4];
  out[0] = 0.25f * u[0] + ((1.0f / 24) * sum2 - (1.0f / 6) * sum);
  out[1] = (1.0f / 12) * (u[3] - u[4]) - (1.0f / 6) * (u[1] - u[2]);
  out[2] = (1.0f / 6) * (sum2 - sum) + u[5];
}

// B^T d B of the 6x6 pixels at `d`, each V channels; the 36 results lie `plane` apart.
static void winograd_input_tile(const float *d, int64_t row, float *out, int64_t plane) {
  vec half[6][6];
#pragma clang loop unroll(full)
  for (int x = 0; x < 6; x++) {
    vec column[6], result[6];
    for (int y = 0; y < 6; y++) column[y] = load(d + y * row + x * CN_VL);
    winograd_input(column, result);
    for (int y = 0; y < 6; y++) half[y][x] = result[y];
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < 6; y++) {
    vec result[6];
    winograd_input(half[y], result);
    for (int x = 0; x < 6; x++) store(out + (y * 6 + x) * plane, result[x]);
  }
}

// A^T m A of 36 vectors `plane` apart.
CN_INLINE void winograd_output_tile(const float *m, int64_t plane, vec out[4][4]) {
  vec half[4][6];
#pragma clang loop unroll(full)
  for (int x = 0; x < 6; x++) {
    vec column[6], result[4];
    for (int y = 0; y < 6; y++) column[y] = load(m + (y * 6 + x) * plane);
    winograd_output(column, result);
    for (int y = 0; y < 4; y++) half[y][x] = result[y];
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < 4; y++) winograd_output(half[y], out[y]);
}

// A dy A^T of the 4x4 pixels at `dy`.
static void winograd_out_gradient_tile(const float *dy, int64_t row, float *out, int64_t plane) {
  vec half[6][4];
#pragma clang loop unroll(full)
  for (int x = 0; x < 4; x++) {
    vec column[4], result[6];
    for (int y = 0; y < 4; y++) column[y] = load(dy + y * row + x * CN_VL);
    winograd_out_gradient(column, result);
    for (int y = 0; y < 6; y++) half[y][x] = result[y];
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < 6; y++) {
    vec result[6];
    winograd_out_gradient(half[y], result);
    for (int x = 0; x < 6; x++) store(out + (y * 6 + x) * plane, result[x]);
  }
}

// G g G^T of nine vectors; with `turned` the kernel is rotated by half a turn.
static void winograd_weight_tile(const float *g, bool turned, float *out, int64_t plane) {
  vec half[6][3];
#pragma clang loop unroll(full)
  for (int x = 0; x < 3; x++) {
    vec column[3], result[6];
    for (int y = 0; y < 3; y++) {
      const int tap = y * 3 + x;
      column[y] = load(g + (turned ? 8 - tap : tap) * CN_VL);
    }
    winograd_weights(column, result);
    for (int y = 0; y < 6; y++) half[y][x] = result[y];
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < 6; y++) {
    vec result[6];
    winograd_weights(half[y], result);
    for (int x = 0; x < 6; x++) store(out + (y * 6 + x) * plane, result[x]);
  }
}

// G^T u G of 36 vectors `plane` apart; nine results `distance` apart.
static void winograd_weight_gradient_tile(const float *u, int64_t plane, float *out,
                                          int64_t distance) {
  vec half[3][6];
#pragma clang loop unroll(full)
  for (int x = 0; x < 6; x++) {
    vec column[6], result[3];
    for (int y = 0; y < 6; y++) column[y] = load(u + (y * 6 + x) * plane);
    winograd_weight_gradient(column, result);
    for (int y = 0; y < 3; y++) half[y][x] = result[y];
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < 3; y++) {
    vec result[3];
    winograd_weight_gradient(half[y], result);
    for (int x = 0; x < 3; x++) store(out + (y * 3 + x) * distance, result[x]);
  }
}
