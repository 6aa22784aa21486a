// Optimiser updates. One loop per rule over whole vectors; the options are loop constants. The
// last, incomplete vector is loaded and stored in part.

#pragma clang fp contract(off)

// `left` floats at p, at most a vector.
CN_INLINE vec load_part(const float *p, int64_t left) {
  return left >= CN_VL ? load_unaligned(p) : load_first(p, (int)left);
}
CN_INLINE void store_part(float *p, vec v, int64_t left) {
  if (left >= CN_VL) store_unaligned(p, v);
  else store_first(p, v, (int)left);
}

CN_INLINE vec decayed_gradient(vec gradient, vec parameter, float scale, float decay) {
  vec g = gradient * scale;
  return decay != 0 ? g + parameter * decay : g;
}

static void optimizer_sgd(
  cn_sgd rule, float *parameter, const float *gradient, float *velocity, int64_t count) {
  for (int64_t i = 0; i < count; i += CN_VL) {
    int64_t left = count - i;
    vec p = load_part(parameter + i, left);
    vec g = decayed_gradient(
      load_part(gradient + i, left), p, rule.gradient_scale, rule.weight_decay);
    vec step = g;
    if (velocity) {
      vec v = load_part(velocity + i, left) * rule.momentum + g * rule.gradient_share;
      store_part(velocity + i, v, left);
      step = rule.nesterov ? g + v * rule.momentum : v;
    }
    store_part(parameter + i, p - step * rule.rate, left);
  }
}

// a + weight * (b - a), from the end that keeps the rounding small: torch.lerp.
CN_INLINE vec between(vec a, vec b, float weight) {
  return weight < 0.5f ? a + (b - a) * weight : b - (b - a) * (1 - weight);
}

static void optimizer_adam(
  cn_adam rule, float *parameter, const float *gradient, float *mean, float *square,
  int64_t count) {
  for (int64_t i = 0; i < count; i += CN_VL) {
    int64_t left = count - i;
    vec p = load_part(parameter + i, left) * rule.keep;
    vec g = decayed_gradient(
      load_part(gradient + i, left), p, rule.gradient_scale, rule.weight_decay);
    vec m = between(load_part(mean + i, left), g, rule.one_minus_beta1);
    vec v = load_part(square + i, left) * rule.beta2 + g * rule.one_minus_beta2 * g;
    store_part(mean + i, m, left);
    store_part(square + i, v, left);
    vec spread = __builtin_elementwise_sqrt(v) / rule.root_correction + rule.epsilon;
    store_part(parameter + i, p - m * rule.rate / spread, left);
  }
}

static void optimizer_rmsprop(
  cn_rmsprop rule, float *parameter, const float *gradient, float *square, float *mean,
  float *velocity, int64_t count) {
  for (int64_t i = 0; i < count; i += CN_VL) {
    int64_t left = count - i;
    vec p = load_part(parameter + i, left);
    vec g = decayed_gradient(
      load_part(gradient + i, left), p, rule.gradient_scale, rule.weight_decay);
    vec s = load_part(square + i, left) * rule.alpha + g * rule.one_minus_alpha * g;
    store_part(square + i, s, left);
    vec spread = s;
    if (mean) {
      vec m = between(load_part(mean + i, left), g, rule.one_minus_alpha);
      store_part(mean + i, m, left);
      spread = s - m * m;
    }
    vec divisor = __builtin_elementwise_sqrt(spread) + rule.epsilon;
    if (velocity) {
      vec v = load_part(velocity + i, left) * rule.momentum + g / divisor;
      store_part(velocity + i, v, left);
      store_part(parameter + i, p - v * rule.rate, left);
    } else {
      store_part(parameter + i, p - g * rule.rate / divisor, left);
    }
  }
}

static const cn_optimizer_kernels optimizer_kernels = {
  .sgd = optimizer_sgd,
  .adam = optimizer_adam,
  .rmsprop = optimizer_rmsprop,
};

#pragma clang fp contract(on)
