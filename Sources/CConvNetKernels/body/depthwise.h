// Depthwise convolution, forward and backward data: each channel has its own kernel.
//
// A channel block is V independent convolutions side by side; all work is lane by lane, and what
// limits it is memory, so no window is copied. A task takes some rows of one channel block of one
// image. Per row the columns whose taps all lie inside the image go through a loop over blocks of
// columns with the sums in registers; the few at the edges check each tap.
//
//   source row + ky   x x x x x x x x x x
//                     └─┬─┘               K taps per row, loaded once for DEPTHWISE_COLUMNS sums
//   target row            y y y y y y y y
//
// Backward data of stride s is s x s classes of targets with their own taps, see geometry.h.
// Packed weights: [channel block][class][taps in order of rising source offset][V].

enum {
  DEPTHWISE_ROWS,   // target rows (of a class) in a task
  DEPTHWISE_PARTS,  // tasks along images and rows
};

#if CN_VL == 16 || defined(__aarch64__)
#define CN_DEPTHWISE_COLUMNS 8
#else
#define CN_DEPTHWISE_COLUMNS 4
#endif

CN_INLINE bool depthwise_fits(const cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  return p->groups == p->channels && p->out_channels == p->channels && !plan->request.plain_source;
}

static cn_status plan_depthwise(cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  if (!depthwise_fits(plan)) return CN_UNSUPPORTED;
  const int32_t blocks = (int32_t)ceil_div(p->channels, CN_VL);
  const axis y = vertical_axis(plan);
  const int32_t rows = axis_count(&y, 0);
  const double work = (double)p->batch * plan->out_height * plan->out_width * p->channels *
                      p->kernel_height * p->kernel_width;
  const int64_t wanted = max64(1, min64(64, (int64_t)(work / 4e5)));
  const int64_t parts = min64(ceil_div(rows, 4), ceil_div(wanted, (int64_t)p->batch * blocks));
  plan->blocking[DEPTHWISE_ROWS] = (int32_t)ceil_div(rows, parts);
  const int64_t all = p->batch * ceil_div(rows, plan->blocking[DEPTHWISE_ROWS]);
  if (all * blocks > INT32_MAX) return CN_UNSUPPORTED;
  plan->blocking[DEPTHWISE_PARTS] = (int32_t)all;
  plan->algorithm = CN_DEPTHWISE;
  plan->phases = 1;
  plan->tasks[0] = (int32_t)(all * blocks);
  plan->pack_tasks = blocks;
  plan->packed_weight_bytes =
      4 * (int64_t)blocks * p->kernel_height * p->kernel_width * CN_VL;
  if (plan->request.statistics && plan->request.direction == CN_FORWARD) {
    plan->workspace_bytes = statistics_bytes(all, blocks);
    plan->phases = 2;
    plan->tasks[1] = blocks;
  }
  return CN_OK;
}

// The taps of a class in order of rising source offset; returns their number.
typedef struct tap_run {
  int32_t count, first_offset, distance;  // offsets: first_offset + i * distance
  int32_t first_tap, tap_step;            // taps: first_tap + i * tap_step
} tap_run;

static tap_run make_tap_run(const axis *a, int32_t class) {
  tap_run run = {0};
  int32_t first = 0, first_offset = 0, last = 0, last_offset = 0, second = 0, second_offset = 0;
  for (int32_t k = 0; k < a->kernel; k++) {
    int32_t offset;
    if (!axis_offset(a, class, k, &offset)) continue;
    if (run.count == 0) {
      first = k;
      first_offset = offset;
    }
    if (run.count == 1) {
      second = k;
      second_offset = offset;
    }
    last = k;
    last_offset = offset;
    run.count++;
  }
  // Offsets are an arithmetic sequence, rising forward and falling backward.
  const int32_t tap_step = run.count > 1 ? second - first : 1;
  const int32_t distance = run.count > 1 ? second_offset - first_offset : 1;
  const bool rising = distance >= 0;
  run.first_offset = rising ? first_offset : last_offset;
  run.distance = rising ? distance : -distance;
  run.first_tap = rising ? first : last;
  run.tap_step = rising ? tap_step : -tap_step;
  return run;
}

static void pack_depthwise(const cn_convolution_plan *plan, int32_t block, const float *weights,
                           float *packed) {
  const cn_convolution_problem *p = &plan->request.problem;
  const axis y = vertical_axis(plan), x = horizontal_axis(plan);
  const int32_t taps = y.kernel * x.kernel;
  const int lanes = (int)min64(CN_VL, p->channels - block * CN_VL);
  float *out = packed + (int64_t)block * taps * CN_VL;
  for (int32_t cy = 0; cy < y.classes; cy++)
    for (int32_t cx = 0; cx < x.classes; cx++) {
      const tap_run rows = make_tap_run(&y, cy), columns = make_tap_run(&x, cx);
      for (int32_t i = 0; i < rows.count; i++)
        for (int32_t j = 0; j < columns.count; j++, out += CN_VL) {
          const int32_t tap = (rows.first_tap + i * rows.tap_step) * x.kernel +
                              columns.first_tap + j * columns.tap_step;
          store(out, zero());
          for (int lane = 0; lane < lanes; lane++)
            out[lane] = weights[((int64_t)block * CN_VL + lane) * taps + tap];
        }
    }
}

// One row of targets: `source` is the first tap row of target column 0, `rows` tap rows.
typedef struct depthwise_row {
  const float *source;
  int64_t source_row;
  int32_t rows;
  const float *weights;
  int64_t weight_row;
  int64_t target_step;
} depthwise_row;

// `count` targets from column `first` on, all of whose `taps` taps lie inside; source columns step
// by `step`.
CN_INLINE void depthwise_columns(const depthwise_row *r, const block *b, int32_t first,
                                 const int count, const int taps, const int step) {
  vec sum[CN_DEPTHWISE_COLUMNS];
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) sum[i] = load(b->bias);
  const float *source = r->source + (int64_t)first * step * CN_VL, *weights = r->weights;
  for (int32_t ky = 0; ky < r->rows; ky++) {
    vec x[(CN_DEPTHWISE_COLUMNS - 1) * 2 + 5];
#pragma clang loop unroll(full)
    for (int i = 0; i < (count - 1) * step + taps; i++) x[i] = load(source + i * CN_VL);
#pragma clang loop unroll(full)
    for (int k = 0; k < taps; k++) {
      const vec weight = load(weights + k * CN_VL);
#pragma clang loop unroll(full)
      for (int i = 0; i < count; i++) sum[i] += x[i * step + k] * weight;
    }
    source += r->source_row;
    weights += r->weight_row;
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) finish(b, (first + i) * r->target_step, 0, sum[i]);
}

CN_INLINE void depthwise_inside(const depthwise_row *r, const block *b, int32_t first, int32_t end,
                                const int taps, const int step) {
  int32_t i = first;
  for (; i + CN_DEPTHWISE_COLUMNS <= end; i += CN_DEPTHWISE_COLUMNS)
    depthwise_columns(r, b, i, CN_DEPTHWISE_COLUMNS, taps, step);
  for (; i < end; i++) depthwise_columns(r, b, i, 1, taps, step);
}

#define CN_DEPTHWISE(taps, step)                                                             \
  static void depthwise_##taps##_##step(const depthwise_row *r, const block *b,              \
                                        int32_t first, int32_t end) {                        \
    depthwise_inside(r, b, first, end, taps, step);                                          \
  }
CN_DEPTHWISE(1, 1)
CN_DEPTHWISE(2, 1)
CN_DEPTHWISE(3, 1)
CN_DEPTHWISE(5, 1)
CN_DEPTHWISE(3, 2)
CN_DEPTHWISE(5, 2)

typedef void (*depthwise_kernel)(const depthwise_row *r, const block *b, int32_t first,
                                 int32_t end);

// NULL when only the loop over single taps does it.
static depthwise_kernel find_depthwise(const tap_run *columns, int32_t step) {
  if (columns->distance != 1 && columns->count > 1) return NULL;
  if (step == 1)
    switch (columns->count) {
      case 1: return depthwise_1_1;
      case 2: return depthwise_2_1;
      case 3: return depthwise_3_1;
      case 5: return depthwise_5_1;
    }
  if (step == 2 && columns->count == 3) return depthwise_3_2;
  if (step == 2 && columns->count == 5) return depthwise_5_2;
  return NULL;
}

// Targets first ..< end with a check of each tap. `source` is column 0 of the first tap row.
static void depthwise_edge(const depthwise_row *r, const block *b, const tap_run *columns,
                           int32_t step, int32_t width, int32_t first, int32_t end) {
  const float *source = r->source - (int64_t)columns->first_offset * CN_VL;
  for (int32_t u = first; u < end; u++) {
    vec sum = load(b->bias);
    for (int32_t ky = 0; ky < r->rows; ky++)
      for (int32_t k = 0; k < columns->count; k++) {
        const int32_t x = u * step + columns->first_offset + k * columns->distance;
        if (x < 0 || x >= width) continue;
        sum += load(source + ky * r->source_row + (int64_t)x * CN_VL) *
               load(r->weights + ky * r->weight_row + k * CN_VL);
      }
    finish(b, u * r->target_step, 0, sum);
  }
}

static void run_depthwise(const cn_convolution_plan *plan, int32_t phase, int32_t task,
                          const cn_convolution_arguments *a) {
  const cn_convolution_problem *p = &plan->request.problem;
  const axis y = vertical_axis(plan), x = horizontal_axis(plan);
  const int32_t blocks = (int32_t)ceil_div(p->channels, CN_VL);
  const int32_t parts = plan->blocking[DEPTHWISE_PARTS];
  if (phase == 1) {
    merge_statistics(a->workspace, parts, blocks, task, a->mean, a->centred_squares);
    return;
  }
  const int32_t rows = axis_count(&y, 0), part = task / blocks, channel_block = task % blocks;
  const int32_t row_parts = (int32_t)ceil_div(rows, plan->blocking[DEPTHWISE_ROWS]);
  const int32_t image = part / row_parts;
  const int32_t first_row = part % row_parts * plan->blocking[DEPTHWISE_ROWS];
  const int32_t end_row = (int32_t)min64(rows, first_row + plan->blocking[DEPTHWISE_ROWS]);
  const int64_t plane_index = (int64_t)image * blocks + channel_block;
  const float *source = a->source + plane_index * y.source_size * x.source_size * CN_VL;
  const int64_t target = plane_index * y.target_size * x.target_size * CN_VL;
  const float *weights =
      a->packed_weights + (int64_t)channel_block * y.kernel * x.kernel * CN_VL;
  target_limits limits;
  set_limits(a, channel_block * CN_VL, p->channels, &limits);
  block b = {
      .bias = limits.bias, .low = limits.low, .high = limits.high, .limited = is_limited(a)};

  for (int32_t cy = 0; cy < y.classes; cy++)
    for (int32_t cx = 0; cx < x.classes; cx++) {
      const tap_run tap_rows = make_tap_run(&y, cy), tap_columns = make_tap_run(&x, cx);
      const int32_t columns = axis_count(&x, cx);
      // The columns all of whose taps lie inside.
      int32_t inside = 0, inside_end = columns, from, to;
      if (tap_columns.count > 0) {
        visible(columns, x.source_size, x.source_step, tap_columns.first_offset, &inside, &to);
        visible(columns, x.source_size, x.source_step,
                tap_columns.first_offset + (tap_columns.count - 1) * tap_columns.distance, &from,
                &inside_end);
      }
      const depthwise_kernel kernel = find_depthwise(&tap_columns, x.source_step);
      if (kernel == NULL || inside >= inside_end) inside = inside_end = columns;
      const int32_t end = (int32_t)min64(end_row, axis_count(&y, cy));
      for (int32_t t = first_row; t < end; t++) {
        // The tap rows inside.
        int32_t first_tap = 0, end_tap = tap_rows.count;
        const int32_t top = t * y.source_step + tap_rows.first_offset;
        while (first_tap < end_tap && top + first_tap * tap_rows.distance < 0) first_tap++;
        while (end_tap > first_tap &&
               top + (end_tap - 1) * tap_rows.distance >= y.source_size)
          end_tap--;
        const depthwise_row row = {
            .source = source + ((int64_t)(top + first_tap * tap_rows.distance) * x.source_size +
                                tap_columns.first_offset) * CN_VL,
            .source_row = (int64_t)tap_rows.distance * x.source_size * CN_VL,
            .rows = end_tap - first_tap,
            .weights = weights + (int64_t)first_tap * tap_columns.count * CN_VL,
            .weight_row = (int64_t)tap_columns.count * CN_VL,
            .target_step = (int64_t)x.target_step * CN_VL,
        };
        const int64_t corner =
            target + ((int64_t)(t * y.target_step + cy) * x.target_size + cx) * CN_VL;
        b.destination = a->destination + corner;
        b.residual = a->residual ? a->residual + corner : NULL;
        b.mask = a->mask ? a->mask + corner : NULL;
        depthwise_edge(&row, &b, &tap_columns, x.source_step, x.source_size, 0, inside);
        if (inside < inside_end) kernel(&row, &b, inside, inside_end);
        depthwise_edge(&row, &b, &tap_columns, x.source_step, x.source_size, inside_end, columns);
      }
      weights += (int64_t)tap_rows.count * tap_columns.count * CN_VL;
    }
  if (plan->request.statistics && plan->request.direction == CN_FORWARD) {
    const statistics_area area = {1, end_row - first_row, x.target_size, 0, 0};
    partial_statistics(a->workspace, blocks, part, channel_block, area,
                       a->destination + target + (int64_t)first_row * x.target_size * CN_VL);
  }
}
