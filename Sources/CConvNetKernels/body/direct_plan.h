// Direct convolution, before it runs: its sizes, how work is cut into tasks, and the packing of its
// weights. direct.h has the idea and the order of the packed weights.

enum {
  DIRECT_VECTORS,     // vectors in a group of targets
  DIRECT_GROUPS,      // groups of targets
  DIRECT_QUADS,       // most quads of channels that a group of targets needs
  DIRECT_IMAGES,      // images in a task
  DIRECT_ROWS,        // target rows (of a class) in a task
  DIRECT_SPLIT,       // target groups in a task
  DIRECT_WINDOW,      // 1: copy, 0: read the tensor itself
  DIRECT_FLAT,        // 1: pixels counted through rows and images
  DIRECT_PARTS,       // tasks along images and rows
  DIRECT_BY_POSITION, // 1: a block is one position in many images
};

enum { QUADS_PER_BLOCK = CN_VL / 4 };

typedef struct direct_shape {
  const int32_t *blocking;
  axis y, x;
  channel_map channels;
  // Largest count of targets of a class on each axis.
  int32_t rows, columns;
  int32_t source_blocks, target_blocks;
  // The window of a task, in pixels.
  int32_t window_rows, window_columns;
} direct_shape;

static direct_shape make_direct_shape(const cn_convolution_plan *plan) {
  direct_shape s = {
      .blocking = plan->blocking,
      .y = vertical_axis(plan),
      .x = horizontal_axis(plan),
      .channels = make_channel_map(plan),
  };
  s.rows = axis_count(&s.y, 0);
  s.columns = axis_count(&s.x, 0);
  s.source_blocks = (int32_t)ceil_div(s.channels.sources, CN_VL);
  s.target_blocks = (int32_t)ceil_div(s.channels.targets, CN_VL);
  s.window_rows = (plan->blocking[DIRECT_ROWS] - 1) * s.y.source_step + s.y.last - s.y.first + 1;
  s.window_columns = (s.columns - 1) * s.x.source_step + s.x.last - s.x.first + 1;
  return s;
}

// `part`: of all (target, tap) pairs, those inside the source.
CN_INLINE bool direct_by_position(const cn_convolution_plan *plan, double part) {
  const cn_convolution_problem *p = &plan->request.problem;
  return part < 0.7 && p->batch >= 8;
}

CN_INLINE bool axis_needs_border(const axis *a) {
  const int64_t end = (int64_t)(axis_count(a, 0) - 1) * a->source_step + a->last;
  return a->first < 0 || end >= a->source_size;
}

// Floats from one window plane (a channel block of all images of the task) to the next. The extra
// lines keep planes of a power-of-two size out of the same cache sets.
CN_INLINE int64_t window_plane(const direct_shape *s) {
  return (int64_t)s->blocking[DIRECT_IMAGES] * s->window_rows * s->window_columns * CN_VL + 32;
}

CN_INLINE int64_t direct_quad_limit(const direct_shape *s) {
  return (int64_t)s->blocking[DIRECT_QUADS] * s->y.kernel * s->x.kernel;
}
CN_INLINE int64_t direct_pixel_limit(const direct_shape *s) {
  if (s->blocking[DIRECT_BY_POSITION]) return s->blocking[DIRECT_IMAGES];
  if (!s->blocking[DIRECT_FLAT]) return CN_MAX_PIXELS;
  return (int64_t)s->blocking[DIRECT_IMAGES] * s->blocking[DIRECT_ROWS] * s->columns;
}
CN_INLINE int64_t source_image_floats(const direct_shape *s) {
  return (int64_t)s->source_blocks * s->y.source_size * s->x.source_size * CN_VL;
}
CN_INLINE int64_t direct_window_floats(const direct_shape *s) {
  if (s->blocking[DIRECT_BY_POSITION])
    return s->blocking[DIRECT_IMAGES] * (source_image_floats(s) + CN_VL);
  return s->blocking[DIRECT_WINDOW] ? s->source_blocks * window_plane(s) : 0;
}

// Floats of packed weights of one group of targets in a class with `taps` taps.
CN_INLINE int64_t direct_group_weights(const direct_shape *s, int64_t taps) {
  return taps * s->blocking[DIRECT_QUADS] * 4 * s->blocking[DIRECT_VECTORS] * CN_VL;
}

static cn_status plan_direct(cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  if (plan->request.plain_source) return CN_UNSUPPORTED;
  int32_t *blocking = plan->blocking;
  blocking[DIRECT_ROWS] = 1;
  direct_shape s = make_direct_shape(plan);

  // Narrow groups waste fewer lanes with one vector of targets.
  const bool whole_groups = s.channels.targets_per_group % (2 * CN_VL) == 0;
  blocking[DIRECT_VECTORS] = s.target_blocks > 1 && (p->groups == 1 || whole_groups) ? 2 : 1;
  const int32_t width = blocking[DIRECT_VECTORS] * CN_VL;
  blocking[DIRECT_GROUPS] = (int32_t)ceil_div(s.channels.targets, width);
  for (int32_t g = 0; g < blocking[DIRECT_GROUPS]; g++) {
    int32_t first, end;
    source_quads(&s.channels, g * width, (g + 1) * width, &first, &end);
    if (end - first > blocking[DIRECT_QUADS]) blocking[DIRECT_QUADS] = end - first;
  }
  blocking[DIRECT_WINDOW] = axis_needs_border(&s.y) || axis_needs_border(&s.x);

  // Rows: a window of some 300 KB stays in the second-level cache.
  const int64_t budget = 300 * 1024 / 4;
  const int64_t row_floats =
      (int64_t)s.source_blocks * s.window_columns * s.y.source_step * CN_VL;
  const int64_t halo = s.y.last - s.y.first;
  int64_t rows = max64(1, min64(s.rows, budget / row_floats - halo / s.y.source_step));
  // Enough tasks for many threads, but none under two million multiply-adds (some 20 us).
  const int64_t taps = (int64_t)p->kernel_height * p->kernel_width;
  const double work = (double)p->batch * s.rows * s.columns * s.channels.targets *
                      blocking[DIRECT_QUADS] * 4 * (double)taps;
  const int64_t wanted = max64(1, min64(64, (int64_t)(work / 2e6)));
  int64_t groups_per_task = blocking[DIRECT_GROUPS];
  while (p->batch * ceil_div(s.rows, rows) * ceil_div(blocking[DIRECT_GROUPS], groups_per_task) <
         wanted) {
    // Splitting rows repeats the border, splitting targets repeats the whole window.
    if (rows > 2 * halo + 1 && rows > 1)
      rows = ceil_div(rows, 2);
    else if (groups_per_task > 1)
      groups_per_task = ceil_div(groups_per_task, 2);
    else
      break;
  }
  const int64_t row_parts = ceil_div(s.rows, rows);
  rows = ceil_div(s.rows, row_parts);
  // Tiny images share a task, so that a block of pixels is full and the weights are read less often.
  int64_t images = 1;
  if (row_parts == 1) {
    const int64_t image_pixels = (int64_t)s.rows * s.columns;
    const int64_t by_cache = budget / max64(1, row_floats * s.rows + row_floats * halo);
    images = max64(1, min64(min64(p->batch, by_cache), 4 * CN_MAX_PIXELS / image_pixels));
    while (images > 1 && ceil_div(p->batch, images) *
                                 ceil_div(blocking[DIRECT_GROUPS], groups_per_task) < wanted &&
           images * image_pixels > CN_MAX_PIXELS)
      images = ceil_div(images, 2);
    images = ceil_div(p->batch, ceil_div(p->batch, images));
  }
  if (direct_by_position(plan, visible_part(&s.y) * visible_part(&s.x)) && row_parts == 1) {
    blocking[DIRECT_BY_POSITION] = 1;
    const int64_t splits = ceil_div(blocking[DIRECT_GROUPS], groups_per_task);
    images = min64(p->batch, 4 * CN_MAX_PIXELS);
    images = min64(images, max64(CN_MAX_PIXELS, 2 * budget / source_image_floats(&s)));
    while (images > CN_MAX_PIXELS && ceil_div(p->batch, images) * splits < wanted)
      images = ceil_div(images, 2);
    images = ceil_div(p->batch, ceil_div(p->batch, images));
  }
  blocking[DIRECT_IMAGES] = (int32_t)images;
  blocking[DIRECT_ROWS] = (int32_t)rows;
  blocking[DIRECT_SPLIT] = (int32_t)groups_per_task;
  // Rows cut into blocks when they come out at least three quarters full.
  const int64_t row_blocks = ceil_div(s.columns, CN_MAX_PIXELS);
  const bool full_rows = 4 * s.columns >= 3 * row_blocks * CN_MAX_PIXELS;
  blocking[DIRECT_FLAT] = !(s.x.source_step == 1 && full_rows);

  s = make_direct_shape(plan);
  const int64_t parts = ceil_div(p->batch, images) * row_parts;
  const int64_t splits = ceil_div(blocking[DIRECT_GROUPS], groups_per_task);
  const int64_t image_source = source_image_floats(&s);
  const int64_t image_target = (int64_t)s.target_blocks * s.y.target_size * s.x.target_size * CN_VL;
  if (parts * splits > INT32_MAX || direct_window_floats(&s) > INT32_MAX ||
      images * image_source > INT32_MAX || images * image_target > INT32_MAX)
    return CN_INVALID;
  blocking[DIRECT_PARTS] = (int32_t)parts;
  plan->algorithm = CN_DIRECT;
  plan->phases = 1;
  plan->tasks[0] = (int32_t)(parts * splits);
  plan->pack_tasks = blocking[DIRECT_GROUPS];
  int64_t class_taps = 0;
  for (int32_t cy = 0; cy < s.y.classes; cy++)
    for (int32_t cx = 0; cx < s.x.classes; cx++)
      class_taps += (int64_t)axis_taps(&s.y, cy) * axis_taps(&s.x, cx);
  plan->packed_weight_bytes =
      4 * blocking[DIRECT_GROUPS] * direct_group_weights(&s, class_taps);
  plan->thread_scratch_bytes =
      4 * (direct_window_floats(&s) + 2 * direct_quad_limit(&s) +
           2 * direct_pixel_limit(&s));
  if (plan->request.statistics && plan->request.direction == CN_FORWARD) {
    plan->workspace_bytes = statistics_bytes(parts, s.target_blocks);
    plan->phases = 2;
    plan->tasks[1] = s.target_blocks;
  }
  return CN_OK;
}

// Squares of kernels up to this size are turned on the stack (49 KB with V = 16).
enum { DIRECT_SQUARE_TAPS = 49 };

// One task packs one group of targets.
static void pack_direct(const cn_convolution_plan *plan, int32_t group, const float *weights,
                        float *packed) {
  const direct_shape s = make_direct_shape(plan);
  const int32_t first_target = group * s.blocking[DIRECT_VECTORS] * CN_VL;
  // The last group may have one vector only.
  const int32_t vectors = (int32_t)min64(s.blocking[DIRECT_VECTORS],
                                         s.target_blocks - first_target / CN_VL);
  const int32_t width = vectors * CN_VL, all_taps = s.y.kernel * s.x.kernel;
  const bool turned = all_taps <= DIRECT_SQUARE_TAPS;
  float square[CN_VL * DIRECT_SQUARE_TAPS * CN_VL] __attribute__((aligned(64)));
  int32_t first_quad, end_quad;
  source_quads(&s.channels, first_target, first_target + width, &first_quad, &end_quad);
  // Channels of this group packed so far; each class has its own area.
  int64_t packed_channels = 0;
  for (int32_t q = first_quad; q < end_quad;) {
    const int32_t block = q / QUADS_PER_BLOCK;
    const int32_t block_end = (int32_t)min64(end_quad, (block + 1) * QUADS_PER_BLOCK);
    const int32_t channels = (block_end - q) * 4, first_channel = q % QUADS_PER_BLOCK * 4;
    for (int32_t v = 0; v < vectors; v++) {
      if (turned)
        read_weight_square(plan, &s.channels, weights, first_target + v * CN_VL, block * CN_VL,
                           square);
      float *area = packed;
      for (int32_t cy = 0; cy < s.y.classes; cy++)
        for (int32_t cx = 0; cx < s.x.classes; cx++) {
          const int64_t taps = (int64_t)axis_taps(&s.y, cy) * axis_taps(&s.x, cx);
          float *to = area + group * direct_group_weights(&s, taps) +
                      taps * packed_channels * width + v * CN_VL;
          area += s.blocking[DIRECT_GROUPS] * direct_group_weights(&s, taps);
          for (int32_t ky = 0; ky < s.y.kernel; ky++)
            for (int32_t kx = 0; kx < s.x.kernel; kx++) {
              int32_t unused;
              if (!axis_offset(&s.y, cy, ky, &unused) || !axis_offset(&s.x, cx, kx, &unused))
                continue;
              const int32_t tap = ky * s.x.kernel + kx;
              for (int32_t c = first_channel; c < first_channel + channels; c++, to += width) {
                if (turned) {
                  store(to, load(square + ((int64_t)c * all_taps + tap) * CN_VL));
                  continue;
                }
                for (int32_t lane = 0; lane < CN_VL; lane++) {
                  const float *from =
                      weight_taps(plan, &s.channels, weights, first_target + v * CN_VL + lane,
                                  block * CN_VL + c);
                  to[lane] = from ? from[tap] : 0;
                }
              }
            }
        }
    }
    packed_channels += channels;
    q = block_end;
  }
}
