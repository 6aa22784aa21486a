// Sums, products and per-channel scaling.
//
// Flat kernels treat any layout as a run of floats. Plane kernels load the parameters of a block's
// channels once per plane, as one vector, and then stream over the pixels:
//
//   pixel:      p0    p1    p2  ...        each pN is one vector = the block's channels
//   y = x * s + t   with s, t the same vector for every pixel of the plane

#pragma clang fp contract(off)

typedef vec (*binary_operation)(vec a, vec b);

CN_INLINE vec add_vectors(vec a, vec b) { return a + b; }
CN_INLINE vec subtract_vectors(vec a, vec b) { return a - b; }
CN_INLINE vec multiply_vectors(vec a, vec b) { return a * b; }
CN_INLINE vec divide_vectors(vec a, vec b) { return a / b; }
CN_INLINE vec add_relu_vectors(vec a, vec b) { return at_least(a + b, zero()); }

CN_INLINE void zip(
  binary_operation f, const float *a, const float *b, float *y, int64_t count) {
  int64_t i = 0;
  for (; i + CN_VL <= count; i += CN_VL)
    store_unaligned(y + i, f(load_unaligned(a + i), load_unaligned(b + i)));
  if (i < count) {
    int rest = (int)(count - i);
    store_first(y + i, f(load_first(a + i, rest), load_first(b + i, rest)), rest);
  }
}

static void binary(
  cn_binary_kind kind, const float *a, const float *b, float *y, int64_t count) {
  switch (kind) {
  case CN_ADD: return zip(add_vectors, a, b, y, count);
  case CN_SUBTRACT: return zip(subtract_vectors, a, b, y, count);
  case CN_MULTIPLY: return zip(multiply_vectors, a, b, y, count);
  case CN_DIVIDE: return zip(divide_vectors, a, b, y, count);
  case CN_ADD_RELU: return zip(add_relu_vectors, a, b, y, count);
  }
}

static void binary_planes(
  cn_binary_kind kind, const float *a, const float *b, float *y, cn_planes shape, int64_t first,
  int64_t last) {
  int64_t start = first * shape.pixels * CN_VL;
  binary(kind, a + start, b + start, y + start, (last - first) * shape.pixels * CN_VL);
  clear_unused_lanes(y, shape, first, last);
}

static void divide_backward(
  const float *dy, const float *y, const float *b, float *db, int64_t count) {
  int64_t i = 0;
  for (; i + CN_VL <= count; i += CN_VL)
    store_unaligned(
      db + i, -load_unaligned(dy + i) * load_unaligned(y + i) / load_unaligned(b + i));
  if (i < count) {
    int rest = (int)(count - i);
    store_first(
      db + i, -load_first(dy + i, rest) * load_first(y + i, rest) / load_first(b + i, rest), rest);
  }
}

static void scale_shift(const float *x, float scale, float shift, float *y, int64_t count) {
  int64_t i = 0;
  for (; i + CN_VL <= count; i += CN_VL)
    store_unaligned(y + i, load_unaligned(x + i) * scale + shift);
  for (; i < count; i++) y[i] = x[i] * scale + shift;
}

static void accumulate(const float *x, float scale, float *y, int64_t count) {
  int64_t i = 0;
  for (; i + CN_VL <= count; i += CN_VL)
    store_unaligned(y + i, load_unaligned(y + i) + load_unaligned(x + i) * scale);
  for (; i < count; i++) y[i] = y[i] + x[i] * scale;
}

static void multiply_accumulate(const float *a, const float *b, float *y, int64_t count) {
  int64_t i = 0;
  for (; i + CN_VL <= count; i += CN_VL)
    store_unaligned(
      y + i, load_unaligned(y + i) + load_unaligned(a + i) * load_unaligned(b + i));
  for (; i < count; i++) y[i] = y[i] + a[i] * b[i];
}

// Inlined with `relu` and the presence of a residual known: four loops.
CN_INLINE void affine_plane(
  const float *x, vec scale, vec shift, const float *residual, bool relu, float *y,
  int64_t pixels) {
  for (int64_t i = 0; i < pixels * CN_VL; i += CN_VL) {
    vec v = load(x + i) * scale + shift;
    if (residual) v = v + load(residual + i);
    store(y + i, relu ? at_least(v, zero()) : v);
  }
}

static void channel_affine(
  const float *x, const float *scale, const float *shift, const float *residual, bool relu,
  float *y, cn_planes shape, int64_t first, int64_t last) {
  for (int64_t plane = first; plane < last; plane++) {
    plane_place place = place_of_plane(plane, shape.channels);
    int64_t start = plane * shape.pixels * CN_VL;
    vec s = scale ? load_channels(scale, place) : splat(1.0f);
    vec t = shift ? load_channels(shift, place) : zero();
    const float *from = x + start;
    float *to = y + start;
    if (residual && relu) affine_plane(from, s, t, residual + start, true, to, shape.pixels);
    else if (residual) affine_plane(from, s, t, residual + start, false, to, shape.pixels);
    else if (relu) affine_plane(from, s, t, NULL, true, to, shape.pixels);
    else affine_plane(from, s, t, NULL, false, to, shape.pixels);
  }
}

static void gate_forward(
  const float *x, const float *gate, float *y, cn_planes shape, int64_t first, int64_t last) {
  for (int64_t plane = first; plane < last; plane++) {
    vec factor = load(gate + plane * CN_VL);
    int64_t start = plane * shape.pixels * CN_VL;
    affine_plane(x + start, factor, zero(), NULL, false, y + start, shape.pixels);
  }
}

// The sum over the pixels of a plane of x, or of x * w: four chains, so that the additions do not
// wait for each other, in runs of at most 256 pixels, so that no chain grows long.
CN_INLINE vec sum_over_pixels(const float *x, const float *w, int64_t pixels) {
  vec total = zero();
  for (int64_t run = 0; run < pixels; run += 256) {
    int64_t end = min64(run + 256, pixels), i = run;
    vec chain[4] = {zero(), zero(), zero(), zero()};
    for (; i + 4 <= end; i += 4)
      for (int k = 0; k < 4; k++) {
        vec v = load(x + (i + k) * CN_VL);
        chain[k] += w ? v * load(w + (i + k) * CN_VL) : v;
      }
    for (; i < end; i++) {
      vec v = load(x + i * CN_VL);
      chain[0] += w ? v * load(w + i * CN_VL) : v;
    }
    total += (chain[0] + chain[1]) + (chain[2] + chain[3]);
  }
  return total;
}

static void gate_backward(
  const float *x, const float *gate, const float *dy, float *dx, float *dgate, cn_planes shape,
  int64_t first, int64_t last) {
  for (int64_t plane = first; plane < last; plane++) {
    int64_t start = plane * shape.pixels * CN_VL;
    // Before dx, which may be the same buffer as dy.
    if (dgate) store(dgate + plane * CN_VL, sum_over_pixels(x + start, dy + start, shape.pixels));
    if (dx) {
      vec factor = load(gate + plane * CN_VL);
      affine_plane(dy + start, factor, zero(), NULL, false, dx + start, shape.pixels);
    }
  }
}

static void prelu(
  const float *x, const float *slope, float *y, cn_planes shape, int64_t first, int64_t last) {
  for (int64_t plane = first; plane < last; plane++) {
    vec s = load_channels(slope, place_of_plane(plane, shape.channels));
    int64_t start = plane * shape.pixels * CN_VL;
    for (int64_t i = start; i < start + shape.pixels * CN_VL; i += CN_VL) {
      vec v = load(x + i);
      store(y + i, v > zero() ? v : v * s);
    }
  }
}

static void prelu_backward(
  const float *x, const float *slope, const float *dy, float *dx, float *slope_sums,
  cn_planes shape, int64_t first, int64_t last) {
  for (int64_t plane = first; plane < last; plane++) {
    vec s = load_channels(slope, place_of_plane(plane, shape.channels));
    int64_t start = plane * shape.pixels * CN_VL;
    vec total = zero();
    for (int64_t run = 0; run < shape.pixels; run += 256) {
      vec sum = zero();
      for (int64_t p = run; p < min64(run + 256, shape.pixels); p++) {
        vec v = load(x + start + p * CN_VL), g = load(dy + start + p * CN_VL);
        sum += v > zero() ? zero() : v * g;
        store(dx + start + p * CN_VL, v > zero() ? g : g * s);
      }
      total += sum;
    }
    store(slope_sums + plane * CN_VL, total);
  }
}

static void plane_sums(
  const float *x, float *sums, cn_planes shape, int64_t first, int64_t last) {
  for (int64_t plane = first; plane < last; plane++)
    store(
      sums + plane * CN_VL, sum_over_pixels(x + plane * shape.pixels * CN_VL, NULL, shape.pixels));
}

static void sum_planes_over_batch(
  const float *sums, float *total, int64_t batch, int64_t channels, int64_t first_block,
  int64_t last_block) {
  int64_t blocks = block_count(channels);
  for (int64_t c = first_block * CN_VL; c < min64(last_block * CN_VL, channels); c++) {
    double sum = 0;
    for (int64_t n = 0; n < batch; n++)
      sum += sums[(n * blocks + c / CN_VL) * CN_VL + c % CN_VL];
    total[c] = (float)sum;
  }
}

static const cn_elementwise_kernels elementwise_kernels = {
  .activation = activation,
  .activation_backward = activation_backward,
  .activation_planes = activation_planes,
  .activation_backward_planes = activation_backward_planes,
  .binary = binary,
  .binary_planes = binary_planes,
  .divide_backward = divide_backward,
  .scale_shift = scale_shift,
  .accumulate = accumulate,
  .multiply_accumulate = multiply_accumulate,
  .channel_affine = channel_affine,
  .gate = gate_forward,
  .gate_backward = gate_backward,
  .prelu = prelu,
  .prelu_backward = prelu_backward,
  .plane_sums = plane_sums,
  .sum_planes_over_batch = sum_planes_over_batch,
};

#pragma clang fp contract(on)
