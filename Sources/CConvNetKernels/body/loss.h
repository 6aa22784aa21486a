// Softmax and cross-entropy, row by row. The largest number of the row is taken off before the
// exponential, so that nothing overflows; padding lanes hold minus infinity, whose exponential is
// 0.
//
//   row:   x0 ... x15 | x16 ... x31 | x32 x33 -inf ...      16 lanes at a time
//   max -> exp(x - max) -> sum -> divide (or subtract the logarithm)

#pragma clang fp contract(off)

CN_INLINE float row_maximum(const float *x, int64_t columns) {
  lanes best = splat_lanes(-__builtin_inff());
  for (int64_t c = 0; c < columns; c += CN_LANES) {
    lanes v = load_lanes(x + c, columns - c, -__builtin_inff());
    for (int k = 0; k < CN_LANES / CN_VL; k++) best.part[k] = at_least(v.part[k], best.part[k]);
  }
  return max_lanes(best);
}

CN_INLINE lanes exponentials(const float *x, int64_t left, float shift) {
  lanes v = load_lanes(x, left, -__builtin_inff());
  for (int k = 0; k < CN_LANES / CN_VL; k++) v.part[k] = vec_exp(v.part[k] - shift);
  return v;
}

// The sum of exp(x - maximum); with `y` the exponentials are kept there.
CN_INLINE float row_exponentials(const float *x, float *y, int64_t columns, float maximum) {
  lanes sum = splat_lanes(0);
  for (int64_t c = 0; c < columns; c += CN_LANES) {
    lanes e = exponentials(x + c, columns - c, maximum);
    for (int k = 0; k < CN_LANES / CN_VL; k++) sum.part[k] += e.part[k];
    if (y) store_lanes(y + c, e, columns - c);
  }
  return sum_lanes(sum);
}

CN_INLINE float logarithm(float x) { return vec_log(splat(x))[0]; }

static void softmax(const float *x, float *y, int64_t columns, int64_t first, int64_t last) {
  for (int64_t row = first; row < last; row++) {
    const float *from = x + row * columns;
    float *to = y + row * columns;
    float sum = row_exponentials(from, to, columns, row_maximum(from, columns));
    for (int64_t c = 0; c < columns; c++) to[c] = to[c] / sum;
  }
}

static void log_softmax(const float *x, float *y, int64_t columns, int64_t first, int64_t last) {
  for (int64_t row = first; row < last; row++) {
    const float *from = x + row * columns;
    float *to = y + row * columns;
    float maximum = row_maximum(from, columns);
    float log_sum = logarithm(row_exponentials(from, NULL, columns, maximum));
    for (int64_t c = 0; c < columns; c++) to[c] = (from[c] - maximum) - log_sum;
  }
}

// The sum of a, or of a * b.
CN_INLINE float row_sum(const float *a, const float *b, int64_t columns) {
  lanes sum = splat_lanes(0);
  for (int64_t c = 0; c < columns; c += CN_LANES) {
    lanes v = load_lanes(a + c, columns - c, 0);
    if (b) {
      lanes w = load_lanes(b + c, columns - c, 0);
      for (int k = 0; k < CN_LANES / CN_VL; k++) v.part[k] *= w.part[k];
    }
    for (int k = 0; k < CN_LANES / CN_VL; k++) sum.part[k] += v.part[k];
  }
  return sum_lanes(sum);
}

static void softmax_backward(
  const float *y, const float *dy, float *dx, int64_t columns, int64_t first, int64_t last) {
  for (int64_t row = first; row < last; row++) {
    int64_t start = row * columns;
    float sum = row_sum(dy + start, y + start, columns);
    for (int64_t i = start; i < start + columns; i++) dx[i] = y[i] * (dy[i] - sum);
  }
}

static void log_softmax_backward(
  const float *y, const float *dy, float *dx, int64_t columns, int64_t first, int64_t last) {
  for (int64_t row = first; row < last; row++) {
    int64_t start = row * columns;
    float sum = row_sum(dy + start, NULL, columns);
    for (int64_t c = 0; c < columns; c += CN_LANES) {
      int64_t left = columns - c;
      lanes e = exponentials(y + start + c, left, 0), g = load_lanes(dy + start + c, left, 0);
      for (int k = 0; k < CN_LANES / CN_VL; k++) g.part[k] = g.part[k] - e.part[k] * sum;
      store_lanes(dx + start + c, g, left);
    }
  }
}

typedef enum { TARGET_IS_CLASS, TARGET_IS_IGNORED, TARGET_IS_INVALID } target_state;

CN_INLINE target_state read_target(cn_cross_entropy loss, int64_t row, int64_t *class) {
  *class = 0;
  if (loss.integer_targets) {
    *class = loss.integer_targets[row];
  } else if (loss.float_targets) {
    float number = loss.float_targets[row];
    // In range first: only then does the conversion mean something.
    if (!(number >= -0x1p31f && number < 0x1p31f)) return TARGET_IS_INVALID;
    *class = (int64_t)number;
    if ((float)*class != number) return TARGET_IS_INVALID;
  }
  if (*class == loss.ignore_index) return TARGET_IS_IGNORED;
  return *class >= 0 && *class < loss.classes ? TARGET_IS_CLASS : TARGET_IS_INVALID;
}

static double target_weight(cn_cross_entropy loss, int64_t rows) {
  double total = 0;
  for (int64_t row = 0; row < rows; row++) {
    int64_t class;
    switch (read_target(loss, row, &class)) {
    case TARGET_IS_CLASS: total += loss.class_weights ? loss.class_weights[class] : 1; break;
    case TARGET_IS_IGNORED: break;
    case TARGET_IS_INVALID: total = __builtin_nan(""); break;
    }
  }
  return total;
}

// sum over c of weight[c] * (log_total - x[c]): what smoothing spreads over all classes. A class of
// weight 0 may have a score of minus infinity.
CN_INLINE float smoothed_loss(
  const float *x, const float *weights, int64_t classes, float log_total) {
  lanes sum = splat_lanes(0);
  for (int64_t c = 0; c < classes; c += CN_LANES) {
    lanes v = load_lanes(x + c, classes - c, log_total);
    lanes w = weights ? load_lanes(weights + c, classes - c, 0) : splat_lanes(1);
    for (int k = 0; k < CN_LANES / CN_VL; k++)
      sum.part[k] += w.part[k] == zero() ? zero() : w.part[k] * (log_total - v.part[k]);
  }
  return sum_lanes(sum);
}

static void cross_entropy(
  cn_cross_entropy loss, const float *x, float *losses, float *dx, float scale, int64_t first,
  int64_t last) {
  int64_t classes = loss.classes;
  const float *weights = loss.class_weights;
  float spread = loss.label_smoothing / (float)classes, kept = 1 - loss.label_smoothing;
  float all_weights = weights ? row_sum(weights, NULL, classes) : (float)classes;
  for (int64_t row = first; row < last; row++) {
    const float *from = x + row * classes;
    float *to = dx ? dx + row * classes : NULL;
    int64_t class;
    target_state state = read_target(loss, row, &class);
    if (state != TARGET_IS_CLASS) {
      float value = state == TARGET_IS_IGNORED ? 0 : __builtin_nanf("");
      if (losses) losses[row] = value;
      for (int64_t c = 0; to && c < classes; c++) to[c] = value;
      continue;
    }
    float wanted = kept * (weights ? weights[class] : 1);
    float target_score = from[class];
    float maximum = row_maximum(from, classes);
    if (losses) {
      float log_total = logarithm(row_exponentials(from, NULL, classes, maximum)) + maximum;
      float value = wanted == 0 ? 0 : wanted * (log_total - target_score);
      if (spread != 0) value += spread * smoothed_loss(from, weights, classes, log_total);
      losses[row] = value;
    }
    if (!to) continue;
    float sum = row_exponentials(from, to, classes, maximum);
    float total = wanted + spread * all_weights;
    for (int64_t c = 0; c < classes; c++) {
      float share = spread * (weights ? weights[c] : 1);
      if (c == class) share += wanted;
      to[c] = scale * (to[c] / sum * total - share);
    }
  }
}

static const cn_loss_kernels loss_kernels = {
  .softmax = softmax,
  .softmax_backward = softmax_backward,
  .log_softmax = log_softmax,
  .log_softmax_backward = log_softmax_backward,
  .target_weight = target_weight,
  .cross_entropy = cross_entropy,
};

#pragma clang fp contract(on)
