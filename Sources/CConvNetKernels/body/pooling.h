// Pooling. One output pixel of a plane is one vector (the block's channels), so a window is a loop
// over whole vectors and nothing crosses lanes:
//
//   kernel 3, stride 2, padding 1        output column o reads the columns 2o - 1, 2o, 2o + 1
//   input row    . [0  1] 2  3  4        clipped at the edges: the range of taps is worked out per
//                [. 0  1][1  2  3]       row and column, the inner loops have no conditions
//
// The two common windows (2 x 2 stride 2, 3 x 3 stride 2 padding 1) pass their sizes as constants to
// inlined loops, so that the taps unroll and divisions by the stride become shifts.

#pragma clang fp contract(off)

typedef uint16_t short_vec __attribute__((ext_vector_type(CN_VL)));

// One axis of a window.
typedef struct {
  int64_t size;
  int64_t output;
  int64_t kernel;
  int64_t stride;
  int64_t padding;
  int64_t dilation;
} pool_axis;

CN_INLINE pool_axis pool_rows(cn_window w) {
  return (pool_axis){w.height, w.output_height, w.kernel_height, w.stride_height, w.padding_height,
                w.dilation_height};
}
CN_INLINE pool_axis pool_columns(cn_window w) {
  return (pool_axis){w.width, w.output_width, w.kernel_width, w.stride_width, w.padding_width,
                w.dilation_width};
}
CN_INLINE pool_axis with_constants(
  pool_axis a, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation) {
  return (pool_axis){a.size, a.output, kernel, stride, padding, dilation};
}

CN_INLINE bool is_window(cn_window w, int kernel, int stride, int padding) {
  return w.kernel_height == kernel && w.kernel_width == kernel && w.stride_height == stride &&
         w.stride_width == stride && w.padding_height == padding && w.padding_width == padding;
}
CN_INLINE bool has_dilation(cn_window w) {
  return w.dilation_height != 1 || w.dilation_width != 1;
}

typedef struct {
  int64_t first;
  int64_t last;
} span;

// The taps of output o that lie inside the input.
CN_INLINE span taps_inside(pool_axis a, int64_t o) {
  int64_t start = o * a.stride - a.padding;
  int64_t first = start < 0 ? ceil_div(-start, a.dilation) : 0;
  int64_t last = start < a.size ? min64(a.kernel, ceil_div(a.size - start, a.dilation)) : 0;
  return (span){first, last};
}

// The outputs whose windows may contain input i (with dilation only some of them do).
CN_INLINE span outputs_over(pool_axis a, int64_t i) {
  int64_t position = i + a.padding, reach = (a.kernel - 1) * a.dilation;
  int64_t first = position > reach ? ceil_div(position - reach, a.stride) : 0;
  return (span){first, min64(a.output, position / a.stride + 1)};
}

// The tap by which output o reads input i, or -1.
CN_INLINE int64_t tap_of(pool_axis a, int64_t o, int64_t i) {
  int64_t distance = i + a.padding - o * a.stride;
  return distance % a.dilation == 0 ? distance / a.dilation : -1;
}

CN_INLINE void max_plane(
  const float *x, float *y, uint16_t *tap, pool_axis rows, pool_axis columns) {
  for (int64_t oh = 0; oh < rows.output; oh++) {
    span r = taps_inside(rows, oh);
    for (int64_t ow = 0; ow < columns.output; ow++) {
      span c = taps_inside(columns, ow);
      vec best = splat(-__builtin_inff());
      ivec place = (ivec)(int32_t)(r.first * columns.kernel + c.first);
      for (int64_t kh = r.first; kh < r.last; kh++) {
        int64_t row = oh * rows.stride - rows.padding + kh * rows.dilation;
        int64_t column = ow * columns.stride - columns.padding;
        const float *from = x + (row * columns.size + column) * CN_VL;
        for (int64_t kw = c.first; kw < c.last; kw++) {
          vec v = load(from + kw * columns.dilation * CN_VL);
          ivec better = (v > best) | (v != v);
          best = better ? v : best;
          place = better ? (ivec)(int32_t)(kh * columns.kernel + kw) : place;
        }
      }
      store(y + (oh * columns.output + ow) * CN_VL, best);
      if (tap)
        *(short_vec *)(tap + (oh * columns.output + ow) * CN_VL) =
          __builtin_convertvector(place, short_vec);
    }
  }
}

// The unused lanes: -infinity never survives, since all inputs there are zero.
static void pool_max(
  const float *x, float *y, uint16_t *tap, cn_window w, int64_t first, int64_t last) {
  pool_axis rows = pool_rows(w), columns = pool_columns(w);
  bool plain = !has_dilation(w);
  for (int64_t plane = first; plane < last; plane++) {
    const float *from = x + plane * w.height * w.width * CN_VL;
    int64_t start = plane * w.output_height * w.output_width * CN_VL;
    float *to = y + start;
    uint16_t *taps = tap ? tap + start : NULL;
    if (plain && is_window(w, 2, 2, 0)) {
      pool_axis r = with_constants(rows, 2, 2, 0, 1), c = with_constants(columns, 2, 2, 0, 1);
      if (taps) max_plane(from, to, taps, r, c);
      else max_plane(from, to, NULL, r, c);
    } else if (plain && is_window(w, 3, 2, 1)) {
      pool_axis r = with_constants(rows, 3, 2, 1, 1), c = with_constants(columns, 3, 2, 1, 1);
      if (taps) max_plane(from, to, taps, r, c);
      else max_plane(from, to, NULL, r, c);
    } else {
      max_plane(from, to, taps, rows, columns);
    }
  }
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
  bool plain = !has_dilation(w);
  for (int64_t plane = first; plane < last; plane++) {
    int64_t start = plane * w.output_height * w.output_width * CN_VL;
    float *to = dx + plane * w.height * w.width * CN_VL;
    if (plain && is_window(w, 2, 2, 0))
      max_backward_plane(
        dy + start, tap + start, to, with_constants(rows, 2, 2, 0, 1),
        with_constants(columns, 2, 2, 0, 1));
    else if (plain && is_window(w, 3, 2, 1))
      max_backward_plane(
        dy + start, tap + start, to, with_constants(rows, 3, 2, 1, 1),
        with_constants(columns, 3, 2, 1, 1));
    else if (plain)
      max_backward_plane(
        dy + start, tap + start, to,
        with_constants(rows, rows.kernel, rows.stride, rows.padding, 1),
        with_constants(columns, columns.kernel, columns.stride, columns.padding, 1));
    else max_backward_plane(dy + start, tap + start, to, rows, columns);
  }
}

static void pool_max_indices(
  const uint16_t *tap, int32_t *index, cn_window w, int64_t first, int64_t last) {
  int64_t start = first * w.output_height * w.output_width * CN_VL;
  int64_t end = last * w.output_height * w.output_width * CN_VL;
  for (int64_t i = start; i < end; i++) {
    int64_t pixel = i / CN_VL % (w.output_height * w.output_width);
    int64_t row = pixel / w.output_width * w.stride_height - w.padding_height +
                  tap[i] / w.kernel_width * w.dilation_height;
    int64_t column = pixel % w.output_width * w.stride_width - w.padding_width +
                     tap[i] % w.kernel_width * w.dilation_width;
    index[i] = (int32_t)(row * w.width + column);
  }
}

// How many rows (columns) of output o's window count in the divisor.
CN_INLINE int64_t counted(pool_axis a, int64_t o, bool include_padding) {
  int64_t start = o * a.stride - a.padding;
  int64_t end = min64(start + a.kernel, a.size + a.padding);
  if (include_padding) return end - start;
  return min64(end, a.size) - max64(start, 0);
}

CN_INLINE float divisor_of(
  pool_axis rows, pool_axis columns, int64_t oh, int64_t ow, int32_t override, bool include_padding) {
  if (override) return (float)override;
  return (float)(counted(rows, oh, include_padding) * counted(columns, ow, include_padding));
}

CN_INLINE void average_plane(
  const float *x, float *y, pool_axis rows, pool_axis columns, int32_t override, bool include_padding) {
  for (int64_t oh = 0; oh < rows.output; oh++) {
    span r = taps_inside(rows, oh);
    for (int64_t ow = 0; ow < columns.output; ow++) {
      span c = taps_inside(columns, ow);
      vec sum = zero();
      for (int64_t kh = r.first; kh < r.last; kh++) {
        int64_t row = oh * rows.stride - rows.padding + kh;
        int64_t column = ow * columns.stride - columns.padding;
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
  for (int64_t plane = first; plane < last; plane++) {
    const float *from = x + plane * w.height * w.width * CN_VL;
    float *to = y + plane * w.output_height * w.output_width * CN_VL;
    if (is_window(w, 2, 2, 0))
      average_plane(
        from, to, with_constants(rows, 2, 2, 0, 1), with_constants(columns, 2, 2, 0, 1),
        w.divisor_override, w.count_include_pad);
    else average_plane(from, to, rows, columns, w.divisor_override, w.count_include_pad);
  }
}

CN_INLINE void average_backward_plane(
  const float *dy, float *dx, pool_axis rows, pool_axis columns, int32_t override, bool include_padding) {
  for (int64_t h = 0; h < rows.size; h++) {
    span r = outputs_over(rows, h);
    for (int64_t w = 0; w < columns.size; w++) {
      span c = outputs_over(columns, w);
      vec sum = zero();
      for (int64_t oh = r.first; oh < r.last; oh++)
        for (int64_t ow = c.first; ow < c.last; ow++) {
          float divisor = divisor_of(rows, columns, oh, ow, override, include_padding);
          sum += load(dy + (oh * columns.output + ow) * CN_VL) / divisor;
        }
      store(dx + (h * columns.size + w) * CN_VL, sum);
    }
  }
}

static void pool_average_backward(
  const float *dy, float *dx, cn_window w, int64_t first, int64_t last) {
  pool_axis rows = pool_rows(w), columns = pool_columns(w);
  rows.dilation = columns.dilation = 1;
  for (int64_t plane = first; plane < last; plane++) {
    const float *from = dy + plane * w.output_height * w.output_width * CN_VL;
    float *to = dx + plane * w.height * w.width * CN_VL;
    if (is_window(w, 2, 2, 0))
      average_backward_plane(
        from, to, with_constants(rows, 2, 2, 0, 1), with_constants(columns, 2, 2, 0, 1),
        w.divisor_override, w.count_include_pad);
    else average_backward_plane(from, to, rows, columns, w.divisor_override, w.count_include_pad);
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

// The inputs that output o averages.
CN_INLINE span adaptive_inputs(int64_t size, int64_t output, int64_t o) {
  return (span){o * size / output, ceil_div((o + 1) * size, output)};
}

// The outputs that average input i: those with o * size / output <= i < ceil((o + 1) size / output).
CN_INLINE span adaptive_outputs(int64_t size, int64_t output, int64_t i) {
  return (span){i * output / size, min64(output, ceil_div((i + 1) * output, size))};
}

static void adaptive_average(
  const float *x, float *y, cn_window w, int64_t first, int64_t last) {
  for (int64_t plane = first; plane < last; plane++) {
    const float *from = x + plane * w.height * w.width * CN_VL;
    float *to = y + plane * w.output_height * w.output_width * CN_VL;
    for (int64_t oh = 0; oh < w.output_height; oh++) {
      span r = adaptive_inputs(w.height, w.output_height, oh);
      for (int64_t ow = 0; ow < w.output_width; ow++, to += CN_VL) {
        span c = adaptive_inputs(w.width, w.output_width, ow);
        vec sum = zero();
        for (int64_t h = r.first; h < r.last; h++)
          sum += sum_over_pixels(from + (h * w.width + c.first) * CN_VL, NULL, c.last - c.first);
        store(to, sum / (float)((r.last - r.first) * (c.last - c.first)));
      }
    }
  }
}

static void adaptive_average_backward(
  const float *dy, float *dx, cn_window w, int64_t first, int64_t last) {
  for (int64_t plane = first; plane < last; plane++) {
    const float *from = dy + plane * w.output_height * w.output_width * CN_VL;
    float *to = dx + plane * w.height * w.width * CN_VL;
    for (int64_t h = 0; h < w.height; h++) {
      span r = adaptive_outputs(w.height, w.output_height, h);
      for (int64_t i = 0; i < w.width; i++, to += CN_VL) {
        span c = adaptive_outputs(w.width, w.output_width, i);
        vec sum = zero();
        for (int64_t oh = r.first; oh < r.last; oh++) {
          span rows = adaptive_inputs(w.height, w.output_height, oh);
          for (int64_t ow = c.first; ow < c.last; ow++) {
            span columns = adaptive_inputs(w.width, w.output_width, ow);
            float count = (float)((rows.last - rows.first) * (columns.last - columns.first));
            sum += load(from + (oh * w.output_width + ow) * CN_VL) / count;
          }
        }
        store(to, sum);
      }
    }
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
  .adaptive_average = adaptive_average,
  .adaptive_average_backward = adaptive_average_backward,
};

#pragma clang fp contract(on)
