// Direct convolution with bfloat16 factors, forward and backward data; weight gradients are in
// bf16_weights.h.
//
// Tensors stay float32. A task takes some images x some target rows x some groups of target
// channels. It rounds the source pixels it needs once, with their zero border, into a window in
// scratch, half as large as they were, and all its target channels read them there:
//
//   source [N][C/V][H][W][V] ── round ──► window [C/V][image][row][column][V/2 words]
//
//   for each class of targets (see geometry.h)
//     for each group of target channels, for each block of pixels: multiplication
//
// Where an axis has a single tap, the window holds only the pixels that meet it. So the window of a
// 1x1 kernel of any stride is a row of pixels without gaps, and blocks run across lines and images.
// With wider kernels, wide lines are cut into blocks of neighbours, and narrow lines are counted
// through, each pixel with its own offset.
//
// Packed weights, per class and group, in the order of the quads of list_bf16_quads:
//   [channel block][tap row][tap column][quad][2 pairs][vectors][V words]

enum {
  BF16_VECTORS,  // vectors in a group of targets
  BF16_GROUPS,   // groups of targets
  BF16_QUADS,    // most quads of channels that a group of targets needs
  BF16_IMAGES,   // images in a task
  BF16_ROWS,     // target rows (of a class) in a task
  BF16_SPLIT,    // target groups in a task
  BF16_PARTS,    // tasks along images and rows
  BF16_NATIVE,   // 1: by the processor's instruction
};

typedef struct bf16_shape {
  const int32_t *blocking;
  axis y, x;
  channel_map channels;
  // Largest count of targets of a class on each axis.
  int32_t rows, columns;
  int32_t source_blocks, target_blocks;
  // Source pixels from one window pixel to the next, and window pixels from one target to the next.
  int32_t y_skip, x_skip, y_step, x_step;
  int32_t window_rows, window_columns;
  int32_t pixel_words;
  // Words of a window image, and of a plane (a channel block of all images of the task).
  int64_t window_image, window_plane;
  // No gaps between the pixels of neighbouring targets / whole blocks in a row.
  bool compact, by_row;
} bf16_shape;

static bf16_shape make_bf16_shape(const cn_convolution_plan *plan) {
  bf16_shape s = {
      .blocking = plan->blocking,
      .y = vertical_axis(plan),
      .x = horizontal_axis(plan),
      .channels = make_channel_map(plan),
      .pixel_words = bf16_pixel_words(plan->blocking[BF16_NATIVE]),
  };
  s.rows = axis_count(&s.y, 0);
  s.columns = axis_count(&s.x, 0);
  s.source_blocks = (int32_t)ceil_div(s.channels.sources, CN_VL);
  s.target_blocks = (int32_t)ceil_div(s.channels.targets, CN_VL);
  s.y_skip = s.y.first == s.y.last ? s.y.source_step : 1;
  s.x_skip = s.x.first == s.x.last ? s.x.source_step : 1;
  s.y_step = s.y.source_step / s.y_skip;
  s.x_step = s.x.source_step / s.x_skip;
  s.window_rows = (plan->blocking[BF16_ROWS] - 1) * s.y_step + s.y.last - s.y.first + 1;
  s.window_columns = (s.columns - 1) * s.x_step + s.x.last - s.x.first + 1;
  s.window_image = (int64_t)s.window_rows * s.window_columns * s.pixel_words;
  // The extra lines keep planes of a power-of-two size out of the same cache sets.
  s.window_plane = ceil_div(plan->blocking[BF16_IMAGES] * s.window_image, 16) * 16 + 16;
  s.compact = s.window_columns == s.columns && s.window_rows == plan->blocking[BF16_ROWS];
  // Rows cut into blocks when they come out at least three quarters full.
  const int64_t row_blocks = ceil_div(s.columns, CN_MAX_PIXELS);
  s.by_row = !s.compact && s.x_step == 1 && 4 * s.columns >= 3 * row_blocks * CN_MAX_PIXELS;
  return s;
}

CN_INLINE int64_t bf16_quad_limit(const bf16_shape *s) {
  return (int64_t)s->blocking[BF16_QUADS] * s->y.kernel * s->x.kernel;
}
CN_INLINE int64_t bf16_pixel_limit(const bf16_shape *s) {
  return (int64_t)s->blocking[BF16_IMAGES] * s->blocking[BF16_ROWS] * s->columns;
}
// Words of packed weights of one group of targets in a class with `taps` taps.
CN_INLINE int64_t bf16_group_weights(const bf16_shape *s, int64_t taps) {
  return taps * s->blocking[BF16_QUADS] * 2 * s->blocking[BF16_VECTORS] * CN_VL;
}

static cn_status plan_bf16(cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  if (plan->request.plain_source) return CN_UNSUPPORTED;
  int32_t *blocking = plan->blocking;
  blocking[BF16_NATIVE] = bf16_is_native(plan->request.precision);
  blocking[BF16_ROWS] = blocking[BF16_IMAGES] = 1;
  bf16_shape s = make_bf16_shape(plan);

  const bool whole_groups = s.channels.targets_per_group % (2 * CN_VL) == 0;
  blocking[BF16_VECTORS] = s.target_blocks > 1 && (p->groups == 1 || whole_groups) ? 2 : 1;
  const int32_t width = blocking[BF16_VECTORS] * CN_VL;
  const int64_t groups = ceil_div(s.channels.targets, width);
  blocking[BF16_GROUPS] = (int32_t)groups;
  for (int32_t g = 0; g < groups; g++) {
    int32_t first, end;
    source_quads(&s.channels, g * width, (g + 1) * width, &first, &end);
    if (end - first > blocking[BF16_QUADS]) blocking[BF16_QUADS] = end - first;
  }

  // Pixels of a task: a window of some 256 KB stays in the second-level cache.
  const int64_t budget = 256 * 1024 / 4;
  const int64_t row_words =
      (int64_t)s.source_blocks * s.window_columns * s.y_step * s.pixel_words;
  const int64_t halo = (s.y.last - s.y.first) / s.y_step;
  int64_t rows = max64(1, min64(s.rows, budget / row_words - halo));
  const int64_t image_words = row_words * (s.rows + halo);
  int64_t images = rows < s.rows ? 1 : max64(1, min64(p->batch, budget / image_words));
  images = min64(images, max64(1, 1024 / ((int64_t)s.rows * s.columns)));
  // Enough tasks for many threads, but none under four million multiply-adds (some 20 us). First
  // fewer pixels, as long as some blocks are left to share the weights; then fewer channels, as
  // long as they are many to share the rounding.
  const int64_t taps = (int64_t)p->kernel_height * p->kernel_width;
  const double work = (double)p->batch * s.rows * s.columns * s.channels.targets *
                      blocking[BF16_QUADS] * 4 * (double)taps;
  const int64_t wanted = max64(1, min64(64, (int64_t)(work / 4e6)));
  int64_t split = groups;
  while (ceil_div(p->batch, images) * ceil_div(s.rows, rows) * ceil_div(groups, split) < wanted) {
    const int64_t pixels = images * rows * s.columns;
    const bool divisible = images > 1 || rows > 2 * halo + 1;
    if (divisible && pixels >= (split > 4 ? 8 : 4) * CN_MAX_PIXELS) {
      if (images > 1)
        images = ceil_div(images, 2);
      else
        rows = ceil_div(rows, 2);
    } else if (split > 1) {
      split = ceil_div(split, 2);
    } else {
      break;
    }
  }
  images = ceil_div(p->batch, ceil_div(p->batch, images));
  rows = ceil_div(s.rows, ceil_div(s.rows, rows));
  split = ceil_div(groups, ceil_div(groups, split));
  blocking[BF16_IMAGES] = (int32_t)images;
  blocking[BF16_ROWS] = (int32_t)rows;
  blocking[BF16_SPLIT] = (int32_t)split;

  s = make_bf16_shape(plan);
  const int64_t parts = ceil_div(p->batch, images) * ceil_div(s.rows, rows);
  const int64_t splits = ceil_div(groups, split);
  const int64_t image_target = (int64_t)s.target_blocks * s.y.target_size * s.x.target_size * CN_VL;
  const int64_t window = s.source_blocks * s.window_plane;
  if (parts * splits > INT32_MAX || window > INT32_MAX || images * image_target > INT32_MAX)
    return CN_UNSUPPORTED;
  blocking[BF16_PARTS] = (int32_t)parts;
  plan->algorithm = CN_DIRECT_BFLOAT16;
  plan->phases = 1;
  plan->tasks[0] = (int32_t)(parts * splits);
  plan->pack_tasks = (int32_t)groups;
  int64_t class_taps = 0;
  for (int32_t cy = 0; cy < s.y.classes; cy++)
    for (int32_t cx = 0; cx < s.x.classes; cx++)
      class_taps += (int64_t)axis_taps(&s.y, cy) * axis_taps(&s.x, cx);
  plan->packed_weight_bytes = 4 * groups * bf16_group_weights(&s, class_taps);
  plan->thread_scratch_bytes =
      4 * (window + 2 * bf16_quad_limit(&s) + 2 * bf16_pixel_limit(&s));
  if (plan->request.statistics && plan->request.direction == CN_FORWARD) {
    plan->workspace_bytes = statistics_bytes(parts, s.target_blocks);
    plan->phases = 2;
    plan->tasks[1] = s.target_blocks;
  }
  return CN_OK;
}

// Visits the pieces of channel blocks that lie in quads first ..< end.
typedef struct bf16_piece {
  int32_t block, first_channel, channels;
} bf16_piece;

CN_INLINE bf16_piece next_bf16_piece(int32_t quad, int32_t end_quad) {
  const int32_t block = quad / QUADS_PER_BLOCK;
  const int32_t end = (int32_t)min64(end_quad, (block + 1) * QUADS_PER_BLOCK);
  return (bf16_piece){block, quad % QUADS_PER_BLOCK * 4, (end - quad) * 4};
}

// One task packs one group of targets.
static void pack_bf16(const cn_convolution_plan *plan, int32_t group, const float *weights,
                      float *packed) {
  const bf16_shape s = make_bf16_shape(plan);
  const int32_t first_target = group * s.blocking[BF16_VECTORS] * CN_VL;
  // The last group may have one vector only.
  const int32_t vectors =
      (int32_t)min64(s.blocking[BF16_VECTORS], s.target_blocks - first_target / CN_VL);
  const int32_t width = vectors * CN_VL, all_taps = s.y.kernel * s.x.kernel;
  const bool turned = all_taps <= DIRECT_SQUARE_TAPS;
  float square[CN_VL * DIRECT_SQUARE_TAPS * CN_VL] __attribute__((aligned(64)));
  int32_t first_quad, end_quad;
  source_quads(&s.channels, first_target, first_target + width, &first_quad, &end_quad);
  int64_t packed_channels = 0;
  for (int32_t q = first_quad; q < end_quad;) {
    const bf16_piece piece = next_bf16_piece(q, end_quad);
    for (int32_t v = 0; v < vectors; v++) {
      const int32_t target = first_target + v * CN_VL;
      if (turned)
        read_weight_square(plan, &s.channels, weights, target, piece.block * CN_VL, square);
      float *area = packed;
      for (int32_t cy = 0; cy < s.y.classes; cy++)
        for (int32_t cx = 0; cx < s.x.classes; cx++) {
          const int64_t taps = (int64_t)axis_taps(&s.y, cy) * axis_taps(&s.x, cx);
          float *to = area + group * bf16_group_weights(&s, taps) +
                      taps * packed_channels / 2 * width + v * CN_VL;
          area += s.blocking[BF16_GROUPS] * bf16_group_weights(&s, taps);
          for (int32_t ky = 0; ky < s.y.kernel; ky++)
            for (int32_t kx = 0; kx < s.x.kernel; kx++) {
              int32_t unused;
              if (!axis_offset(&s.y, cy, ky, &unused) || !axis_offset(&s.x, cx, kx, &unused))
                continue;
              const int32_t tap = ky * s.x.kernel + kx;
              for (int32_t c = 0; c < piece.channels; c += 2, to += width) {
                vec pair[2];
                for (int32_t i = 0; i < 2; i++) {
                  const int32_t channel = piece.first_channel + c + i;
                  if (turned) {
                    pair[i] = load(square + ((int64_t)channel * all_taps + tap) * CN_VL);
                    continue;
                  }
                  for (int32_t lane = 0; lane < CN_VL; lane++) {
                    const float *from = weight_taps(plan, &s.channels, weights, target + lane,
                                                    piece.block * CN_VL + channel);
                    pair[i][lane] = from ? from[tap] : 0;
                  }
                }
                store_words(to, bf16_words(pair[0], pair[1]));
              }
            }
        }
    }
    packed_channels += piece.channels;
    q += piece.channels / 4;
  }
}

// Rounds the pixels a task needs and draws the border around them.
static void fill_bf16_window(const bf16_shape *s, const float *source, int32_t first_image,
                             int32_t images, int32_t first_row, int32_t rows, int32_t first_block,
                             int32_t end_block, float *window) {
  const bool native = s->blocking[BF16_NATIVE];
  const int32_t top = first_row * s->y.source_step + s->y.first;
  const int32_t used_rows = (rows - 1) * s->y_step + s->y.last - s->y.first + 1;
  int32_t first, end;
  visible(s->window_columns, s->x.source_size, s->x_skip, s->x.first, &first, &end);
  if (end < first) end = first = 0;
  const int64_t plane = (int64_t)s->y.source_size * s->x.source_size * CN_VL;
  const int64_t row_words = (int64_t)s->window_columns * s->pixel_words;
  for (int32_t b = first_block; b < end_block; b++)
    for (int32_t i = 0; i < images; i++) {
      const float *from = source + ((int64_t)(first_image + i) * s->source_blocks + b) * plane;
      // Images of a task follow one another in the rows that the task has.
      float *row = window + (b - first_block) * s->window_plane + i * used_rows * row_words;
      if (s->compact && s->y_skip == 1 && s->x_skip == 1 && top >= 0 && first == 0 &&
          end == s->window_columns && end == s->x.source_size &&
          top + used_rows <= s->y.source_size) {
        bf16_pixels(native, from + (int64_t)top * s->x.source_size * CN_VL, CN_VL,
                    (int64_t)used_rows * end, row);
        continue;
      }
      for (int32_t r = 0; r < used_rows; r++, row += row_words) {
        const int32_t y = top + r * s->y_skip;
        const bool inside = y >= 0 && y < s->y.source_size && first < end;
        const int64_t left = inside ? first * (int64_t)s->pixel_words : row_words;
        __builtin_memset(row, 0, (size_t)left * 4);
        if (!inside) continue;
        bf16_pixels(native,
                    from + ((int64_t)y * s->x.source_size + first * s->x_skip + s->x.first) * CN_VL,
                    (int64_t)s->x_skip * CN_VL, end - first, row + left);
        __builtin_memset(row + (int64_t)end * s->pixel_words, 0,
                         (size_t)(s->window_columns - end) * (size_t)s->pixel_words * 4);
      }
    }
}

// The offsets of all (channel quad, tap) of a class and group of targets; returns their number.
static int64_t list_bf16_quads(const bf16_shape *s, int32_t cy, int32_t cx, int32_t first_quad,
                               int32_t end_quad, int32_t first_block, int32_t vectors,
                               quad *quads) {
  const int32_t quad_words = s->pixel_words / QUADS_PER_BLOCK;
  int64_t count = 0;
  for (int32_t q = first_quad; q < end_quad;) {
    const bf16_piece piece = next_bf16_piece(q, end_quad);
    const int64_t plane = (piece.block - first_block) * s->window_plane;
    for (int32_t ky = 0; ky < s->y.kernel; ky++) {
      int32_t y, x;
      if (!axis_offset(&s->y, cy, ky, &y)) continue;
      for (int32_t kx = 0; kx < s->x.kernel; kx++) {
        if (!axis_offset(&s->x, cx, kx, &x)) continue;
        const int64_t pixel = (int64_t)(y - s->y.first) * s->window_columns + (x - s->x.first);
        for (int32_t c = 0; c < piece.channels; c += 4, count++)
          quads[count] = (quad){(int32_t)(plane + pixel * s->pixel_words +
                                          (piece.first_channel + c) / 4 * quad_words),
                                (int32_t)(count * 2 * vectors * CN_VL)};
      }
    }
    q += piece.channels / 4;
  }
  return count;
}

static void run_bf16(const cn_convolution_plan *plan, int32_t phase, int32_t task,
                     const cn_convolution_arguments *a, float *scratch) {
  const cn_convolution_problem *p = &plan->request.problem;
  const bf16_shape s = make_bf16_shape(plan);
  const bool statistics = plan->request.statistics && plan->request.direction == CN_FORWARD;
  const int32_t *blocking = s.blocking;
  const int32_t parts = blocking[BF16_PARTS];
  if (phase == 1) {
    merge_statistics(a->workspace, parts, s.target_blocks, task, a->mean, a->centred_squares);
    return;
  }
  const int32_t row_parts = (int32_t)ceil_div(s.rows, blocking[BF16_ROWS]);
  const int32_t part = task % parts;
  const int32_t first_image = part / row_parts * blocking[BF16_IMAGES];
  const int32_t images = (int32_t)min64(blocking[BF16_IMAGES], p->batch - first_image);
  const int32_t first_row = part % row_parts * blocking[BF16_ROWS];
  const int32_t all_rows = (int32_t)min64(s.rows - first_row, blocking[BF16_ROWS]);
  const int32_t first_group = task / parts * blocking[BF16_SPLIT];
  const int32_t end_group =
      (int32_t)min64(blocking[BF16_GROUPS], first_group + blocking[BF16_SPLIT]);
  const int32_t width = blocking[BF16_VECTORS] * CN_VL;

  quad *quads = (quad *)(scratch + s.source_blocks * s.window_plane);
  int32_t *source_offsets = (int32_t *)(quads + bf16_quad_limit(&s));
  int32_t *destination_offsets = source_offsets + bf16_pixel_limit(&s);
  int32_t first_quad, end_quad;
  source_quads(&s.channels, first_group * width, end_group * width, &first_quad, &end_quad);
  const int32_t first_block = first_quad / QUADS_PER_BLOCK;
  fill_bf16_window(&s, a->source, first_image, images, first_row, all_rows, first_block,
                   (int32_t)ceil_div(end_quad, QUADS_PER_BLOCK), scratch);
  const int64_t window_row = (int64_t)s.window_columns * s.pixel_words;
  const int64_t window_image =
      ((all_rows - 1) * s.y_step + s.y.last - s.y.first + 1) * window_row;
  const int64_t target_plane = (int64_t)s.y.target_size * s.x.target_size * CN_VL;
  const int64_t target_image = s.target_blocks * target_plane;
  const block_kernel(*kernels)[2][2] = bf16_block_kernels(blocking[BF16_NATIVE]);

  const float *class_weights = a->packed_weights;
  for (int32_t cy = 0; cy < s.y.classes; cy++)
    for (int32_t cx = 0; cx < s.x.classes; cx++) {
      const int64_t taps = (int64_t)axis_taps(&s.y, cy) * axis_taps(&s.x, cx);
      const float *weights = class_weights;
      class_weights += blocking[BF16_GROUPS] * bf16_group_weights(&s, taps);
      const int32_t rows = (int32_t)min64(all_rows, axis_count(&s.y, cy) - first_row);
      const int32_t columns = axis_count(&s.x, cx);
      if (rows <= 0 || columns <= 0) continue;
      int64_t pixels = 0;
      for (int32_t i = 0; i < images; i++)
        for (int32_t t = 0; t < rows; t++)
          for (int32_t u = 0; u < columns; u++, pixels++) {
            source_offsets[pixels] = (int32_t)(i * window_image + t * s.y_step * window_row +
                                               (int64_t)u * s.x_step * s.pixel_words);
            destination_offsets[pixels] =
                (int32_t)(i * target_image + ((int64_t)t * s.y.target_step * s.x.target_size +
                                              (int64_t)u * s.x.target_step) * CN_VL);
          }
      // Classes may have fewer rows and columns than the window has room for.
      const bool compact = s.compact && rows == all_rows && columns == s.columns;
      const int64_t lines = s.by_row ? (int64_t)images * rows : 1;
      const int64_t line = s.by_row ? columns : pixels;
      const int64_t line_blocks = ceil_div(line, CN_MAX_PIXELS);

      int32_t listed_first = -1, listed_end = -1, listed_vectors = 0;
      int64_t quad_count = 0;
      for (int32_t g = first_group; g < end_group; g++) {
        source_quads(&s.channels, g * width, (g + 1) * width, &first_quad, &end_quad);
        const int32_t target_block = g * blocking[BF16_VECTORS];
        const int32_t vectors =
            (int32_t)min64(blocking[BF16_VECTORS], s.target_blocks - target_block);
        if (first_quad != listed_first || end_quad != listed_end || vectors != listed_vectors)
          quad_count = list_bf16_quads(&s, cy, cx, first_quad, end_quad, first_block, vectors,
                                       quads);
        listed_first = first_quad;
        listed_end = end_quad;
        listed_vectors = vectors;
        target_limits limits;
        set_limits(a, g * width, s.channels.targets, &limits);
        const int64_t corner =
            first_image * target_image + target_block * target_plane +
            (((int64_t)first_row * s.y.target_step + cy) * s.x.target_size + cx) * CN_VL;
        block b = {
            .quads = quads,
            .quad_count = quad_count,
            .weights = weights + g * bf16_group_weights(&s, taps),
            .destination = a->destination + corner,
            .vector_distance = target_plane,
            .bias = limits.bias,
            .low = limits.low,
            .high = limits.high,
            .limited = is_limited(a),
            .residual = a->residual ? a->residual + corner : NULL,
            .mask = a->mask ? a->mask + corner : NULL,
        };
        for (int64_t l = 0; l < lines; l++)
          for (int64_t n = 0; n < line_blocks; n++) {
            const int64_t in_line = cut(line, line_blocks, n);
            const int64_t count = cut(line, line_blocks, n + 1) - in_line;
            const int64_t first = l * line + in_line;
            b.destination_offsets = destination_offsets + first;
            const bool contiguous = compact || s.by_row;
            b.source = contiguous ? scratch + source_offsets[first] : scratch;
            b.source_offsets = source_offsets + first;
            kernels[count - 1][vectors - 1][contiguous](&b);
          }
        if (statistics) {
          const statistics_area area = {images, rows, columns, target_image, target_plane};
          for (int32_t v = 0; v < vectors; v++)
            partial_statistics(a->workspace, s.target_blocks, part, target_block + v, area,
                               a->destination + corner + v * target_plane);
        }
      }
    }
}
