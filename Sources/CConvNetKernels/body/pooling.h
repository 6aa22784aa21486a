// Pooling. One output pixel of a plane is one vector (the block's channels), so a window is a loop
// over whole vectors and nothing crosses lanes:
//
//   kernel 3, stride 2, padding 1        output column o reads the columns 2o - 1, 2o, 2o + 1
//   input row    . [0  1] 2  3  4        clipped at the edges: the range of taps is worked out per
//                [. 0  1][1  2  3]       row and column, the inner loops have no conditions
//
// The common windows (2 x 2 stride 2, 3 x 3 stride 2 or 1 with padding 1) pass their sizes as
// constants to inlined loops, so that the taps unroll and divisions by the stride become shifts.

#pragma clang fp contract(off)

enum { CN_NO_TAP = 65535 }; // the tap of a window in the padding

typedef uint16_t short_vec __attribute__((ext_vector_type(CN_VL)));

// One axis of a window. After inlining the fields that are constants fold away.
typedef struct {
  bool adaptive;
  int64_t size;
  int64_t output;
  int64_t kernel; // adaptive: an upper bound
  int64_t stride;
  int64_t padding;
  int64_t padding_after;
  int64_t dilation;
} pool_axis;

CN_INLINE pool_axis adaptive_axis(int64_t size, int64_t output) {
  int64_t kernel = ceil_div(size, output) + 1;
  return (pool_axis){true, size, output, min64(kernel, size), 1, 0, 0, 1};
}
CN_INLINE pool_axis pool_rows(cn_window w) {
  if (w.adaptive) return adaptive_axis(w.height, w.output_height);
  return (pool_axis){false, w.height, w.output_height, w.kernel_height, w.stride_height,
                     w.pad_top, w.pad_bottom, w.dilation_height};
}
CN_INLINE pool_axis pool_columns(cn_window w) {
  if (w.adaptive) return adaptive_axis(w.width, w.output_width);
  return (pool_axis){false, w.width, w.output_width, w.kernel_width, w.stride_width,
                     w.pad_left, w.pad_right, w.dilation_width};
}

// The axis with its numbers known to the compiler; `like` has the same ones.
CN_INLINE pool_axis sliding(pool_axis like, int64_t kernel, int64_t stride, int64_t padding) {
  return (pool_axis){
    false, like.size, like.output, kernel, stride, padding, like.padding_after, 1};
}
CN_INLINE bool is_sliding(pool_axis a, int64_t kernel, int64_t stride, int64_t padding) {
  return !a.adaptive && a.kernel == kernel && a.stride == stride && a.padding == padding &&
         a.dilation == 1;
}

typedef struct {
  int64_t first;
  int64_t last;
} span;

// The input under tap 0 of output o; negative in the padding.
CN_INLINE int64_t start_of(pool_axis a, int64_t o) {
  return a.adaptive ? o * a.size / a.output : o * a.stride - a.padding;
}

// The taps of output o that lie inside the input.
CN_INLINE span taps_inside(pool_axis a, int64_t o) {
  int64_t start = start_of(a, o);
  if (a.adaptive) return (span){0, ceil_div((o + 1) * a.size, a.output) - start};
  int64_t first = start < 0 ? ceil_div(-start, a.dilation) : 0;
  int64_t last = start < a.size ? min64(a.kernel, ceil_div(a.size - start, a.dilation)) : 0;
  return (span){first, last};
}

// The outputs whose windows may contain input i (with dilation only some of them do).
CN_INLINE span outputs_over(pool_axis a, int64_t i) {
  if (a.adaptive)
    return (span){i * a.output / a.size, ceil_div((i + 1) * a.output, a.size)};
  int64_t position = i + a.padding, reach = (a.kernel - 1) * a.dilation;
  int64_t first = position > reach ? ceil_div(position - reach, a.stride) : 0;
  return (span){first, min64(a.output, position / a.stride + 1)};
}

// The tap by which output o reads input i, or -1.
CN_INLINE int64_t tap_of(pool_axis a, int64_t o, int64_t i) {
  int64_t distance = i - start_of(a, o);
  if (a.dilation == 1) return distance;
  return distance % a.dilation == 0 ? distance / a.dilation : -1;
}

CN_INLINE bool is_whole(pool_axis a, span taps) {
  return !a.adaptive && taps.first == 0 && taps.last == a.kernel;
}

typedef struct {
  vec best;
  ivec tap;
} maximum;

CN_INLINE maximum max_of_window(
  const float *x, pool_axis rows, pool_axis columns, int64_t row, int64_t column, span r, span c) {
  bool is_empty = r.first >= r.last || c.first >= c.last;
  maximum m = {
    splat(-__builtin_inff()),
    (ivec)(int32_t)(is_empty ? CN_NO_TAP : r.first * columns.kernel + c.first)};
  for (int64_t kh = r.first; kh < r.last; kh++) {
    const float *from = x + ((row + kh * rows.dilation) * columns.size + column) * CN_VL;
    for (int64_t kw = c.first; kw < c.last; kw++) {
      vec v = load(from + kw * columns.dilation * CN_VL);
      ivec better = (v > m.best) | (v != v);
      m.best = better ? v : m.best;
      m.tap = better ? (ivec)(int32_t)(kh * columns.kernel + kw) : m.tap;
    }
  }
  return m;
}

CN_INLINE void max_plane(
  const float *x, float *y, uint16_t *tap, pool_axis rows, pool_axis columns) {
  for (int64_t oh = 0; oh < rows.output; oh++) {
    span r = taps_inside(rows, oh);
    int64_t row = start_of(rows, oh);
    for (int64_t ow = 0; ow < columns.output; ow++) {
      span c = taps_inside(columns, ow);
      int64_t column = start_of(columns, ow);
      maximum m;
      // A whole window has constant bounds, so its loops unroll.
      if (is_whole(rows, r) && is_whole(columns, c))
        m = max_of_window(
          x, rows, columns, row, column, (span){0, rows.kernel}, (span){0, columns.kernel});
      else m = max_of_window(x, rows, columns, row, column, r, c);
      int64_t i = (oh * columns.output + ow) * CN_VL;
      store(y + i, m.best);
      if (tap) *(short_vec *)(tap + i) = __builtin_convertvector(m.tap, short_vec);
    }
  }
}

static void pool_max(
  const float *x, float *y, uint16_t *tap, cn_window w, int64_t first, int64_t last) {
  pool_axis rows = pool_rows(w), columns = pool_columns(w);
  for (int64_t plane = first; plane < last; plane++) {
    const float *from = x + plane * w.height * w.width * CN_VL;
    int64_t start = plane * w.output_height * w.output_width * CN_VL;
    float *to = y + start;
    uint16_t *taps = tap ? tap + start : NULL;
    if (is_sliding(rows, 2, 2, 0) && is_sliding(columns, 2, 2, 0)) {
      pool_axis r = sliding(rows, 2, 2, 0), c = sliding(columns, 2, 2, 0);
      if (taps) max_plane(from, to, taps, r, c);
      else max_plane(from, to, NULL, r, c);
    } else if (is_sliding(rows, 3, 2, 1) && is_sliding(columns, 3, 2, 1)) {
      pool_axis r = sliding(rows, 3, 2, 1), c = sliding(columns, 3, 2, 1);
      if (taps) max_plane(from, to, taps, r, c);
      else max_plane(from, to, NULL, r, c);
    } else if (is_sliding(rows, 3, 1, 1) && is_sliding(columns, 3, 1, 1)) {
      max_plane(from, to, taps, sliding(rows, 3, 1, 1), sliding(columns, 3, 1, 1));
    } else {
      max_plane(from, to, taps, rows, columns);
    }
  }
  // Only a window without any cell leaves something (-infinity) in the unused lanes.
  cn_planes shape = {w.batch, w.channels, w.output_height * w.output_width};
  clear_unused_lanes(y, shape, first, last);
}

CN_INLINE void max_backward_plane(
  const float *dy, const uint16_t *tap, float *dx, pool_axis rows, pool_axis columns) {
  for (int64_t h = 0; h < rows.size; h++) {
    span r = outputs_over(rows, h);
    for (int64_t w = 0; w < columns.size; w++) {
      span c = outputs_over(columns, w);
      vec sum = zero();
      for (int64_t oh = r.first; oh < r.last; oh++) {
        int64_t kh = tap_of(rows, oh, h);
        if (kh < 0) continue;
        for (int64_t ow = c.first; ow < c.last; ow++) {
          int64_t kw = tap_of(columns, ow, w);
          if (kw < 0) continue;
          int64_t i = (oh * columns.output + ow) * CN_VL;
          ivec place = __builtin_convertvector(*(const short_vec *)(tap + i), ivec);
          sum += masked(load(dy + i), place == (ivec)(int32_t)(kh * columns.kernel + kw));
        }
      }
      store(dx + (h * columns.size + w) * CN_VL, sum);
    }
  }
}

static void pool_max_backward(
  const float *dy, const uint16_t *tap, float *dx, cn_window w, int64_t first, int64_t last) {
  pool_axis rows = pool_rows(w), columns = pool_columns(w);
  for (int64_t plane = first; plane < last; plane++) {
    int64_t start = plane * w.output_height * w.output_width * CN_VL;
    const float *from = dy + start;
    const uint16_t *taps = tap + start;
    float *to = dx + plane * w.height * w.width * CN_VL;
    if (is_sliding(rows, 2, 2, 0) && is_sliding(columns, 2, 2, 0))
      max_backward_plane(from, taps, to, sliding(rows, 2, 2, 0), sliding(columns, 2, 2, 0));
    else if (is_sliding(rows, 3, 2, 1) && is_sliding(columns, 3, 2, 1))
      max_backward_plane(from, taps, to, sliding(rows, 3, 2, 1), sliding(columns, 3, 2, 1));
    else if (is_sliding(rows, 3, 1, 1) && is_sliding(columns, 3, 1, 1))
      max_backward_plane(from, taps, to, sliding(rows, 3, 1, 1), sliding(columns, 3, 1, 1));
    else max_backward_plane(from, taps, to, rows, columns);
  }
}

static void pool_max_indices(
  const uint16_t *tap, float *index, cn_window w, int64_t first, int64_t last) {
  pool_axis rows = pool_rows(w), columns = pool_columns(w);
  for (int64_t plane = first; plane < last; plane++) {
    int lanes = place_of_plane(plane, w.channels).lanes;
    int64_t i = plane * w.output_height * w.output_width * CN_VL;
    for (int64_t oh = 0; oh < w.output_height; oh++)
      for (int64_t ow = 0; ow < w.output_width; ow++)
        for (int lane = 0; lane < CN_VL; lane++, i++) {
          int64_t row = start_of(rows, oh) + tap[i] / columns.kernel * rows.dilation;
          int64_t column = start_of(columns, ow) + tap[i] % columns.kernel * columns.dilation;
          int64_t place = tap[i] == CN_NO_TAP ? -1 : row * w.width + column;
          index[i] = lane < lanes ? (float)place : 0;
        }
  }
}

// How many rows (columns) of output o's window count in the divisor.
CN_INLINE int64_t counted(pool_axis a, int64_t o, bool include_padding) {
  int64_t start = start_of(a, o);
  if (a.adaptive) return ceil_div((o + 1) * a.size, a.output) - start;
  int64_t end = min64(start + a.kernel, a.size + a.padding_after);
  if (include_padding) return end - start;
  return min64(end, a.size) - max64(start, 0);
}

CN_INLINE float divisor_of(
  pool_axis rows, pool_axis columns, int64_t oh, int64_t ow, int32_t override,
  bool include_padding) {
  if (override) return (float)override;
  return (float)(counted(rows, oh, include_padding) * counted(columns, ow, include_padding));
}

CN_INLINE void average_plane(
  const float *x, float *y, pool_axis rows, pool_axis columns, int32_t override,
  bool include_padding) {
  for (int64_t oh = 0; oh < rows.output; oh++) {
    span r = taps_inside(rows, oh);
    for (int64_t ow = 0; ow < columns.output; ow++) {
      span c = taps_inside(columns, ow);
      vec sum = zero();
      for (int64_t kh = r.first; kh < r.last; kh++) {
        int64_t row = start_of(rows, oh) + kh, column = start_of(columns, ow);
        const float *from = x + (row * columns.size + column) * CN_VL;
        for (int64_t kw = c.first; kw < c.last; kw++) sum += load(from + kw * CN_VL);
      }
      float divisor = divisor_of(rows, columns, oh, ow, override, include_padding);
      store(y + (oh * columns.output + ow) * CN_VL, sum / divisor);
    }
  }
}

static void pool_average(
  const float *x, float *y, cn_window w, int64_t first, int64_t last) {
  pool_axis rows = pool_rows(w), columns = pool_columns(w);
  rows.dilation = columns.dilation = 1;
  int32_t override = w.adaptive ? 0 : w.divisor_override;
  for (int64_t plane = first; plane < last; plane++) {
    const float *from = x + plane * w.height * w.width * CN_VL;
    float *to = y + plane * w.output_height * w.output_width * CN_VL;
    if (is_sliding(rows, 2, 2, 0) && is_sliding(columns, 2, 2, 0))
      average_plane(
        from, to, sliding(rows, 2, 2, 0), sliding(columns, 2, 2, 0), override,
        w.count_include_pad);
    else if (is_sliding(rows, 3, 1, 1) && is_sliding(columns, 3, 1, 1))
      average_plane(
        from, to, sliding(rows, 3, 1, 1), sliding(columns, 3, 1, 1), override,
        w.count_include_pad);
    else average_plane(from, to, rows, columns, override, w.count_include_pad);
  }
}

// Inside the image all windows have the same divisor: gradients are added as long as it stays the
// same, and divided once.
CN_INLINE void average_backward_plane(
  const float *dy, float *dx, pool_axis rows, pool_axis columns, int32_t override,
  bool include_padding) {
  for (int64_t h = 0; h < rows.size; h++) {
    span r = outputs_over(rows, h);
    for (int64_t w = 0; w < columns.size; w++) {
      span c = outputs_over(columns, w);
      vec total = zero(), sum = zero();
      float divisor = 1;
      for (int64_t oh = r.first; oh < r.last; oh++)
        for (int64_t ow = c.first; ow < c.last; ow++) {
          float next = divisor_of(rows, columns, oh, ow, override, include_padding);
          if (next != divisor) {
            total += sum / divisor;
            sum = zero();
            divisor = next;
          }
          sum += load(dy + (oh * columns.output + ow) * CN_VL);
        }
      store(dx + (h * columns.size + w) * CN_VL, total + sum / divisor);
    }
  }
}

static void pool_average_backward(
  const float *dy, float *dx, cn_window w, int64_t first, int64_t last) {
  pool_axis rows = pool_rows(w), columns = pool_columns(w);
  rows.dilation = columns.dilation = 1;
  int32_t override = w.adaptive ? 0 : w.divisor_override;
  for (int64_t plane = first; plane < last; plane++) {
    const float *from = dy + plane * w.output_height * w.output_width * CN_VL;
    float *to = dx + plane * w.height * w.width * CN_VL;
    if (is_sliding(rows, 2, 2, 0) && is_sliding(columns, 2, 2, 0))
      average_backward_plane(
        from, to, sliding(rows, 2, 2, 0), sliding(columns, 2, 2, 0), override,
        w.count_include_pad);
    else if (is_sliding(rows, 3, 1, 1) && is_sliding(columns, 3, 1, 1))
      average_backward_plane(
        from, to, sliding(rows, 3, 1, 1), sliding(columns, 3, 1, 1), override,
        w.count_include_pad);
    else average_backward_plane(from, to, rows, columns, override, w.count_include_pad);
  }
}

static void global_average(
  const float *x, float *y, cn_planes shape, int64_t first, int64_t last) {
  for (int64_t plane = first; plane < last; plane++) {
    vec sum = sum_over_pixels(x + plane * shape.pixels * CN_VL, NULL, shape.pixels);
    store(y + plane * CN_VL, sum / (float)shape.pixels);
  }
}

static void global_average_backward(
  const float *dy, float *dx, cn_planes shape, int64_t first, int64_t last) {
  for (int64_t plane = first; plane < last; plane++) {
    vec g = load(dy + plane * CN_VL) / (float)shape.pixels;
    float *to = dx + plane * shape.pixels * CN_VL;
    for (int64_t i = 0; i < shape.pixels * CN_VL; i += CN_VL) store(to + i, g);
  }
}

static const cn_pooling_kernels pooling_kernels = {
  .max = pool_max,
  .max_backward = pool_max_backward,
  .max_indices = pool_max_indices,
  .average = pool_average,
  .average_backward = pool_average_backward,
  .global_average = global_average,
  .global_average_backward = global_average_backward,
};

#pragma clang fp contract(on)
