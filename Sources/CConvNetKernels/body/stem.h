// The first layer: few input channels, read from plain NCHW, forward and backward weights.
//
// With three channels a blocked input would be mostly padding. Instead the rows a task needs are
// copied to a window with the channels innermost and a zero border, so that the taps of one kernel
// row are one run of floats:
//
//   window row   | p p p | r g b | r g b | r g b | ... | p p p | 0 0 ...
//                        └── kernel width x channels ──┘
//
// Forward, the microkernel's quads walk along that run (21 floats of a 7x7 kernel are five quads and
// a single; singles of all rows come after all quads). Backward, the run is what the outer products
// broadcast from.
//
// Packed weights [group][kernel row][run][vectors][V].
// Gradient workspace: sums [chunk][group][kernel row][run rounded up][vectors][V], then
// bias [chunk][target block][V].

enum {
  STEM_VECTORS,  // vectors in a group of output channels
  STEM_GROUPS,   // groups of output channels
  STEM_ROWS,     // output rows in a task (gradient: in a strip)
  STEM_PARTS,    // tasks of forward, strips of the gradient
  STEM_CHUNKS,   // gradient: partial sums
};

typedef struct stem_shape {
  const int32_t *blocking;
  axis y, x;
  int32_t target_blocks, row_parts;
  // Floats of a run of taps, of a run in outer products, and of a window row.
  int32_t run, outer_run, window_row;
  int32_t window_rows;
} stem_shape;

static stem_shape make_stem_shape(const cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  stem_shape s = {.blocking = plan->blocking, .y = vertical_axis(plan), .x = horizontal_axis(plan)};
  s.target_blocks = (int32_t)ceil_div(p->out_channels, CN_VL);
  s.run = p->kernel_width * p->channels;
  s.outer_run = (int32_t)ceil_div(s.run, CN_OUTER) * CN_OUTER;
  const int64_t columns = (int64_t)(plan->out_width - 1) * p->stride_width + p->kernel_width;
  // The last run may be read past its end.
  s.window_row = (int32_t)(ceil_div(columns * p->channels + CN_OUTER, 16) * 16);
  s.window_rows = (plan->blocking[STEM_ROWS] - 1) * p->stride_height +
                  (p->kernel_height - 1) * p->dilation_height + 1;
  s.row_parts = (int32_t)ceil_div(plan->out_height, max64(1, plan->blocking[STEM_ROWS]));
  return s;
}

CN_INLINE bool stem_fits(const cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  const double row = ((double)plan->out_width * p->stride_width + p->kernel_width) * p->channels;
  const double rows = (double)p->kernel_height * p->dilation_height;
  return plan->request.plain_source && plan->request.direction != CN_BACKWARD_DATA &&
         p->groups == 1 && p->dilation_width == 1 && row * rows < 1e7;
}

static cn_status plan_stem(cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  if (!stem_fits(plan)) return CN_UNSUPPORTED;
  int32_t *blocking = plan->blocking;
  stem_shape s = make_stem_shape(plan);
  blocking[STEM_VECTORS] = s.target_blocks > 1 ? 2 : 1;
  const int64_t groups = ceil_div(s.target_blocks, blocking[STEM_VECTORS]);
  blocking[STEM_GROUPS] = (int32_t)groups;
  const double work = (double)p->batch * plan->out_height * plan->out_width * s.run *
                      p->kernel_height * p->out_channels;
  const int64_t wanted = max64(1, min64(64, (int64_t)(work / 2e6)));
  const bool gradient = plan->request.direction == CN_BACKWARD_WEIGHTS;
  const int64_t row_parts = gradient ? ceil_div(plan->out_height, 8)
                                     : max64(ceil_div(plan->out_height, 16),
                                             min64(plan->out_height, ceil_div(wanted, p->batch)));
  blocking[STEM_ROWS] = (int32_t)ceil_div(plan->out_height, row_parts);
  s = make_stem_shape(plan);
  if ((int64_t)p->batch * s.row_parts > INT32_MAX) return CN_UNSUPPORTED;
  blocking[STEM_PARTS] = p->batch * s.row_parts;
  const int64_t window = (int64_t)s.window_rows * s.window_row;
  plan->algorithm = CN_STEM;
  if (gradient) {
    const int64_t sums = groups * p->kernel_height * s.outer_run * blocking[STEM_VECTORS] * CN_VL;
    const int64_t pixels = (int64_t)p->batch * plan->out_height * plan->out_width;
    const int64_t chunks = gradient_chunks(work, pixels, blocking[STEM_PARTS], 1, sums);
    blocking[STEM_CHUNKS] = (int32_t)chunks;
    plan->phases = 2;
    plan->tasks[0] = (int32_t)chunks;
    plan->tasks[1] = (int32_t)groups;
    plan->workspace_bytes = 4 * chunks * (sums + s.target_blocks * CN_VL);
    plan->thread_scratch_bytes = 4 * window;
    return CN_OK;
  }
  plan->phases = 1;
  plan->tasks[0] = blocking[STEM_PARTS];
  plan->pack_tasks = (int32_t)groups;
  plan->packed_weight_bytes =
      4 * groups * p->kernel_height * s.run * blocking[STEM_VECTORS] * CN_VL;
  plan->thread_scratch_bytes =
      4 * (window + 2 * (int64_t)p->kernel_height * (s.run / 4 + s.run % 4) +
           2 * (int64_t)plan->out_width);
  if (plan->request.statistics) {
    plan->workspace_bytes = statistics_bytes(blocking[STEM_PARTS], s.target_blocks);
    plan->phases = 2;
    plan->tasks[1] = s.target_blocks;
  }
  return CN_OK;
}

static void pack_stem(const cn_convolution_plan *plan, int32_t group, const float *weights,
                      float *packed) {
  const cn_convolution_problem *p = &plan->request.problem;
  const stem_shape s = make_stem_shape(plan);
  const int32_t first = group * s.blocking[STEM_VECTORS] * CN_VL;
  const int32_t width = (int32_t)min64(s.blocking[STEM_VECTORS] * CN_VL,
                                       s.target_blocks * CN_VL - first);
  float *out = packed + (int64_t)group * p->kernel_height * s.run *
                            s.blocking[STEM_VECTORS] * CN_VL;
  for (int32_t ky = 0; ky < p->kernel_height; ky++)
    for (int32_t j = 0; j < s.run; j++)
      for (int32_t lane = 0; lane < width; lane++, out++) {
        const int32_t target = first + lane, kx = j / p->channels, c = j % p->channels;
        *out = target < p->out_channels
                   ? weights[(((int64_t)target * p->channels + c) * p->kernel_height + ky) *
                                 p->kernel_width + kx]
                   : 0;
      }
}

// Copies the rows that output rows first_row ..< end_row of an image need.
static void fill_stem_window(const cn_convolution_plan *plan, const stem_shape *s,
                             const float *source, int32_t image, int32_t first_row,
                             int32_t end_row, float *window) {
  const cn_convolution_problem *p = &plan->request.problem;
  const int32_t top = first_row * p->stride_height - p->pad_top, channels = p->channels;
  const int32_t rows = (end_row - 1 - first_row) * p->stride_height +
                       (p->kernel_height - 1) * p->dilation_height + 1;
  const int32_t columns = (plan->out_width - 1) * p->stride_width + p->kernel_width;
  const int32_t first = (int32_t)min64(columns, p->pad_left);
  const int32_t end = (int32_t)max64(first, min64(columns, (int64_t)p->width + p->pad_left));
  const int64_t plane = (int64_t)p->height * p->width;
  for (int32_t r = 0; r < rows; r++) {
    float *row = window + (int64_t)r * s->window_row;
    const int32_t y = top + r;
    const bool inside = y >= 0 && y < p->height;
    const int32_t zeros = inside ? first * channels : s->window_row;
    for (int32_t i = 0; i < zeros; i++) row[i] = 0;
    if (!inside) continue;
    for (int32_t i = end * channels; i < s->window_row; i++) row[i] = 0;
    for (int32_t c = 0; c < channels; c++) {
      const float *from = source + ((int64_t)image * channels + c) * plane +
                          (int64_t)y * p->width - p->pad_left;
      float *to = row + c;
      for (int32_t i = first; i < end; i++) to[(int64_t)i * channels] = from[i];
    }
  }
}

// Where float j of the run of a kernel row lies in the window and in the packed weights.
CN_INLINE quad stem_entry(const cn_convolution_plan *plan, const stem_shape *s, int32_t ky,
                          int32_t j, int32_t vectors) {
  return (quad){ky * plan->request.problem.dilation_height * s->window_row + j,
                (ky * s->run + j) * vectors * CN_VL};
}

static void run_stem(const cn_convolution_plan *plan, int32_t phase, int32_t task,
                     const cn_convolution_arguments *a, float *scratch) {
  const cn_convolution_problem *p = &plan->request.problem;
  const stem_shape s = make_stem_shape(plan);
  if (phase == 1) {
    merge_statistics(a->workspace, s.blocking[STEM_PARTS], s.target_blocks, task, a->mean,
                     a->centred_squares);
    return;
  }
  const int32_t image = task / s.row_parts;
  const int32_t first_row = task % s.row_parts * s.blocking[STEM_ROWS];
  const int32_t end_row = (int32_t)min64(plan->out_height, first_row + s.blocking[STEM_ROWS]);
  const int32_t columns = plan->out_width;
  float *window = scratch;
  quad *quads = (quad *)(window + (int64_t)s.window_rows * s.window_row);
  int32_t *source_offsets = (int32_t *)(quads + p->kernel_height * (s.run / 4 + s.run % 4));
  int32_t *destination_offsets = source_offsets + columns;
  fill_stem_window(plan, &s, a->source, image, first_row, end_row, window);
  for (int32_t u = 0; u < columns; u++) {
    source_offsets[u] = u * p->stride_width * p->channels;
    destination_offsets[u] = u * CN_VL;
  }
  const int64_t plane = (int64_t)plan->out_height * columns * CN_VL;
  const int64_t blocks = ceil_div(columns, CN_MAX_PIXELS);
  for (int32_t g = 0; g < s.blocking[STEM_GROUPS]; g++) {
    const int32_t first_block = g * s.blocking[STEM_VECTORS];
    const int32_t vectors = (int32_t)min64(s.blocking[STEM_VECTORS], s.target_blocks - first_block);
    const int32_t fours = s.run / 4 * 4;
    int32_t entries = 0;
    for (int32_t ky = 0; ky < p->kernel_height; ky++)
      for (int32_t j = 0; j < fours; j += 4)
        quads[entries++] = stem_entry(plan, &s, ky, j, vectors);
    const int32_t quad_count = entries;
    for (int32_t ky = 0; ky < p->kernel_height; ky++)
      for (int32_t j = fours; j < s.run; j++)
        quads[entries++] = stem_entry(plan, &s, ky, j, vectors);
    target_limits limits;
    set_limits(a, first_block * CN_VL, p->out_channels, &limits);
    block b = {
        .quads = quads,
        .quad_count = quad_count,
        .single_count = entries - quad_count,
        .weights = a->packed_weights + (int64_t)g * p->kernel_height * s.run *
                                           s.blocking[STEM_VECTORS] * CN_VL,
        .vector_distance = plane,
        .bias = limits.bias,
        .low = limits.low,
        .high = limits.high,
        .limited = is_limited(a),
    };
    const int64_t corner = ((int64_t)image * s.target_blocks + first_block) * plane +
                           (int64_t)first_row * columns * CN_VL;
    for (int32_t t = 0; t < end_row - first_row; t++) {
      const int64_t target = corner + (int64_t)t * columns * CN_VL;
      b.source = window + (int64_t)t * p->stride_height * s.window_row;
      b.destination = a->destination + target;
      b.residual = a->residual ? a->residual + target : NULL;
      b.mask = a->mask ? a->mask + target : NULL;
      for (int64_t n = 0; n < blocks; n++) {
        const int64_t first = cut(columns, blocks, n), count = cut(columns, blocks, n + 1) - first;
        b.source_offsets = source_offsets + first;
        b.destination_offsets = destination_offsets + first;
        block_kernels[count - 1][vectors - 1][0](&b);
      }
    }
    if (plan->request.statistics) {
      const statistics_area area = {1, end_row - first_row, columns, 0, 0};
      for (int32_t v = 0; v < vectors; v++)
        partial_statistics(a->workspace, s.target_blocks, task, first_block + v, area,
                           a->destination + corner + v * plane);
    }
  }
}

static void run_stem_gradient(const cn_convolution_plan *plan, int32_t phase, int32_t task,
                              const cn_convolution_arguments *a, float *scratch) {
  const cn_convolution_problem *p = &plan->request.problem;
  const stem_shape s = make_stem_shape(plan);
  const int32_t groups = s.blocking[STEM_GROUPS], chunks = s.blocking[STEM_CHUNKS];
  const int64_t lanes_most = (int64_t)s.blocking[STEM_VECTORS] * CN_VL;
  const int64_t group_floats = (int64_t)p->kernel_height * s.outer_run * lanes_most;
  float *workspace = a->workspace;
  float *bias_sums = workspace + chunks * groups * group_floats;
  const int64_t plane = (int64_t)plan->out_height * plan->out_width * CN_VL;

  if (phase == 0) {
    const int64_t first = cut(s.blocking[STEM_PARTS], chunks, task);
    const int64_t end = cut(s.blocking[STEM_PARTS], chunks, task + 1);
    float *sums = workspace + task * groups * group_floats;
    float *bias = bias_sums + (int64_t)task * s.target_blocks * CN_VL;
    for (int64_t i = 0; i < groups * group_floats; i += CN_VL) store(sums + i, zero());
    for (int32_t b = 0; b < s.target_blocks; b++) store(bias + b * CN_VL, zero());
    for (int64_t i = first; i < end; i++) {
      const strip strip = make_strip(plan, s.row_parts, 1, s.blocking[STEM_ROWS], i);
      fill_stem_window(plan, &s, a->source, strip.first_image, strip.first_row, strip.end_row,
                       scratch);
      if (a->bias_gradient)
        for (int32_t b = 0; b < s.target_blocks; b++)
          store(bias + b * CN_VL, add_strip(plan, s.target_blocks, b, strip, a->out_gradient,
                                            load(bias + b * CN_VL)));
      const pixel_area area = {
          .images = 1,
          .rows = strip.end_row - strip.first_row,
          .columns = plan->out_width,
          .x_row = (int64_t)p->stride_height * s.window_row,
          .x_column = (int64_t)p->stride_width * p->channels,
          .dy_row = (int64_t)plan->out_width * CN_VL,
          .dy_vector = plane,
      };
      for (int32_t g = 0; g < groups; g++) {
        const int32_t block = g * s.blocking[STEM_VECTORS];
        const int32_t vectors = (int32_t)min64(s.blocking[STEM_VECTORS], s.target_blocks - block);
        const float *dy = a->out_gradient +
                          ((int64_t)strip.first_image * s.target_blocks + block) * plane +
                          (int64_t)strip.first_row * plan->out_width * CN_VL;
        for (int32_t ky = 0; ky < p->kernel_height; ky++)
          for (int32_t j = 0; j < s.outer_run; j += CN_OUTER) {
            const float *x = scratch + (int64_t)ky * p->dilation_height * s.window_row + j;
            float *out = sums + g * group_floats + (int64_t)ky * s.outer_run * lanes_most +
                         (int64_t)j * vectors * CN_VL;
            if (vectors == 2)
              outer_product_2(&area, x, dy, out);
            else
              outer_product_1(&area, x, dy, out);
          }
      }
    }
    return;
  }

  const int32_t block = task * s.blocking[STEM_VECTORS];
  const int32_t vectors = (int32_t)min64(s.blocking[STEM_VECTORS], s.target_blocks - block);
  float *sums = workspace + task * group_floats;
  for (int32_t chunk = 1; chunk < chunks; chunk++)
    for (int64_t i = 0; i < group_floats; i += CN_VL)
      store(sums + i, load(sums + i) + load(sums + chunk * groups * group_floats + i));
  for (int32_t lane = 0; lane < vectors * CN_VL; lane++) {
    const int32_t target = block * CN_VL + lane;
    if (target >= p->out_channels) break;
    for (int32_t c = 0; c < p->channels; c++)
      for (int32_t ky = 0; ky < p->kernel_height; ky++)
        for (int32_t kx = 0; kx < p->kernel_width; kx++)
          a->weight_gradient[(((int64_t)target * p->channels + c) * p->kernel_height + ky) *
                                 p->kernel_width + kx] =
              sums[(int64_t)ky * s.outer_run * lanes_most +
                   (int64_t)(kx * p->channels + c) * vectors * CN_VL + lane];
    if (a->bias_gradient) {
      float sum = 0;
      for (int32_t chunk = 0; chunk < chunks; chunk++)
        sum += bias_sums[(int64_t)chunk * s.target_blocks * CN_VL + target];
      a->bias_gradient[target] = sum;
    }
  }
}
