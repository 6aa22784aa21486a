// What follows the sums of forward and backward data, per group of target channels.

// Bias and limits of a group of targets, zero in the lanes past the last channel so that these
// lanes come out zero.
typedef struct target_limits {
  float bias[2 * CN_VL], low[2 * CN_VL], high[2 * CN_VL];
} __attribute__((aligned(64))) target_limits;

static void set_limits(const cn_convolution_arguments *a, int32_t first, int32_t count,
                       target_limits *limits) {
  for (int32_t lane = 0; lane < 2 * CN_VL; lane++) {
    const bool valid = first + lane < count;
    limits->bias[lane] = valid && a->bias ? a->bias[first + lane] : 0;
    limits->low[lane] = valid ? a->low : 0;
    limits->high[lane] = valid ? a->high : 0;
  }
}

CN_INLINE bool is_limited(const cn_convolution_arguments *a) {
  return a->low > -__builtin_inff() || a->high < __builtin_inff();
}
