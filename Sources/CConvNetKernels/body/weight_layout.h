// PyTorch's weights [O][C/groups][KH][KW] to and from squares of V sources x V targets.
//
//   square [V sources][tap][V targets]       zero where there is no such channel or another group
//
// Targets are output channels forward, input channels backward. Where a square is whole, it is
// turned V x V floats at a time; squares at the edge go one weight after the other.

// Weight of one target and source and all its taps: where its [KH][KW] starts, or NULL when the two
// are in different groups or past the last channel.
CN_INLINE const float *weight_taps(const cn_convolution_plan *plan, const channel_map *m,
                                   const float *weights, int32_t target, int32_t source) {
  const cn_convolution_problem *p = &plan->request.problem;
  if (target >= m->targets || source >= m->sources) return NULL;
  const int32_t group = target / m->targets_per_group;
  if (p->groups > 1 && source / m->sources_per_group != group) return NULL;
  const bool backward = plan->request.direction == CN_BACKWARD_DATA;
  const int32_t out = backward ? source : target;
  const int32_t in = (backward ? target : source) - group * (p->channels / p->groups);
  return weights + ((int64_t)out * (p->channels / p->groups) + in) * p->kernel_height *
                       p->kernel_width;
}

static void read_weight_square(const cn_convolution_plan *plan, const channel_map *m,
                               const float *weights, int32_t first_target, int32_t first_source,
                               float *square) {
  const cn_convolution_problem *p = &plan->request.problem;
  const int32_t taps = p->kernel_height * p->kernel_width;
  const bool whole = p->groups == 1 && first_target + CN_VL <= m->targets &&
                     first_source + CN_VL <= m->sources;
  if (whole && plan->request.direction != CN_BACKWARD_DATA) {
    // A target's V sources x taps are neighbours: `taps` squares side by side.
    const int64_t row = (int64_t)m->sources * taps;
    const float *corner = weights + first_target * row + (int64_t)first_source * taps;
    const bool is_last = first_source + 2 * CN_VL > m->sources;
    for (int32_t i = 0; i < taps; i++) {
      vec rows[CN_VL];
      // The next square of the same targets: CN_VL short runs are too many for the processor to
      // follow by itself.
      for (int t = 0; t < CN_VL && !is_last; t++)
        __builtin_prefetch(corner + t * row + (taps + i) * CN_VL);
      for (int t = 0; t < CN_VL; t++) rows[t] = load_unaligned(corner + t * row + i * CN_VL);
      transpose(rows);
      for (int t = 0; t < CN_VL; t++) store(square + (i * CN_VL + t) * CN_VL, rows[t]);
    }
  } else if (whole) {
    // A source's V targets x taps are neighbours: [V][taps] becomes [taps][V].
    const float *end = weights + (int64_t)m->sources * m->targets * taps;
    for (int32_t s = 0; s < CN_VL; s++) {
      const float *corner =
          weights + ((int64_t)(first_source + s) * m->targets + first_target) * taps;
      float *out = square + (int64_t)s * taps * CN_VL;
      // The same targets of the source that the next square begins with: far away, and too short
      // a run for the processor to see it coming.
      const float *next = corner + (int64_t)CN_VL * m->targets * taps;
      if (next < end)
        for (int32_t i = 0; i < CN_VL * taps; i += 16) __builtin_prefetch(next + i);
      for (int32_t i = 0; i < taps; i += CN_VL) {
        const int count = (int)min64(CN_VL, taps - i);
        if (taps == 1) {
          store(out, load_unaligned(corner));
          continue;
        }
        vec rows[CN_VL];
        for (int t = 0; t < CN_VL; t++) {
          const float *from = corner + (int64_t)t * taps + i;
          rows[t] = from + CN_VL <= end ? load_unaligned(from) : load_first(from, count);
        }
        transpose(rows);
        for (int t = 0; t < count; t++) store(out + (i + t) * CN_VL, rows[t]);
      }
    }
  } else {
    for (int32_t s = 0; s < CN_VL; s++)
      for (int32_t t = 0; t < CN_VL; t++) {
        const float *from =
            weight_taps(plan, m, weights, first_target + t, first_source + s);
        float *to = square + (int64_t)s * taps * CN_VL + t;
        for (int32_t i = 0; i < taps; i++) to[i * CN_VL] = from ? from[i] : 0;
      }
  }
}

// The way back, for gradients: sums of V sources x V output channels, one tap after the other.
//
//   sums + tap * tap_distance + source * source_distance: V output channels
static void write_weight_sums(const cn_convolution_plan *plan, const channel_map *m,
                              const float *sums, int64_t source_distance, int64_t tap_distance,
                              int32_t first_target, int32_t first_source, float *weights) {
  const cn_convolution_problem *p = &plan->request.problem;
  const int32_t taps = p->kernel_height * p->kernel_width;
  if (p->groups == 1 && first_target + CN_VL <= m->targets &&
      first_source + CN_VL <= m->sources) {
    const int64_t row = (int64_t)m->sources * taps;
    float *corner = weights + first_target * row + (int64_t)first_source * taps;
    // In the order of the output, [source][tap], V at a time.
    int32_t source = 0, tap = 0;
    for (int32_t i = 0; i < taps; i++) {
      vec rows[CN_VL];
      for (int t = 0; t < CN_VL; t++) {
        rows[t] = load(sums + tap * tap_distance + source * source_distance);
        if (++tap == taps) {
          tap = 0;
          source++;
        }
      }
      transpose(rows);
      for (int t = 0; t < CN_VL; t++) store_unaligned(corner + t * row + i * CN_VL, rows[t]);
    }
    return;
  }
  for (int32_t s = 0; s < CN_VL; s++)
    for (int32_t t = 0; t < CN_VL; t++) {
      float *to = (float *)weight_taps(plan, m, weights, first_target + t, first_source + s);
      const float *from = sums + s * source_distance + t;
      if (to)
        for (int32_t i = 0; i < taps; i++) to[i] = from[i * tap_distance];
    }
}
