// Direct gradient of the weights and the bias, for every convolution.
//
// dW[o][c][tap] = sum over images and pixels of x[pixel of the tap][c] * dy[pixel][o].
//
// The pixels are cut into strips (some images x some rows) that fit the first-level cache, the
// strips into chunks. Phase 0: a task = (chunk, group of output channels, range of source channel
// blocks) sums its strips by outer products; the part of a strip that a tap can see is a
// rectangle, so no border is needed. Phase 1: the chunks are added in order and written out.
//
//   workspace: sums [chunk][group][source block][tap][V source channels][vectors][V]
//              bias [chunk][output block][V]

enum {
  WEIGHTS_VECTORS,        // vectors in a group of output channels
  WEIGHTS_GROUPS,         // groups of output channels
  WEIGHTS_BLOCKS,         // most source blocks that a group needs
  WEIGHTS_CHUNKS,
  WEIGHTS_SPLITS,         // ranges of source blocks
  WEIGHTS_STRIP_IMAGES,
  WEIGHTS_STRIP_ROWS,
};

typedef struct weights_shape {
  const int32_t *blocking;
  channel_map channels;
  int32_t source_blocks, target_blocks, taps;
  int32_t row_strips, strips;
  int64_t block_floats, chunk_floats, bias_offset;
} weights_shape;

static weights_shape make_weights_shape(const cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  const int32_t *blocking = plan->blocking;
  weights_shape s = {.blocking = blocking, .channels = make_channel_map(plan)};
  s.source_blocks = (int32_t)ceil_div(p->channels, CN_VL);
  s.target_blocks = (int32_t)ceil_div(p->out_channels, CN_VL);
  s.taps = p->kernel_height * p->kernel_width;
  s.row_strips = (int32_t)ceil_div(plan->out_height, blocking[WEIGHTS_STRIP_ROWS]);
  s.strips = (int32_t)ceil_div(p->batch, blocking[WEIGHTS_STRIP_IMAGES]) * s.row_strips;
  s.block_floats = (int64_t)s.taps * CN_VL * blocking[WEIGHTS_VECTORS] * CN_VL;
  s.chunk_floats = s.block_floats * blocking[WEIGHTS_GROUPS] * blocking[WEIGHTS_BLOCKS];
  s.bias_offset = s.chunk_floats * blocking[WEIGHTS_CHUNKS];
  return s;
}

// The source blocks of one split of a group of output channels.
static void weights_blocks(const weights_shape *s, int32_t group, int32_t split, int32_t *first,
                           int32_t *end) {
  const int32_t width = s->blocking[WEIGHTS_VECTORS] * CN_VL;
  int32_t first_quad, end_quad;
  source_quads(&s->channels, group * width, (group + 1) * width, &first_quad, &end_quad);
  const int32_t first_block = first_quad / (CN_VL / 4);
  const int32_t blocks = (int32_t)ceil_div(end_quad, CN_VL / 4) - first_block;
  *first = first_block + (int32_t)cut(blocks, s->blocking[WEIGHTS_SPLITS], split);
  *end = first_block + (int32_t)cut(blocks, s->blocking[WEIGHTS_SPLITS], split + 1);
}

// How many pieces the sum over pixels is cut into: enough for many threads, but each long enough
// (256 pixels) to pay for the addition of its partial sums, and no more than 24 MB of those.
static int64_t gradient_chunks(double work, int64_t pixels, int64_t strips, int64_t tiles,
                               int64_t chunk_floats) {
  const int64_t wanted = max64(1, min64(64, (int64_t)(work / 2e6)));
  int64_t chunks = ceil_div(wanted, tiles);
  chunks = min64(chunks, max64(1, pixels / 256));
  chunks = min64(chunks, max64(1, (24 << 20) / (4 * chunk_floats)));
  return min64(chunks, strips);
}

static cn_status plan_direct_weights(cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  if (plan->request.plain_source) return CN_UNSUPPORTED;
  int32_t *blocking = plan->blocking;
  blocking[WEIGHTS_STRIP_IMAGES] = blocking[WEIGHTS_STRIP_ROWS] = 1;
  blocking[WEIGHTS_SPLITS] = blocking[WEIGHTS_CHUNKS] = 1;
  weights_shape s = make_weights_shape(plan);
  const bool whole_groups = s.channels.targets_per_group % (2 * CN_VL) == 0;
  blocking[WEIGHTS_VECTORS] = s.target_blocks > 1 && (p->groups == 1 || whole_groups) ? 2 : 1;
  blocking[WEIGHTS_GROUPS] =
      (int32_t)ceil_div(p->out_channels, blocking[WEIGHTS_VECTORS] * CN_VL);
  for (int32_t g = 0; g < blocking[WEIGHTS_GROUPS]; g++) {
    int32_t first, end;
    weights_blocks(&s, g, 0, &first, &end);
    if (end - first > blocking[WEIGHTS_BLOCKS]) blocking[WEIGHTS_BLOCKS] = end - first;
  }
  // A strip: x rows and two vectors of dy in about 24 KB.
  const int64_t row_floats =
      ((int64_t)p->width * p->stride_height + 2 * (int64_t)plan->out_width) * CN_VL;
  const int64_t rows = max64(1, min64(plan->out_height, 6 * 1024 / row_floats));
  blocking[WEIGHTS_STRIP_ROWS] =
      (int32_t)ceil_div(plan->out_height, ceil_div(plan->out_height, rows));
  if (rows == plan->out_height)
    blocking[WEIGHTS_STRIP_IMAGES] =
        (int32_t)max64(1, min64(p->batch, 6 * 1024 / (row_floats * plan->out_height)));

  s = make_weights_shape(plan);
  const int64_t pixels = (int64_t)p->batch * plan->out_height * plan->out_width;
  const double work = (double)pixels * s.taps * blocking[WEIGHTS_GROUPS] *
                      blocking[WEIGHTS_BLOCKS] * CN_VL * blocking[WEIGHTS_VECTORS] * CN_VL;
  const int64_t wanted = max64(1, min64(64, (int64_t)(work / 2e6)));
  const int64_t chunks = gradient_chunks(work, pixels, s.strips, blocking[WEIGHTS_GROUPS],
                                         s.chunk_floats);
  const int64_t splits =
      min64(blocking[WEIGHTS_BLOCKS], ceil_div(wanted, chunks * blocking[WEIGHTS_GROUPS]));
  blocking[WEIGHTS_CHUNKS] = (int32_t)chunks;
  blocking[WEIGHTS_SPLITS] = (int32_t)splits;
  s = make_weights_shape(plan);
  plan->algorithm = CN_DIRECT;
  plan->phases = 2;
  plan->tasks[0] = (int32_t)(chunks * blocking[WEIGHTS_GROUPS] * splits);
  plan->tasks[1] = (int32_t)(blocking[WEIGHTS_GROUPS] * splits);
  plan->workspace_bytes = 4 * (s.bias_offset + chunks * s.target_blocks * CN_VL);
  return CN_OK;
}

// The images and rows of a strip.
typedef struct strip {
  int32_t first_image, images, first_row, end_row;
} strip;

CN_INLINE strip make_strip(const cn_convolution_plan *plan, int32_t row_strips, int32_t images,
                           int32_t rows, int64_t index) {
  strip s;
  s.first_image = (int32_t)(index / row_strips) * images;
  s.images = (int32_t)min64(images, plan->request.problem.batch - s.first_image);
  s.first_row = (int32_t)(index % row_strips) * rows;
  s.end_row = (int32_t)min64(plan->out_height, s.first_row + rows);
  return s;
}

// Adds the gradient of one output channel block over a strip to `sum`.
CN_INLINE vec add_strip(const cn_convolution_plan *plan, int32_t target_blocks, int32_t block,
                        strip s, const float *dy, vec sum) {
  const int64_t plane = (int64_t)plan->out_height * plan->out_width * CN_VL;
  const int64_t pixels = (int64_t)(s.end_row - s.first_row) * plan->out_width;
  vec partial[4] = {zero(), zero(), zero(), zero()};
  for (int32_t i = 0; i < s.images; i++) {
    const float *x = dy + ((int64_t)(s.first_image + i) * target_blocks + block) * plane +
                     (int64_t)s.first_row * plan->out_width * CN_VL;
    int64_t n = 0;
    for (; n + 4 <= pixels; n += 4)
      for (int j = 0; j < 4; j++) partial[j] += load(x + (n + j) * CN_VL);
    for (; n < pixels; n++) partial[0] += load(x + n * CN_VL);
  }
  return sum + ((partial[0] + partial[1]) + (partial[2] + partial[3]));
}

// Adds one strip to the sums of one (group, source block).
static void direct_weights_strip(const cn_convolution_plan *plan, const weights_shape *s,
                                 const strip *strip, int32_t group, int32_t vectors,
                                 int32_t block, const float *source, const float *out_gradient,
                                 float *sums) {
  const cn_convolution_problem *p = &plan->request.problem;
  const int64_t plane = (int64_t)p->height * p->width * CN_VL;
  const int64_t out_plane = (int64_t)plan->out_height * plan->out_width * CN_VL;
  const int32_t channels = (int32_t)min64(CN_VL, p->channels - (int64_t)block * CN_VL);
  const float *x = source + ((int64_t)strip->first_image * s->source_blocks + block) * plane;
  const float *dy =
      out_gradient + ((int64_t)strip->first_image * s->target_blocks +
                      (int64_t)group * s->blocking[WEIGHTS_VECTORS]) * out_plane;
  for (int32_t ky = 0; ky < p->kernel_height; ky++) {
    const int32_t y_offset = ky * p->dilation_height - p->pad_top;
    int32_t first_row, end_row;
    visible(plan->out_height, p->height, p->stride_height, y_offset, &first_row, &end_row);
    first_row = (int32_t)max64(first_row, strip->first_row);
    end_row = (int32_t)min64(end_row, strip->end_row);
    for (int32_t kx = 0; kx < p->kernel_width; kx++) {
      float *tap_sums = sums + (int64_t)(ky * p->kernel_width + kx) * CN_VL *
                                   s->blocking[WEIGHTS_VECTORS] * CN_VL;
      const int32_t x_offset = kx * p->dilation_width - p->pad_left;
      int32_t first, end;
      visible(plan->out_width, p->width, p->stride_width, x_offset, &first, &end);
      if (first_row >= end_row || first >= end) continue;
      const pixel_area area = {
          .images = strip->images,
          .rows = end_row - first_row,
          .columns = end - first,
          .x_image = s->source_blocks * plane,
          .x_row = (int64_t)p->stride_height * p->width * CN_VL,
          .x_column = (int64_t)p->stride_width * CN_VL,
          .dy_image = s->target_blocks * out_plane,
          .dy_row = (int64_t)plan->out_width * CN_VL,
          .dy_vector = out_plane,
      };
      const float *x_corner =
          x + ((int64_t)(first_row * p->stride_height + y_offset) * p->width +
               first * p->stride_width + x_offset) * CN_VL;
      const float *dy_corner = dy + ((int64_t)first_row * plan->out_width + first) * CN_VL;
      for (int32_t c = 0; c < channels; c += CN_OUTER) {
        float *out = tap_sums + c * vectors * CN_VL;
        if (vectors == 2)
          outer_product_2(&area, x_corner + c, dy_corner, out);
        else
          outer_product_1(&area, x_corner + c, dy_corner, out);
      }
    }
  }
}

static void run_direct_weights(const cn_convolution_plan *plan, int32_t phase, int32_t task,
                               const cn_convolution_arguments *a) {
  const cn_convolution_problem *p = &plan->request.problem;
  const weights_shape s = make_weights_shape(plan);
  const int32_t splits = s.blocking[WEIGHTS_SPLITS], groups = s.blocking[WEIGHTS_GROUPS];
  const int32_t chunks = s.blocking[WEIGHTS_CHUNKS];
  const int32_t split = task % splits, group = task / splits % groups;
  const int32_t first_target_block = group * s.blocking[WEIGHTS_VECTORS];
  const int32_t vectors =
      (int32_t)min64(s.blocking[WEIGHTS_VECTORS], s.target_blocks - first_target_block);
  const int32_t lanes = vectors * CN_VL;
  int32_t first_block, end_block, group_block, unused;
  weights_blocks(&s, group, 0, &group_block, &unused);
  weights_blocks(&s, group, split, &first_block, &end_block);
  float *workspace = a->workspace;
  float *group_sums = workspace + group * s.blocking[WEIGHTS_BLOCKS] * s.block_floats;
  float *bias_sums = workspace + s.bias_offset;

  if (phase == 0) {
    const int32_t chunk = task / (splits * groups);
    const int64_t first_strip = cut(s.strips, chunks, chunk);
    const int64_t end_strip = cut(s.strips, chunks, chunk + 1);
    for (int32_t block = first_block; block < end_block; block++) {
      float *sums =
          group_sums + chunk * s.chunk_floats + (block - group_block) * s.block_floats;
      for (int64_t i = 0; i < s.block_floats; i += CN_VL) store(sums + i, zero());
      for (int64_t i = first_strip; i < end_strip; i++) {
        const strip strip = make_strip(plan, s.row_strips, s.blocking[WEIGHTS_STRIP_IMAGES],
                                       s.blocking[WEIGHTS_STRIP_ROWS], i);
        direct_weights_strip(plan, &s, &strip, group, vectors, block, a->source, a->out_gradient,
                             sums);
      }
    }
    if (split == 0 && a->bias_gradient)
      for (int32_t v = 0; v < vectors; v++) {
        vec sum = zero();
        for (int64_t i = first_strip; i < end_strip; i++)
          sum = add_strip(plan, s.target_blocks, first_target_block + v,
                          make_strip(plan, s.row_strips, s.blocking[WEIGHTS_STRIP_IMAGES],
                                     s.blocking[WEIGHTS_STRIP_ROWS], i),
                          a->out_gradient, sum);
        store(bias_sums + ((int64_t)chunk * s.target_blocks + first_target_block + v) * CN_VL,
              sum);
      }
    return;
  }

  for (int32_t block = first_block; block < end_block; block++) {
    float *sums = group_sums + (block - group_block) * s.block_floats;
    const int64_t used = (int64_t)s.taps * CN_VL * s.blocking[WEIGHTS_VECTORS] * CN_VL;
    for (int32_t chunk = 1; chunk < chunks; chunk++)
      for (int64_t i = 0; i < used; i += CN_VL)
        store(sums + i, load(sums + i) + load(sums + chunk * s.chunk_floats + i));
    for (int32_t v = 0; v < vectors; v++)
      write_weight_sums(plan, &s.channels, sums + v * CN_VL, vectors * CN_VL,
                        (int64_t)CN_VL * s.blocking[WEIGHTS_VECTORS] * CN_VL,
                        (first_target_block + v) * CN_VL, block * CN_VL, a->weight_gradient);
  }
  if (split == 0 && a->bias_gradient)
    for (int32_t lane = 0; lane < lanes; lane++) {
      const int32_t target = first_target_block * CN_VL + lane;
      if (target >= p->out_channels) break;
      float sum = 0;
      for (int32_t chunk = 0; chunk < chunks; chunk++)
        sum += bias_sums[(int64_t)chunk * s.target_blocks * CN_VL + target];
      a->bias_gradient[target] = sum;
    }
}
