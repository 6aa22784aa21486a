// Direct gradient of the weights with bfloat16 factors; the gradient of the bias stays float32.
//
// dW[o][c][tap] = sum over images and pixels of x[pixel of the tap][c] * dy[pixel][o].
//
// Here the sum runs over pixels, so neighbouring output pixels of a line make the pairs. The pixels
// are cut into strips (some images x some rows), the strips into chunks. Phase 0: a task = (chunk,
// range of groups of output channels, range of source blocks) rounds each of its strips once and
// sums it by outer products:
//
//   dy  [output block][image][line][pair][V]          pixels 2n, 2n + 1
//   x   [source block][image][window row][word][V]    pixels j, j + stride, for every column j
//
// so the pair of a tap is one word wherever the tap starts. With one tap on an axis only the words
// or rows that it meets are there; a 1x1 kernel without stride has lines of whole strips. Phase 1:
// the chunks are added in order and written out.
//
//   workspace: sums [chunk][group][source block][tap][V source channels][vectors][V]
//              bias [chunk][output block][V]

enum {
  BF16_GRADIENT_VECTORS,     // vectors in a group of output channels
  BF16_GRADIENT_GROUPS,      // groups of output channels
  BF16_GRADIENT_TASK_GROUPS, // groups in a task
  BF16_GRADIENT_TASK_BLOCKS, // source blocks in a task
  BF16_GRADIENT_CHUNKS,
  BF16_GRADIENT_IMAGES,      // images in a strip
  BF16_GRADIENT_ROWS,        // output rows in a strip
  BF16_GRADIENT_NATIVE,
};

typedef struct bf16_gradient_shape {
  const int32_t *blocking;
  channel_map channels;
  int32_t source_blocks, target_blocks, taps;
  int32_t row_strips, strips, group_parts, block_parts;
  // Whether lines run across rows, and of a full strip: lines per image and pairs per line.
  bool flat;
  int32_t lines, pairs;
  // x: source rows and columns from one window row or word to the next, words from pair to pair.
  int32_t row_skip, column_skip, pair_words;
  int32_t window_rows, window_words;
  int64_t block_floats, chunk_floats, bias_offset;
} bf16_gradient_shape;

static bf16_gradient_shape make_bf16_gradient_shape(const cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  const int32_t *blocking = plan->blocking;
  const int32_t rows = blocking[BF16_GRADIENT_ROWS];
  bf16_gradient_shape s = {.blocking = blocking, .channels = make_channel_map(plan)};
  s.source_blocks = (int32_t)ceil_div(p->channels, CN_VL);
  s.target_blocks = (int32_t)ceil_div(p->out_channels, CN_VL);
  s.taps = p->kernel_height * p->kernel_width;
  s.row_strips = (int32_t)ceil_div(plan->out_height, rows);
  s.strips = (int32_t)ceil_div(p->batch, blocking[BF16_GRADIENT_IMAGES]) * s.row_strips;
  s.group_parts = (int32_t)ceil_div(blocking[BF16_GRADIENT_GROUPS],
                                    blocking[BF16_GRADIENT_TASK_GROUPS]);
  s.block_parts = (int32_t)ceil_div(s.source_blocks, blocking[BF16_GRADIENT_TASK_BLOCKS]);
  s.flat = s.taps == 1 && p->stride_height == 1 && p->stride_width == 1 &&
           plan->out_height == p->height && plan->out_width == p->width && p->pad_top == 0 &&
           p->pad_left == 0;
  s.lines = s.flat ? 1 : rows;
  s.pairs = (int32_t)ceil_div(s.flat ? rows * plan->out_width : plan->out_width, 2);
  s.row_skip = p->kernel_height == 1 ? p->stride_height : 1;
  s.column_skip = p->kernel_width == 1 ? 2 * p->stride_width : 1;
  s.pair_words = p->kernel_width == 1 ? 1 : 2 * p->stride_width;
  s.window_rows = (s.lines - 1) * (p->stride_height / s.row_skip) +
                  (p->kernel_height - 1) * p->dilation_height + 1;
  s.window_words = (s.pairs - 1) * s.pair_words + (p->kernel_width - 1) * p->dilation_width + 1;
  s.block_floats = (int64_t)s.taps * CN_VL * blocking[BF16_GRADIENT_VECTORS] * CN_VL;
  s.chunk_floats = s.block_floats * blocking[BF16_GRADIENT_GROUPS] * s.source_blocks;
  s.bias_offset = s.chunk_floats * blocking[BF16_GRADIENT_CHUNKS];
  return s;
}

// Words of a strip of one source block and of one output block.
CN_INLINE int64_t bf16_x_words(const bf16_gradient_shape *s) {
  return (int64_t)s->blocking[BF16_GRADIENT_IMAGES] * s->window_rows * s->window_words * CN_VL +
         CN_VL;
}
CN_INLINE int64_t bf16_dy_words(const bf16_gradient_shape *s) {
  return (int64_t)s->blocking[BF16_GRADIENT_IMAGES] * s->lines * s->pairs * CN_VL + CN_VL;
}

static cn_status plan_bf16_weights(cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  if (plan->request.plain_source || p->groups > 1) return CN_UNSUPPORTED;
  int32_t *blocking = plan->blocking;
  blocking[BF16_GRADIENT_NATIVE] = bf16_is_native(plan->request.precision);
  blocking[BF16_GRADIENT_IMAGES] = blocking[BF16_GRADIENT_ROWS] = 1;
  blocking[BF16_GRADIENT_TASK_GROUPS] = blocking[BF16_GRADIENT_TASK_BLOCKS] = 1;
  blocking[BF16_GRADIENT_CHUNKS] = 1;
  bf16_gradient_shape s = make_bf16_gradient_shape(plan);
  const int32_t vectors = s.target_blocks > 1 ? 2 : 1;
  blocking[BF16_GRADIENT_VECTORS] = vectors;
  const int64_t groups = ceil_div(s.target_blocks, vectors);
  blocking[BF16_GRADIENT_GROUPS] = (int32_t)groups;

  // A task's sums (about 256 KB) and its strip (about 256 KB, at least some lines of 256 pixels)
  // share the second-level cache.
  const int64_t tile = (int64_t)s.taps * CN_VL * vectors * CN_VL * 4;
  const int64_t tiles = max64(1, 256 * 1024 / tile);
  int64_t task_groups = min64(groups, 8);
  int64_t task_blocks = min64(s.source_blocks, 16);
  while (task_groups * task_blocks > tiles && (task_groups > 2 || task_blocks > 4)) {
    if (task_blocks > 2 * task_groups)
      task_blocks = ceil_div(task_blocks, 2);
    else
      task_groups = ceil_div(task_groups, 2);
  }
  const int64_t pixels = (int64_t)p->batch * plan->out_height * plan->out_width;
  const int64_t row_words =
      (task_groups * vectors * ceil_div(plan->out_width, 2) +
       task_blocks * s.window_words * (p->stride_height / s.row_skip)) * CN_VL;
  const int64_t wanted_rows = ceil_div(256, plan->out_width);
  int64_t rows = max64(1, min64(plan->out_height, min64(wanted_rows, 64 * 1024 / row_words)));
  rows = ceil_div(plan->out_height, ceil_div(plan->out_height, rows));
  blocking[BF16_GRADIENT_ROWS] = (int32_t)rows;
  if (rows == plan->out_height)
    blocking[BF16_GRADIENT_IMAGES] = (int32_t)max64(
        1, min64(min64(p->batch, 64 * 1024 / (row_words * rows)),
                 256 / ((int64_t)plan->out_height * plan->out_width)));

  s = make_bf16_gradient_shape(plan);
  const double work = (double)pixels * s.taps * (double)groups * vectors * CN_VL *
                      s.source_blocks * CN_VL;
  const int64_t wanted = max64(1, min64(64, (int64_t)(work / 4e6)));
  const int64_t task_tiles =
      ceil_div(groups, task_groups) * ceil_div(s.source_blocks, task_blocks);
  const int64_t chunks = gradient_chunks(work / 2, pixels, s.strips, task_tiles, s.chunk_floats);
  while (chunks * ceil_div(groups, task_groups) * ceil_div(s.source_blocks, task_blocks) <
         wanted) {
    if (task_blocks > task_groups)
      task_blocks = ceil_div(task_blocks, 2);
    else if (task_groups > 1)
      task_groups = ceil_div(task_groups, 2);
    else
      break;
  }
  blocking[BF16_GRADIENT_TASK_GROUPS] = (int32_t)task_groups;
  blocking[BF16_GRADIENT_TASK_BLOCKS] = (int32_t)task_blocks;
  blocking[BF16_GRADIENT_CHUNKS] = (int32_t)chunks;
  s = make_bf16_gradient_shape(plan);
  if (bf16_x_words(&s) * s.source_blocks > INT32_MAX) return CN_UNSUPPORTED;
  plan->algorithm = CN_DIRECT_BFLOAT16;
  plan->phases = 2;
  plan->tasks[0] = (int32_t)chunks * s.group_parts * s.block_parts;
  plan->tasks[1] = s.group_parts * s.block_parts;
  plan->workspace_bytes = 4 * (s.bias_offset + chunks * s.target_blocks * CN_VL);
  plan->thread_scratch_bytes =
      4 * (task_blocks * bf16_x_words(&s) + task_groups * vectors * bf16_dy_words(&s));
  return CN_OK;
}

// Rounds a strip of the output blocks first ..< end.
static void round_bf16_gradient(const cn_convolution_plan *plan, const bf16_gradient_shape *s,
                                strip strip, int32_t first_block, int32_t end_block,
                                const float *out_gradient, uint32_t *words) {
  const bool native = s->blocking[BF16_GRADIENT_NATIVE];
  const int64_t plane = (int64_t)plan->out_height * plan->out_width * CN_VL;
  const int32_t rows = strip.end_row - strip.first_row;
  const int32_t lines = s->flat ? 1 : rows;
  const int64_t line = s->flat ? (int64_t)rows * plan->out_width : plan->out_width;
  const int64_t pairs = ceil_div(line, 2);
  for (int32_t b = first_block; b < end_block; b++) {
    uint32_t *to = words + (b - first_block) * bf16_dy_words(s);
    for (int32_t i = 0; i < strip.images; i++) {
      const float *from =
          out_gradient + ((int64_t)(strip.first_image + i) * s->target_blocks + b) * plane +
          (int64_t)strip.first_row * plan->out_width * CN_VL;
      for (int32_t l = 0; l < lines; l++, to += pairs * CN_VL)
        bf16_pairs(native, from + l * line * CN_VL, line, 0, 2, 1, pairs, to);
    }
  }
}

// Rounds what a strip sees of the source blocks first ..< end.
static void round_bf16_source(const cn_convolution_plan *plan, const bf16_gradient_shape *s,
                              strip strip, int32_t first_block, int32_t end_block,
                              const float *source, uint32_t *words) {
  const cn_convolution_problem *p = &plan->request.problem;
  const bool native = s->blocking[BF16_GRADIENT_NATIVE];
  const int64_t plane = (int64_t)p->height * p->width * CN_VL;
  const int32_t rows = strip.end_row - strip.first_row;
  for (int32_t b = first_block; b < end_block; b++) {
    uint32_t *to = words + (b - first_block) * bf16_x_words(s);
    for (int32_t i = 0; i < strip.images; i++) {
      const float *from =
          source + ((int64_t)(strip.first_image + i) * s->source_blocks + b) * plane;
      if (s->flat) {
        const int64_t line = (int64_t)rows * p->width, pairs = ceil_div(line, 2);
        bf16_pairs(native, from + (int64_t)strip.first_row * p->width * CN_VL, line, 0, 2, 1, pairs,
                   to);
        to += pairs * CN_VL;
        continue;
      }
      const int32_t window_rows = (rows - 1) * (p->stride_height / s->row_skip) +
                                  (p->kernel_height - 1) * p->dilation_height + 1;
      for (int32_t r = 0; r < window_rows; r++, to += (int64_t)s->window_words * CN_VL) {
        const int32_t y = strip.first_row * p->stride_height - p->pad_top + r * s->row_skip;
        if (y < 0 || y >= p->height)
          __builtin_memset(to, 0, (size_t)s->window_words * CN_VL * 4);
        else
          bf16_pairs(native, from + (int64_t)y * p->width * CN_VL, p->width, -p->pad_left,
                     s->column_skip, p->stride_width, s->window_words, to);
      }
    }
  }
}

// The float32 numbers of the strip that comes next, fetched in pieces while this one is summed.
typedef struct bf16_ahead {
  const float *source, *out_gradient;
  int64_t source_block, target_block;  // floats from one block to the next
  int64_t source_lines, target_lines;  // cache lines of a block
  int32_t blocks, targets;
  // Where the next piece starts: block of both, and cache line in it.
  int32_t block;
  int64_t line;
} bf16_ahead;

static bf16_ahead make_bf16_ahead(const cn_convolution_plan *plan, const bf16_gradient_shape *s,
                                  strip strip, const cn_convolution_arguments *a,
                                  int32_t first_block, int32_t end_block, int32_t first_target,
                                  int32_t end_target) {
  const cn_convolution_problem *p = &plan->request.problem;
  const int64_t plane = (int64_t)p->height * p->width * CN_VL;
  const int64_t out_plane = (int64_t)plan->out_height * plan->out_width * CN_VL;
  const int32_t rows = strip.end_row - strip.first_row;
  const int64_t y = max64(0, (int64_t)strip.first_row * p->stride_height - p->pad_top);
  const int64_t end = min64(p->height, y + (int64_t)rows * p->stride_height);
  return (bf16_ahead){
      .source = a->source + ((int64_t)strip.first_image * s->source_blocks + first_block) * plane +
                y * p->width * CN_VL,
      .out_gradient = a->out_gradient +
                      ((int64_t)strip.first_image * s->target_blocks + first_target) * out_plane +
                      (int64_t)strip.first_row * plan->out_width * CN_VL,
      .source_block = plane,
      .target_block = out_plane,
      .source_lines = max64(0, end - y) * p->width * CN_VL / 16,
      .target_lines = (int64_t)rows * plan->out_width * CN_VL / 16,
      .blocks = end_block - first_block,
      .targets = end_target - first_target,
  };
}

// Gives the next `pairs` lines to the area, or none when all were asked for.
CN_INLINE void fetch_ahead(bf16_ahead *next, int64_t pairs, bf16_area *area) {
  area->ahead_step = 0;
  if (next->block >= next->blocks + next->targets) return;
  const bool is_source = next->block < next->blocks;
  const float *from = is_source
                          ? next->source + next->block * next->source_block
                          : next->out_gradient + (next->block - next->blocks) * next->target_block;
  area->ahead = (const char *)(from + next->line * 16);
  area->ahead_step = 64;
  next->line += pairs;
  if (next->line >= (is_source ? next->source_lines : next->target_lines)) {
    next->line = 0;
    next->block++;
  }
}

// Adds one rounded strip to the sums of one (group, source block).
static void bf16_weights_strip(const cn_convolution_plan *plan, const bf16_gradient_shape *s,
                               strip strip, int32_t vectors, int32_t block, const uint32_t *x,
                               const uint32_t *dy, float *sums, bf16_ahead *next) {
  const cn_convolution_problem *p = &plan->request.problem;
  const int32_t rows = strip.end_row - strip.first_row;
  const int32_t channels = (int32_t)min64(CN_VL, p->channels - (int64_t)block * CN_VL);
  bf16_area area = {
      .images = strip.images, .dy_vector = bf16_dy_words(s), .ahead = (const char *)dy};
  int64_t window_line = 0;
  if (s->flat) {
    area.lines = 1;
    area.pairs = (int32_t)ceil_div((int64_t)rows * plan->out_width, 2);
    area.x_image = (int64_t)area.pairs * CN_VL;
    area.x_pair = CN_VL;
  } else {
    const int32_t row_step = p->stride_height / s->row_skip;
    window_line = (int64_t)s->window_words * CN_VL;
    area.lines = rows;
    area.pairs = s->pairs;
    area.x_image =
        ((int64_t)(rows - 1) * row_step + (p->kernel_height - 1) * p->dilation_height + 1) *
        window_line;
    area.x_line = row_step * window_line;
    area.x_pair = (int64_t)s->pair_words * CN_VL;
  }
  area.dy_line = (int64_t)area.pairs * CN_VL;
  area.dy_image = area.lines * area.dy_line;
  const bf16_outer_kernel outer =
      bf16_outer_product(s->blocking[BF16_GRADIENT_NATIVE], vectors);
  for (int32_t ky = 0; ky < p->kernel_height; ky++)
    for (int32_t kx = 0; kx < p->kernel_width; kx++) {
      const uint32_t *corner = x + ky * p->dilation_height * window_line +
                               (int64_t)kx * p->dilation_width * CN_VL;
      float *tap = sums + (int64_t)(ky * p->kernel_width + kx) * CN_VL *
                              s->blocking[BF16_GRADIENT_VECTORS] * CN_VL;
      for (int32_t c = 0; c < channels; c += CN_OUTER) {
        fetch_ahead(next, (int64_t)area.images * area.lines * area.pairs, &area);
        outer(&area, corner + c, dy, tap + c * vectors * CN_VL);
      }
    }
}

static void run_bf16_weights(const cn_convolution_plan *plan, int32_t phase, int32_t task,
                             const cn_convolution_arguments *a, float *scratch) {
  const cn_convolution_problem *p = &plan->request.problem;
  const bf16_gradient_shape s = make_bf16_gradient_shape(plan);
  const int32_t *blocking = s.blocking;
  const int32_t chunks = blocking[BF16_GRADIENT_CHUNKS];
  const int32_t most_vectors = blocking[BF16_GRADIENT_VECTORS];
  const int32_t block_part = task % s.block_parts;
  const int32_t group_part = task / s.block_parts % s.group_parts;
  const int32_t first_block = (int32_t)cut(s.source_blocks, s.block_parts, block_part);
  const int32_t end_block = (int32_t)cut(s.source_blocks, s.block_parts, block_part + 1);
  const int32_t first_group =
      (int32_t)cut(blocking[BF16_GRADIENT_GROUPS], s.group_parts, group_part);
  const int32_t end_group =
      (int32_t)cut(blocking[BF16_GRADIENT_GROUPS], s.group_parts, group_part + 1);
  const int32_t first_target = first_group * most_vectors;
  const int32_t end_target = (int32_t)min64(s.target_blocks, end_group * most_vectors);
  float *workspace = a->workspace;
  float *bias_sums = workspace + s.bias_offset;

  if (phase == 0) {
    const int32_t chunk = task / (s.block_parts * s.group_parts);
    const int64_t first_strip = cut(s.strips, chunks, chunk);
    const int64_t end_strip = cut(s.strips, chunks, chunk + 1);
    float *sums = workspace + chunk * s.chunk_floats;
    uint32_t *x = (uint32_t *)scratch;
    // Smaller tensors are in the last-level cache already.
    const bool fetches =
        4 * (double)p->batch * CN_VL * ((double)s.source_blocks * p->height * p->width +
                                        (double)s.target_blocks * plan->out_height *
                                            plan->out_width) > 16e6;
    uint32_t *dy = x + blocking[BF16_GRADIENT_TASK_BLOCKS] * bf16_x_words(&s);
    for (int32_t g = first_group; g < end_group; g++)
      __builtin_memset(sums + ((int64_t)g * s.source_blocks + first_block) * s.block_floats, 0,
                       (size_t)((end_block - first_block) * s.block_floats) * 4);
    for (int64_t i = first_strip; i < end_strip; i++) {
      const strip strip = make_strip(plan, s.row_strips, blocking[BF16_GRADIENT_IMAGES],
                                     blocking[BF16_GRADIENT_ROWS], i);
      round_bf16_gradient(plan, &s, strip, first_target, end_target, a->out_gradient, dy);
      round_bf16_source(plan, &s, strip, first_block, end_block, a->source, x);
      bf16_ahead next = {0};
      if (fetches && i + 1 < end_strip)
        next = make_bf16_ahead(plan, &s,
                               make_strip(plan, s.row_strips, blocking[BF16_GRADIENT_IMAGES],
                                          blocking[BF16_GRADIENT_ROWS], i + 1),
                               a, first_block, end_block, first_target, end_target);
      for (int32_t g = first_group; g < end_group; g++) {
        const int32_t target = g * most_vectors;
        const int32_t vectors = (int32_t)min64(most_vectors, s.target_blocks - target);
        for (int32_t b = first_block; b < end_block; b++)
          bf16_weights_strip(plan, &s, strip, vectors, b,
                             x + (b - first_block) * bf16_x_words(&s),
                             dy + (target - first_target) * bf16_dy_words(&s),
                             sums + ((int64_t)g * s.source_blocks + b) * s.block_floats, &next);
      }
    }
    if (block_part == 0 && a->bias_gradient)
      for (int32_t b = first_target; b < end_target; b++) {
        vec sum = zero();
        for (int64_t i = first_strip; i < end_strip; i++)
          sum = add_strip(plan, s.target_blocks, b,
                          make_strip(plan, s.row_strips, blocking[BF16_GRADIENT_IMAGES],
                                     blocking[BF16_GRADIENT_ROWS], i),
                          a->out_gradient, sum);
        store(bias_sums + ((int64_t)chunk * s.target_blocks + b) * CN_VL, sum);
      }
    return;
  }

  for (int32_t g = first_group; g < end_group; g++)
    for (int32_t b = first_block; b < end_block; b++) {
      float *sums = workspace + ((int64_t)g * s.source_blocks + b) * s.block_floats;
      for (int32_t chunk = 1; chunk < chunks; chunk++)
        for (int64_t i = 0; i < s.block_floats; i += CN_VL)
          store(sums + i, load(sums + i) + load(sums + chunk * s.chunk_floats + i));
      const int32_t vectors = (int32_t)min64(most_vectors, s.target_blocks - g * most_vectors);
      for (int32_t v = 0; v < vectors; v++)
        write_weight_sums(plan, &s.channels, sums + v * CN_VL, vectors * CN_VL,
                          (int64_t)CN_VL * most_vectors * CN_VL, (g * most_vectors + v) * CN_VL,
                          b * CN_VL, a->weight_gradient);
    }
  if (block_part == 0 && a->bias_gradient)
    for (int32_t target = first_target * CN_VL; target < end_target * CN_VL; target++) {
      if (target >= p->out_channels) break;
      float sum = 0;
      for (int32_t chunk = 0; chunk < chunks; chunk++)
        sum += bias_sums[(int64_t)chunk * s.target_blocks * CN_VL + target];
      a->bias_gradient[target] = sum;
    }
}
