// Sums over whole buffers in grains, in double: see cn_reduction.h and lanes.h.

#pragma clang fp contract(off)

// Inlined with the kind known.
CN_INLINE double grain_sum(
  cn_reduction_kind kind, const float *a, const float *b, int64_t count) {
  double_lanes sum;
  for (int k = 0; k < CN_LANES / CN_VL; k++) sum.part[k] = (double_vec)0.0;
  for (int64_t i = 0; i < count; i += CN_LANES) {
    lanes v = load_lanes(a + i, count - i, 0);
    lanes w = b ? load_lanes(b + i, count - i, 0) : splat_lanes(0);
    for (int k = 0; k < CN_LANES / CN_VL; k++) {
      double_vec x = __builtin_convertvector(v.part[k], double_vec);
      double_vec y = __builtin_convertvector(w.part[k], double_vec);
      switch (kind) {
      case CN_SUM: break;
      case CN_SUM_OF_SQUARES: x = x * x; break;
      case CN_SUM_OF_SQUARED_DIFFERENCES: x = (x - y) * (x - y); break;
      case CN_SUM_OF_ABSOLUTE_DIFFERENCES: x = __builtin_elementwise_abs(x - y); break;
      }
      sum.part[k] += x;
    }
  }
  return sum_double_lanes(sum);
}

static void partial_sums(
  cn_reduction_kind kind, const float *a, const float *b, int64_t count, double *partials,
  int64_t first, int64_t last) {
  for (int64_t grain = first; grain < last; grain++) {
    int64_t start = grain * CN_GRAIN, length = min64(CN_GRAIN, count - start);
    const float *x = a + start, *y = b ? b + start : x;
    switch (kind) {
    case CN_SUM: partials[grain] = grain_sum(CN_SUM, x, NULL, length); break;
    case CN_SUM_OF_SQUARES: partials[grain] = grain_sum(CN_SUM_OF_SQUARES, x, NULL, length); break;
    case CN_SUM_OF_SQUARED_DIFFERENCES:
      partials[grain] = grain_sum(CN_SUM_OF_SQUARED_DIFFERENCES, x, y, length);
      break;
    case CN_SUM_OF_ABSOLUTE_DIFFERENCES:
      partials[grain] = grain_sum(CN_SUM_OF_ABSOLUTE_DIFFERENCES, x, y, length);
      break;
    }
  }
}

static double merge_partials(double *partials, int64_t count) {
  if (count <= 0) return 0;
  for (int64_t length = count; length > 1;) {
    int64_t half = (length + 1) / 2;
    for (int64_t i = 0; i + half < length; i++) partials[i] += partials[i + half];
    length = half;
  }
  return partials[0];
}

static bool all_finite(const float *x, int64_t count) {
  const int32_t exponent = 0x7f800000;
  int64_t i = 0;
  for (; i + 4 * CN_VL <= count; i += 4 * CN_VL) {
    ivec found = (ivec)0;
    for (int k = 0; k < 4; k++)
      found |= (bits_of(load_unaligned(x + i + k * CN_VL)) & exponent) == (ivec)exponent;
    if (__builtin_reduce_or(found)) return false;
  }
  for (; i < count; i++)
    if (x[i] - x[i] != 0) return false;
  return true;
}

static void scaled_difference(
  const float *x, const float *target, float scale, float *dx, int64_t count) {
  for (int64_t i = 0; i < count; i++) dx[i] = (x[i] - target[i]) * scale;
}

static const cn_reduction_kernels reduction_kernels = {
  .partial_sums = partial_sums,
  .merge_partials = merge_partials,
  .all_finite = all_finite,
  .scaled_difference = scaled_difference,
};

#pragma clang fp contract(on)
