// The activation functions, forward and backward.
//
// An operation is a function of one vector; `map` and `map_backward` run it over a flat run of
// floats. They are inlined with the operation known, so that each case of the switches below
// becomes its own loop. The last, incomplete vector goes through the same operation on padded
// lanes.

#pragma clang fp contract(off)

typedef vec (*unary_operation)(vec x, vec alpha, vec beta);
typedef vec (*unary_backward)(vec saved, vec dy, vec alpha, vec beta);

CN_INLINE vec relu_forward(vec x, vec a, vec b) {
  (void)a, (void)b;
  return at_least(x, zero());
}
CN_INLINE vec relu_backward(vec y, vec dy, vec a, vec b) {
  (void)a, (void)b;
  return y <= zero() ? zero() : dy;
}

CN_INLINE vec leaky_relu_forward(vec x, vec slope, vec b) {
  (void)b;
  return x > zero() ? x : x * slope;
}
CN_INLINE vec leaky_relu_backward(vec saved, vec dy, vec slope, vec b) {
  (void)b;
  return saved > zero() ? dy : dy * slope;
}

CN_INLINE vec clamp_forward(vec x, vec low, vec high) { return at_most(at_least(x, low), high); }
CN_INLINE vec clamp_backward(vec y, vec dy, vec low, vec high) {
  return ((y <= low) | (y >= high)) ? zero() : dy;
}

CN_INLINE vec sigmoid_forward(vec x, vec a, vec b) {
  (void)a, (void)b;
  return vec_sigmoid(x);
}
CN_INLINE vec sigmoid_backward(vec y, vec dy, vec a, vec b) {
  (void)a, (void)b;
  return dy * (1.0f - y) * y;
}

CN_INLINE vec tanh_forward(vec x, vec a, vec b) {
  (void)a, (void)b;
  return vec_tanh(x);
}
CN_INLINE vec tanh_backward(vec y, vec dy, vec a, vec b) {
  (void)a, (void)b;
  return dy * (1.0f - y * y);
}

CN_INLINE vec silu_forward(vec x, vec a, vec b) {
  (void)a, (void)b;
  return x / (1.0f + vec_exp(-x));
}
CN_INLINE vec silu_backward(vec x, vec dy, vec a, vec b) {
  (void)a, (void)b;
  vec s = vec_sigmoid(x);
  return dy * s * (1.0f + x * (1.0f - s));
}

CN_INLINE vec hard_sigmoid_forward(vec x, vec a, vec b) {
  (void)a, (void)b;
  return at_most(at_least(x + 3.0f, zero()), splat(6.0f)) / 6.0f;
}
CN_INLINE vec hard_sigmoid_backward(vec y, vec dy, vec a, vec b) {
  (void)a, (void)b;
  return ((y > zero()) & (y < 1.0f)) ? dy * (1.0f / 6.0f) : zero();
}

CN_INLINE vec hard_swish_forward(vec x, vec a, vec b) {
  (void)a, (void)b;
  return x * at_most(at_least(x + 3.0f, zero()), splat(6.0f)) / 6.0f;
}
CN_INLINE vec hard_swish_backward(vec x, vec dy, vec a, vec b) {
  (void)a, (void)b;
  vec inner = x < 3.0f ? dy * (x / 3.0f + 0.5f) : dy;
  return x <= -3.0f ? zero() : inner;
}

CN_INLINE vec gelu_forward(vec x, vec a, vec b) {
  (void)a, (void)b;
  return x * 0.5f * (1.0f + vec_erf(x * 0.707106781f));
}
// d/dx (x P(x)) = P(x) + x p(x), P and p the normal distribution's integral and density.
CN_INLINE vec gelu_backward(vec x, vec dy, vec a, vec b) {
  (void)a, (void)b;
  vec integral = 0.5f * (1.0f + vec_erf(x * 0.707106781f));
  vec density = vec_exp(-0.5f * x * x) * 0.39894228f;
  return dy * (integral + x * density);
}

CN_INLINE vec gelu_tanh_argument(vec x) {
  return 0.797884561f * (x + 0.044715f * (x * x * x));
}
CN_INLINE vec gelu_tanh_forward(vec x, vec a, vec b) {
  (void)a, (void)b;
  return 0.5f * x * (1.0f + vec_tanh(gelu_tanh_argument(x)));
}
CN_INLINE vec gelu_tanh_backward(vec x, vec dy, vec a, vec b) {
  (void)a, (void)b;
  vec t = vec_tanh(gelu_tanh_argument(x));
  vec slope = 0.797884561f * (1.0f + 0.134145f * (x * x));
  return dy * (0.5f * (1.0f + t) + 0.5f * x * ((1.0f - t * t) * slope));
}

CN_INLINE vec elu_forward(vec x, vec alpha, vec b) {
  (void)b;
  return x > zero() ? x : alpha * vec_expm1_nonpositive(x);
}
CN_INLINE vec elu_backward(vec x, vec dy, vec alpha, vec b) {
  (void)b;
  return x > zero() ? dy : dy * (alpha * vec_exp(x));
}

CN_INLINE vec softplus_forward(vec x, vec steepness, vec threshold) {
  vec scaled = x * steepness;
  vec soft = vec_log1p_nonnegative(vec_exp(scaled)) / steepness;
  return scaled > threshold ? x : soft;
}
CN_INLINE vec softplus_backward(vec x, vec dy, vec steepness, vec threshold) {
  vec scaled = x * steepness;
  vec e = vec_exp(scaled);
  return scaled > threshold ? dy : dy * e / (e + 1.0f);
}

CN_INLINE vec exp_forward(vec x, vec a, vec b) {
  (void)a, (void)b;
  return vec_exp(x);
}
CN_INLINE vec exp_backward(vec y, vec dy, vec a, vec b) {
  (void)a, (void)b;
  return dy * y;
}

CN_INLINE vec log_forward(vec x, vec a, vec b) {
  (void)a, (void)b;
  return vec_log(x);
}
CN_INLINE vec log_backward(vec x, vec dy, vec a, vec b) {
  (void)a, (void)b;
  return dy / x;
}

CN_INLINE vec sqrt_forward(vec x, vec a, vec b) {
  (void)a, (void)b;
  return __builtin_elementwise_sqrt(x);
}
CN_INLINE vec sqrt_backward(vec y, vec dy, vec a, vec b) {
  (void)a, (void)b;
  return dy * (0.5f / y);
}

CN_INLINE vec abs_forward(vec x, vec a, vec b) {
  (void)a, (void)b;
  return absolute(x);
}
CN_INLINE vec abs_backward(vec x, vec dy, vec a, vec b) {
  (void)a, (void)b;
  return x > zero() ? dy : x < zero() ? -dy : x * dy;
}

CN_INLINE vec erf_forward(vec x, vec a, vec b) {
  (void)a, (void)b;
  return vec_erf(x);
}
CN_INLINE vec erf_backward(vec x, vec dy, vec a, vec b) {
  (void)a, (void)b;
  return dy * (1.12837917f * vec_exp(-x * x));
}

CN_INLINE void map(unary_operation f, cn_activation p, const float *x, float *y, int64_t count) {
  vec a = splat(p.alpha), b = splat(p.beta);
  int64_t i = 0;
  for (; i + CN_VL <= count; i += CN_VL)
    store_unaligned(y + i, f(load_unaligned(x + i), a, b));
  if (i < count) {
    int rest = (int)(count - i);
    store_first(y + i, f(load_first(x + i, rest), a, b), rest);
  }
}

CN_INLINE void map_backward(
  unary_backward f, cn_activation p, const float *saved, const float *dy, float *dx,
  int64_t count) {
  vec a = splat(p.alpha), b = splat(p.beta);
  int64_t i = 0;
  for (; i + CN_VL <= count; i += CN_VL)
    store_unaligned(dx + i, f(load_unaligned(saved + i), load_unaligned(dy + i), a, b));
  if (i < count) {
    int rest = (int)(count - i);
    store_first(dx + i, f(load_first(saved + i, rest), load_first(dy + i, rest), a, b), rest);
  }
}

static void activation(cn_activation f, const float *x, float *y, int64_t count) {
  switch (f.kind) {
  case CN_RELU: return map(relu_forward, f, x, y, count);
  case CN_LEAKY_RELU: return map(leaky_relu_forward, f, x, y, count);
  case CN_CLAMP: return map(clamp_forward, f, x, y, count);
  case CN_SIGMOID: return map(sigmoid_forward, f, x, y, count);
  case CN_TANH: return map(tanh_forward, f, x, y, count);
  case CN_SILU: return map(silu_forward, f, x, y, count);
  case CN_HARD_SIGMOID: return map(hard_sigmoid_forward, f, x, y, count);
  case CN_HARD_SWISH: return map(hard_swish_forward, f, x, y, count);
  case CN_GELU: return map(gelu_forward, f, x, y, count);
  case CN_GELU_TANH: return map(gelu_tanh_forward, f, x, y, count);
  case CN_ELU: return map(elu_forward, f, x, y, count);
  case CN_SOFTPLUS: return map(softplus_forward, f, x, y, count);
  case CN_EXP: return map(exp_forward, f, x, y, count);
  case CN_LOG: return map(log_forward, f, x, y, count);
  case CN_SQRT: return map(sqrt_forward, f, x, y, count);
  case CN_ABS: return map(abs_forward, f, x, y, count);
  case CN_ERF: return map(erf_forward, f, x, y, count);
  }
}

static void activation_backward(
  cn_activation f, const float *saved, const float *dy, float *dx, int64_t count) {
  switch (f.kind) {
  case CN_RELU: return map_backward(relu_backward, f, saved, dy, dx, count);
  case CN_LEAKY_RELU: return map_backward(leaky_relu_backward, f, saved, dy, dx, count);
  case CN_CLAMP: return map_backward(clamp_backward, f, saved, dy, dx, count);
  case CN_SIGMOID: return map_backward(sigmoid_backward, f, saved, dy, dx, count);
  case CN_TANH: return map_backward(tanh_backward, f, saved, dy, dx, count);
  case CN_SILU: return map_backward(silu_backward, f, saved, dy, dx, count);
  case CN_HARD_SIGMOID: return map_backward(hard_sigmoid_backward, f, saved, dy, dx, count);
  case CN_HARD_SWISH: return map_backward(hard_swish_backward, f, saved, dy, dx, count);
  case CN_GELU: return map_backward(gelu_backward, f, saved, dy, dx, count);
  case CN_GELU_TANH: return map_backward(gelu_tanh_backward, f, saved, dy, dx, count);
  case CN_ELU: return map_backward(elu_backward, f, saved, dy, dx, count);
  case CN_SOFTPLUS: return map_backward(softplus_backward, f, saved, dy, dx, count);
  case CN_EXP: return map_backward(exp_backward, f, saved, dy, dx, count);
  case CN_LOG: return map_backward(log_backward, f, saved, dy, dx, count);
  case CN_SQRT: return map_backward(sqrt_backward, f, saved, dy, dx, count);
  case CN_ABS: return map_backward(abs_backward, f, saved, dy, dx, count);
  case CN_ERF: return map_backward(erf_backward, f, saved, dy, dx, count);
  }
}

// Zeroes the unused lanes of those planes of [first, last) that are last blocks.
static void clear_unused_lanes(float *y, cn_planes shape, int64_t first, int64_t last) {
  if (shape.channels % CN_VL == 0) return;
  for (int64_t plane = first; plane < last; plane++) {
    plane_place place = place_of_plane(plane, shape.channels);
    if (place.lanes == CN_VL) continue;
    ivec mask = mask_of_first(place.lanes);
    float *p = y + plane * shape.pixels * CN_VL;
    for (int64_t i = 0; i < shape.pixels; i++)
      store(p + i * CN_VL, masked(load(p + i * CN_VL), mask));
  }
}

static void activation_planes(
  cn_activation f, const float *x, float *y, cn_planes shape, int64_t first, int64_t last) {
  int64_t plane = shape.pixels * CN_VL;
  activation(f, x + first * plane, y + first * plane, (last - first) * plane);
  clear_unused_lanes(y, shape, first, last);
}

static void activation_backward_planes(
  cn_activation f, const float *saved, const float *dy, float *dx, cn_planes shape, int64_t first,
  int64_t last) {
  int64_t plane = shape.pixels * CN_VL, start = first * plane;
  activation_backward(f, saved + start, dy + start, dx + start, (last - first) * plane);
  clear_unused_lanes(dx, shape, first, last);
}

#pragma clang fp contract(on)
