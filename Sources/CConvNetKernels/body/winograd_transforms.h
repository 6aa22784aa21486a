// The transforms of Winograd's algorithm: Lavin & Gray 2015.
//
// A 3x3 convolution on a tile of the source gives a few targets. Written as
//
//   y = A^T [ (G g G^T) * (B^T d B) ] A        (* element by element)
//
// it needs fewer products. Over many channels each product ("point") becomes a matrix product, and
// the transforms, which act on each channel alone, are done for V channels at once. Each function
// is one dimension, with common terms shared; the 2-d forms apply it to the columns and then to the
// rows.
//
//   kind       targets  sources  points of one dimension
//   whole      4        6        0, 1, -1, 2, -2, infinity        36 products instead of 144
//              3        5        all but -2                       25 instead of 81
//   small      2        4        0, 1, -1, infinity               16 instead of 36
//   strided    4        9        see below                        81 instead of 144
//              3        7                                         49 instead of 81
//
// Tiles of three use the weights of tiles of four (their sources are scaled to fit): seven or
// fourteen pixels are cut into 4 + 3 or 4 + 4 + 3 + 3 and none is computed for nothing.
//
// Stride two: the first and the last tap meet every other source pixel, which is a convolution of
// two taps and stride one with points 0, 1, -1, 2 and infinity (three targets: without 2). The
// middle tap meets the pixels between, one product per target, that is added to each as it is.
//
// Backward data is stride one with the kernel turned; the weight gradient is stride one with tiles
// of four read backwards: dg = G^T [ sum over tiles (B^T d B) * (A dy A^T) ] G.

typedef enum winograd_kind { WINOGRAD_WHOLE, WINOGRAD_SMALL, WINOGRAD_STRIDED } winograd_kind;

// Points of a whole tile; most points of one dimension of any kind.
enum { WINOGRAD_POINTS = 36, WINOGRAD_MOST = 9 };

CN_INLINE int winograd_points(winograd_kind kind) {
  return kind == WINOGRAD_WHOLE ? 6 : kind == WINOGRAD_SMALL ? 4 : 9;
}
// Points of one dimension with weights of their own: those of the middle tap share theirs.
CN_INLINE int winograd_weight_points(winograd_kind kind) {
  return kind == WINOGRAD_SMALL ? 4 : 6;
}
// Source pixels under so many targets.
CN_INLINE int winograd_sources(winograd_kind kind, int targets) {
  return kind == WINOGRAD_STRIDED ? 2 * targets + 1 : targets + 2;
}
// Whether only tiles of four targets have this point.
CN_INLINE bool winograd_is_extra(winograd_kind kind, int point) {
  return kind == WINOGRAD_WHOLE ? point == 4
                                : kind == WINOGRAD_STRIDED && (point == 3 || point == 8);
}

// B^T d of four targets
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

// Three targets: the rows of their own points, times what G has for the point in tiles of four over
// what it would have here.
CN_INLINE void winograd_input_three(const vec d[5], vec out[6]) {
  const vec odd = d[3] - d[1];
  out[0] = 4.0f * (d[0] - d[2]) + 2.0f * odd;
  out[1] = 3.0f * (d[3] - (2.0f * d[1] + d[2]));
  out[2] = 2.0f * d[1] + (d[3] - 3.0f * d[2]);
  out[3] = 4.0f * odd;
  out[5] = (d[4] - d[2]) - 2.0f * odd;
}

CN_INLINE void winograd_input_small(const vec d[4], vec out[4]) {
  out[0] = d[0] - d[2];
  out[1] = d[1] + d[2];
  out[2] = d[2] - d[1];
  out[3] = d[1] - d[3];
}

CN_INLINE void winograd_input_strided(const vec d[9], vec out[9]) {
  const vec odd = d[6] - d[2];
  out[0] = 2.0f * (d[0] - d[4]) + odd;
  out[1] = d[6] - (2.0f * d[2] + d[4]);
  out[2] = 2.0f * d[2] + (d[6] - 3.0f * d[4]);
  out[3] = odd;
  out[4] = (d[8] - d[4]) - 2.0f * odd;
  for (int i = 0; i < 4; i++) out[5 + i] = d[1 + 2 * i];
}

CN_INLINE void winograd_input_strided_three(const vec d[7], vec out[9]) {
  out[0] = 2.0f * (d[0] - d[4]);
  out[1] = -(d[2] + d[4]);
  out[2] = 3.0f * (d[2] - d[4]);
  out[4] = d[6] - d[2];
  for (int i = 0; i < 3; i++) out[5 + i] = d[1 + 2 * i];
}

// A^T m of four targets
CN_INLINE void winograd_output(const vec m[6], vec out[4]) {
  const vec sum = m[1] + m[2], difference = m[1] - m[2];
  const vec sum2 = m[3] + m[4], difference2 = m[3] - m[4];
  out[0] = (m[0] + sum) + sum2;
  out[1] = difference + 2.0f * difference2;
  out[2] = sum + 4.0f * sum2;
  out[3] = (difference + m[5]) + 8.0f * difference2;
}

CN_INLINE void winograd_output_three(const vec m[6], vec out[3]) {
  const vec sum = m[1] + m[2];
  out[0] = (m[0] + sum) + m[3];
  out[1] = (m[1] - m[2]) + 2.0f * m[3];
  out[2] = (sum + m[5]) + 4.0f * m[3];
}

CN_INLINE void winograd_output_small(const vec m[4], vec out[2]) {
  out[0] = (m[0] + m[1]) + m[2];
  out[1] = (m[1] - m[2]) - m[3];
}

CN_INLINE void winograd_output_strided(const vec m[9], vec out[4]) {
  const vec sum = m[1] + m[2], difference = m[1] - m[2];
  out[0] = (m[0] + m[5]) + (sum + m[3]);
  out[1] = (difference + m[6]) + 2.0f * m[3];
  out[2] = (sum + m[7]) + 4.0f * m[3];
  out[3] = (difference + m[8]) + (m[4] + 8.0f * m[3]);
}

CN_INLINE void winograd_output_strided_three(const vec m[9], vec out[3]) {
  const vec sum = m[1] + m[2];
  out[0] = (m[0] + m[5]) + sum;
  out[1] = (m[1] - m[2]) + m[6];
  out[2] = (sum + m[7]) + m[4];
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

// G g
CN_INLINE void winograd_weights_small(const vec g[3], vec out[4]) {
  const vec even = 0.5f * (g[0] + g[2]), odd = 0.5f * g[1];
  out[0] = g[0];
  out[1] = even + odd;
  out[2] = even - odd;
  out[3] = g[2];
}

// The last is the middle tap.
CN_INLINE void winograd_weights_strided(const vec g[3], vec out[6]) {
  out[0] = 0.5f * g[0];
  out[1] = -0.5f * (g[0] + g[2]);
  out[2] = (1.0f / 6) * (g[2] - g[0]);
  out[3] = (1.0f / 6) * g[0] + (1.0f / 3) * g[2];
  out[4] = g[2];
  out[5] = g[1];
}

// G^T u
CN_INLINE void winograd_weight_gradient(const vec u[6], vec out[3]) {
  const vec sum = u[1] + u[2], sum2 = u[3] + u[4];
  out[0] = 0.25f * u[0] + ((1.0f / 24) * sum2 - (1.0f / 6) * sum);
  out[1] = (1.0f / 12) * (u[3] - u[4]) - (1.0f / 6) * (u[1] - u[2]);
  out[2] = (1.0f / 6) * (sum2 - sum) + u[5];
}

// One dimension of a kind. `kind` and `targets` are constants wherever this is called.
CN_INLINE void winograd_input_line(const winograd_kind kind, const int targets, const vec *d,
                                   vec *out) {
  if (kind == WINOGRAD_SMALL)
    winograd_input_small(d, out);
  else if (kind == WINOGRAD_WHOLE && targets == 4)
    winograd_input(d, out);
  else if (kind == WINOGRAD_WHOLE)
    winograd_input_three(d, out);
  else if (targets == 4)
    winograd_input_strided(d, out);
  else
    winograd_input_strided_three(d, out);
}

CN_INLINE void winograd_output_line(const winograd_kind kind, const int targets, const vec *m,
                                    vec *out) {
  if (kind == WINOGRAD_SMALL)
    winograd_output_small(m, out);
  else if (kind == WINOGRAD_WHOLE && targets == 4)
    winograd_output(m, out);
  else if (kind == WINOGRAD_WHOLE)
    winograd_output_three(m, out);
  else if (targets == 4)
    winograd_output_strided(m, out);
  else
    winograd_output_strided_three(m, out);
}

// B^T d B of the pixels at `d` under rows x columns targets; the results lie `plane` apart.
CN_INLINE void winograd_input_tile(const winograd_kind kind, const int rows, const int columns,
                                   const float *d, int64_t row, float *out, int64_t plane) {
  const int points = winograd_points(kind);
  vec half[WINOGRAD_MOST][WINOGRAD_MOST];
#pragma clang loop unroll(full)
  for (int x = 0; x < winograd_sources(kind, columns); x++) {
    vec column[WINOGRAD_MOST], result[WINOGRAD_MOST];
    for (int y = 0; y < winograd_sources(kind, rows); y++)
      column[y] = load(d + y * row + x * CN_VL);
    winograd_input_line(kind, rows, column, result);
    for (int y = 0; y < points; y++)
      if (rows == 4 || !winograd_is_extra(kind, y)) half[y][x] = result[y];
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < points; y++) {
    if (rows != 4 && winograd_is_extra(kind, y)) continue;
    vec result[WINOGRAD_MOST];
    winograd_input_line(kind, columns, half[y], result);
    for (int x = 0; x < points; x++)
      if (columns == 4 || !winograd_is_extra(kind, x))
        store(out + (y * points + x) * plane, result[x]);
  }
}

// A^T m A of vectors `plane` apart: rows x columns targets, the rest of `out` stays as it is.
CN_INLINE void winograd_output_tile(const winograd_kind kind, const int rows, const int columns,
                                    const float *m, int64_t plane, vec out[4][4]) {
  const int points = winograd_points(kind);
  vec half[4][WINOGRAD_MOST];
#pragma clang loop unroll(full)
  for (int x = 0; x < points; x++) {
    if (columns != 4 && winograd_is_extra(kind, x)) continue;
    vec column[WINOGRAD_MOST], result[4];
    for (int y = 0; y < points; y++)
      if (rows == 4 || !winograd_is_extra(kind, y))
        column[y] = load(m + (y * points + x) * plane);
    winograd_output_line(kind, rows, column, result);
    for (int y = 0; y < rows; y++) half[y][x] = result[y];
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < rows; y++) winograd_output_line(kind, columns, half[y], out[y]);
}

// G g G^T of nine vectors; with `turned` the kernel is rotated by half a turn.
CN_INLINE void winograd_weight_tile(const winograd_kind kind, const float *g, bool turned,
                                    float *out, int64_t plane) {
  const int points = winograd_weight_points(kind);
  vec half[6][3];
#pragma clang loop unroll(full)
  for (int x = 0; x < 3; x++) {
    vec column[3], result[6];
    for (int y = 0; y < 3; y++) {
      const int tap = y * 3 + x;
      column[y] = load(g + (turned ? 8 - tap : tap) * CN_VL);
    }
    if (kind == WINOGRAD_SMALL)
      winograd_weights_small(column, result);
    else if (kind == WINOGRAD_WHOLE)
      winograd_weights(column, result);
    else
      winograd_weights_strided(column, result);
    for (int y = 0; y < points; y++) half[y][x] = result[y];
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < points; y++) {
    vec result[6];
    if (kind == WINOGRAD_SMALL)
      winograd_weights_small(half[y], result);
    else if (kind == WINOGRAD_WHOLE)
      winograd_weights(half[y], result);
    else
      winograd_weights_strided(half[y], result);
    for (int x = 0; x < points; x++) store(out + (y * points + x) * plane, result[x]);
  }
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
