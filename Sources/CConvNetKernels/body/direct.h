// Direct convolution, forward and backward data: any kernel, stride, dilation, padding, groups.
//
// A task takes some images x some target rows x some groups of target channels. It first copies the
// source rows it needs, with their zero border, into scratch, so that the microkernel never sees an
// edge; where no border is needed it reads the tensor itself.
//
//   source [N][C/V][H][W][V] ── copy ──► window [C/V][image][row][column][V]
//
//   for each class of targets (one forward; stride x stride backward, see geometry.h)
//     quads: offsets of (channel block, tap row, tap column, four channels) in the window
//     for each group of target channels (one or two vectors)
//       for each block of pixels: microkernel ──► target [N][K/V][H'][W'][V]
//
// Wide rows are cut into blocks of neighbouring pixels. Narrow images would leave most of a block
// empty, so there pixels are counted through rows and images and each has its own offset.
// In batches of tiny images most taps fall into the border (5 of 9 at 2x2): there a block is the
// same position in up to 14 images, with the quads of only those taps that this position sees. The
// window is then a copy of the images, a vector apart so that they do not share cache sets.
//
// Packed weights, per class and group of targets, in the order of the quads:
//   [channel block][tap row][tap column][quad of the block][4 channels][vectors][V]
// With groups, a group of target channels meets only its own source channels; where groups are
// narrower than a vector the lanes of other groups have weight zero.

// Where the sources of a task are: in the tensor or in the window.
typedef struct source_view {
  const float *base;
  int64_t plane, image;
  int32_t row_pixels;
} source_view;

// Copies the rows a task needs and draws the border around them.
static source_view copy_window(const direct_shape *s, const float *source, int32_t first_image,
                               int32_t images, int32_t first_row, int32_t rows, float *window) {
  const int32_t top = first_row * s->y.source_step + s->y.first;
  const int32_t used_rows = (rows - 1) * s->y.source_step + s->y.last - s->y.first + 1;
  const int32_t columns = s->window_columns;
  // Columns outside the image on either side; negative: the window starts inside the image.
  const int32_t left = (int32_t)min64(columns, max64(0, -s->x.first));
  const int32_t from = (int32_t)max64(0, s->x.first);
  const int32_t copied =
      (int32_t)max64(0, min64(columns - left, (int64_t)s->x.source_size - from));
  const int64_t source_plane = (int64_t)s->y.source_size * s->x.source_size * CN_VL;
  const int64_t row_floats = (int64_t)columns * CN_VL;
  for (int32_t b = 0; b < s->source_blocks; b++)
    for (int32_t i = 0; i < images; i++) {
      const float *plane =
          source + ((int64_t)(first_image + i) * s->source_blocks + b) * source_plane;
      float *row = window + b * window_plane(s) + (int64_t)i * s->window_rows * row_floats;
      for (int32_t r = 0; r < used_rows; r++, row += row_floats) {
        const int32_t y = top + r;
        if (y < 0 || y >= s->y.source_size || copied == 0) {
          for (int32_t c = 0; c < columns; c++) store(row + c * CN_VL, zero());
          continue;
        }
        const float *pixels = plane + ((int64_t)y * s->x.source_size + from) * CN_VL;
        int32_t c = 0;
        for (; c < left; c++) store(row + c * CN_VL, zero());
        for (; c < left + copied; c++) store(row + c * CN_VL, load(pixels + (c - left) * CN_VL));
        for (; c < columns; c++) store(row + c * CN_VL, zero());
      }
    }
  return (source_view){window, window_plane(s), s->window_rows * row_floats, columns};
}

static source_view copy_images(const direct_shape *s, const float *source, int32_t first_image,
                               int32_t images, float *window) {
  const int64_t floats = source_image_floats(s);
  for (int32_t i = 0; i < images; i++)
    for (int64_t n = 0; n < floats; n += CN_VL)
      store(window + i * (floats + CN_VL) + n, load(source + (first_image + i) * floats + n));
  return (source_view){window, 0, floats + CN_VL, s->x.source_size};
}

static source_view tensor_view(const direct_shape *s, const float *source, int32_t first_image,
                               int32_t first_row) {
  const int64_t plane = (int64_t)s->y.source_size * s->x.source_size * CN_VL;
  const int64_t corner =
      ((int64_t)(first_row * s->y.source_step + s->y.first) * s->x.source_size + s->x.first) *
      CN_VL;
  return (source_view){source + first_image * s->source_blocks * plane + corner, plane,
                       s->source_blocks * plane, s->x.source_size};
}

// The offsets of all (channel quad, tap) of a class and group of targets; returns their number.
static int64_t list_quads(const direct_shape *s, const source_view *view, int32_t cy, int32_t cx,
                          int32_t first_quad, int32_t end_quad, int32_t vectors, quad *quads) {
  int64_t count = 0;
  for (int32_t q = first_quad; q < end_quad;) {
    const int32_t block = q / QUADS_PER_BLOCK;
    const int32_t block_end = (int32_t)min64(end_quad, (block + 1) * QUADS_PER_BLOCK);
    for (int32_t ky = 0; ky < s->y.kernel; ky++) {
      int32_t y, x;
      if (!axis_offset(&s->y, cy, ky, &y)) continue;
      for (int32_t kx = 0; kx < s->x.kernel; kx++) {
        if (!axis_offset(&s->x, cx, kx, &x)) continue;
        const int64_t pixel =
            (int64_t)(y - s->y.first) * view->row_pixels + (x - s->x.first);
        for (int32_t i = q; i < block_end; i++, count++)
          quads[count] = (quad){(int32_t)(block * view->plane + pixel * CN_VL +
                                          (i - block * QUADS_PER_BLOCK) * 4),
                                (int32_t)(count * 4 * vectors * CN_VL)};
      }
    }
    q = block_end;
  }
  return count;
}

// The offsets in the tensor of all (channel quad, tap) that target (t, u) of a class can see.
static int64_t list_position_quads(const direct_shape *s, int32_t cy, int32_t cx, int32_t t,
                                   int32_t u, int32_t first_quad, int32_t end_quad,
                                   int32_t vectors, quad *quads) {
  const int64_t plane = (int64_t)s->y.source_size * s->x.source_size * CN_VL;
  int64_t count = 0, weights = 0;
  for (int32_t q = first_quad; q < end_quad;) {
    const int32_t block = q / QUADS_PER_BLOCK;
    const int32_t block_end = (int32_t)min64(end_quad, (block + 1) * QUADS_PER_BLOCK);
    for (int32_t ky = 0; ky < s->y.kernel; ky++) {
      int32_t y, x;
      if (!axis_offset(&s->y, cy, ky, &y)) continue;
      y += t * s->y.source_step;
      for (int32_t kx = 0; kx < s->x.kernel; kx++) {
        if (!axis_offset(&s->x, cx, kx, &x)) continue;
        x += u * s->x.source_step;
        const bool inside = y >= 0 && y < s->y.source_size && x >= 0 && x < s->x.source_size;
        for (int32_t i = q; i < block_end; i++, weights += 4 * vectors * CN_VL)
          if (inside)
            quads[count++] = (quad){
                (int32_t)(block * plane + ((int64_t)y * s->x.source_size + x) * CN_VL +
                          (i - block * QUADS_PER_BLOCK) * 4),
                (int32_t)weights};
      }
    }
    q = block_end;
  }
  return count;
}

// One group of targets, position by position over `images` images.
static void multiply_positions(const direct_shape *s, block *b, int32_t cy, int32_t cx,
                               int32_t images, int32_t first_quad, int32_t end_quad,
                               int32_t vectors, quad *quads, int32_t *source_offsets,
                               int32_t *destination_offsets) {
  const int64_t source_image = source_image_floats(s) + CN_VL;
  const int64_t target_image =
      (int64_t)s->target_blocks * s->y.target_size * s->x.target_size * CN_VL;
  const int64_t blocks = ceil_div(images, CN_MAX_PIXELS);
  const int32_t rows = axis_count(&s->y, cy), columns = axis_count(&s->x, cx);
  b->quads = quads;
  b->source_offsets = source_offsets;
  b->destination_offsets = destination_offsets;
  for (int32_t t = 0; t < rows; t++)
    for (int32_t u = 0; u < columns; u++) {
      b->quad_count =
          list_position_quads(s, cy, cx, t, u, first_quad, end_quad, vectors, quads);
      const int64_t position =
          ((int64_t)t * s->y.target_step * s->x.target_size + u * s->x.target_step) * CN_VL;
      for (int64_t n = 0; n < blocks; n++) {
        const int64_t first = cut(images, blocks, n), count = cut(images, blocks, n + 1) - first;
        for (int64_t i = 0; i < count; i++) {
          source_offsets[i] = (int32_t)((first + i) * source_image);
          destination_offsets[i] = (int32_t)((first + i) * target_image + position);
        }
        block_kernels[count - 1][vectors - 1][0](b);
      }
    }
}

static void run_direct(const cn_convolution_plan *plan, int32_t phase, int32_t task,
                       const cn_convolution_arguments *a, float *scratch) {
  const cn_convolution_problem *p = &plan->request.problem;
  const direct_shape s = make_direct_shape(plan);
  const bool statistics = plan->request.statistics && plan->request.direction == CN_FORWARD;
  const int32_t *blocking = s.blocking;
  const int32_t parts = blocking[DIRECT_PARTS];
  if (phase == 1) {
    merge_statistics(a->workspace, parts, s.target_blocks, task, a->mean, a->centred_squares);
    return;
  }
  const int32_t row_parts = (int32_t)ceil_div(s.rows, blocking[DIRECT_ROWS]);
  const int32_t part = task % parts;
  const int32_t first_image = part / row_parts * blocking[DIRECT_IMAGES];
  const int32_t images = (int32_t)min64(blocking[DIRECT_IMAGES], p->batch - first_image);
  const int32_t first_row = part % row_parts * blocking[DIRECT_ROWS];
  const int32_t end_row = (int32_t)min64(s.rows, first_row + blocking[DIRECT_ROWS]);
  const int32_t first_group = task / parts * blocking[DIRECT_SPLIT];
  const int32_t end_group =
      (int32_t)min64(blocking[DIRECT_GROUPS], first_group + blocking[DIRECT_SPLIT]);

  quad *quads = (quad *)(scratch + direct_window_floats(&s));
  int32_t *source_offsets = (int32_t *)(quads + direct_quad_limit(&s));
  int32_t *destination_offsets = source_offsets + direct_pixel_limit(&s);
  const source_view view =
      blocking[DIRECT_BY_POSITION] ? copy_images(&s, a->source, first_image, images, scratch)
      : blocking[DIRECT_WINDOW]
          ? copy_window(&s, a->source, first_image, images, first_row, end_row - first_row, scratch)
          : tensor_view(&s, a->source, first_image, first_row);

  const int64_t target_plane = (int64_t)s.y.target_size * s.x.target_size * CN_VL;
  const int64_t target_image = s.target_blocks * target_plane;
  const int32_t width = blocking[DIRECT_VECTORS] * CN_VL;
  const float *class_weights = a->packed_weights;
  for (int32_t cy = 0; cy < s.y.classes; cy++)
    for (int32_t cx = 0; cx < s.x.classes; cx++) {
      const int64_t taps = (int64_t)axis_taps(&s.y, cy) * axis_taps(&s.x, cx);
      const float *weights = class_weights;
      class_weights += blocking[DIRECT_GROUPS] * direct_group_weights(&s, taps);
      const int32_t rows = (int32_t)min64(end_row, axis_count(&s.y, cy)) - first_row;
      const int32_t columns = axis_count(&s.x, cx);
      if (rows <= 0 || columns <= 0) continue;

      const int64_t pixels = (int64_t)images * rows * columns;
      if (blocking[DIRECT_FLAT] && !blocking[DIRECT_BY_POSITION]) {
        int64_t n = 0;
        for (int32_t i = 0; i < images; i++)
          for (int32_t t = 0; t < rows; t++)
            for (int32_t u = 0; u < columns; u++, n++) {
              const int64_t pixel = (int64_t)t * s.y.source_step * view.row_pixels +
                                    (int64_t)u * s.x.source_step;
              source_offsets[n] = (int32_t)(i * view.image + pixel * CN_VL);
              destination_offsets[n] =
                  (int32_t)(i * target_image +
                            ((int64_t)t * s.y.target_step * s.x.target_size +
                             (int64_t)u * s.x.target_step) * CN_VL);
            }
      }
      int32_t listed_first = -1, listed_end = -1, listed_vectors = 0;
      int64_t quad_count = 0;
      for (int32_t g = first_group; g < end_group; g++) {
        int32_t first_quad, end_quad;
        source_quads(&s.channels, g * width, (g + 1) * width, &first_quad, &end_quad);
        const int32_t first_block = g * blocking[DIRECT_VECTORS];
        const int32_t vectors =
            (int32_t)min64(blocking[DIRECT_VECTORS], s.target_blocks - first_block);
        if (!blocking[DIRECT_BY_POSITION] && (first_quad != listed_first || end_quad != listed_end || vectors != listed_vectors))
          quad_count = list_quads(&s, &view, cy, cx, first_quad, end_quad, vectors, quads);
        listed_first = first_quad;
        listed_end = end_quad;
        listed_vectors = vectors;

        target_limits limits;
        set_limits(a, g * width, s.channels.targets, &limits);
        const int64_t corner =
            first_image * target_image + first_block * target_plane +
            (((int64_t)first_row * s.y.target_step + cy) * s.x.target_size + cx) * CN_VL;
        block b = {
            .source = view.base,
            .quads = quads,
            .quad_count = quad_count,
            .weights = weights + g * direct_group_weights(&s, taps),
            .destination_step = (int64_t)s.x.target_step * CN_VL,
            .vector_distance = target_plane,
            .bias = limits.bias,
            .low = limits.low,
            .high = limits.high,
            .limited = is_limited(a),
        };
        const block_kernel(*kernels)[2][2] = block_kernels;
        if (blocking[DIRECT_BY_POSITION]) {
          b.destination = a->destination + corner;
          b.residual = a->residual ? a->residual + corner : NULL;
          b.mask = a->mask ? a->mask + corner : NULL;
          multiply_positions(&s, &b, cy, cx, images, first_quad, end_quad, vectors, quads,
                             source_offsets, destination_offsets);
        } else if (blocking[DIRECT_FLAT]) {
          b.destination = a->destination + corner;
          b.residual = a->residual ? a->residual + corner : NULL;
          b.mask = a->mask ? a->mask + corner : NULL;
          const int64_t blocks = ceil_div(pixels, CN_MAX_PIXELS);
          for (int64_t i = 0; i < blocks; i++) {
            const int64_t first = cut(pixels, blocks, i);
            const int64_t count = cut(pixels, blocks, i + 1) - first;
            b.source_offsets = source_offsets + first;
            b.destination_offsets = destination_offsets + first;
            kernels[count - 1][vectors - 1][0](&b);
          }
        } else {
          const int64_t blocks = ceil_div(columns, CN_MAX_PIXELS);
          for (int32_t i = 0; i < images; i++)
            for (int32_t t = 0; t < rows; t++)
              for (int64_t n = 0; n < blocks; n++) {
                const int64_t first = cut(columns, blocks, n);
                const int64_t count = cut(columns, blocks, n + 1) - first;
                const int64_t target =
                    corner + i * target_image +
                    ((int64_t)t * s.y.target_step * s.x.target_size + first * s.x.target_step) *
                        CN_VL;
                b.source = view.base + i * view.image +
                           ((int64_t)t * s.y.source_step * view.row_pixels + first) * CN_VL;
                b.destination = a->destination + target;
                b.residual = a->residual ? a->residual + target : NULL;
                b.mask = a->mask ? a->mask + target : NULL;
                kernels[count - 1][vectors - 1][1](&b);
              }
        }
        if (statistics) {
          const statistics_area area = {images, rows, columns, target_image, target_plane};
          for (int32_t v = 0; v < vectors; v++)
            partial_statistics(a->workspace, s.target_blocks, part, first_block + v, area,
                               a->destination + corner + v * target_plane);
        }
      }
    }
}
