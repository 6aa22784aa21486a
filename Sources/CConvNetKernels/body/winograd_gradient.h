// Winograd gradient of the weights: the forward pass read backwards, with the same tiles.
//
//   x tile 6x6  ── B^T d B ──► V [36 points][source block][tile][V]
//   dy tile 4x4 ── A dy A^T ─► D [36 points][target block][tile][V]
//   dU [target group][source block][36 points][V sources][vectors][V] =
//                sum over tiles of the outer products V[point] x D[point]
//   dU ── G^T u G ──► dW
//
// CN_WINOGRAD: phase 0, a task = (chunk of tiles, some groups of targets) transforms a round of tiles
// at a time into its scratch and adds to the dU of its chunk; phase 1 adds up the chunks.
// CN_WINOGRAD_PHASED: phase 0 writes V and D of all tiles to the workspace; phase 1, a task =
// (group of targets, some source blocks), sums over all tiles. For many channels, few tiles.

enum {
  WG_VECTORS,     // vectors in a group of targets
  WG_GROUPS,      // groups of targets
  WG_ROUND,       // fused: tiles transformed at a time; phased: tiles in a task of phase 0
  WG_CHUNKS,      // fused: partial sums
  WG_SPLIT,       // fused: groups of targets in a task of phase 0
  WG_BLOCKS,      // source blocks in a task of phase 1
};

// Tiles summed in one chain.
enum { WG_SUM = 112 };

// Floats of dU of one group and source block.
CN_INLINE int64_t wg_square(const int32_t *blocking) {
  return (int64_t)WINOGRAD_POINTS * CN_VL * blocking[WG_VECTORS] * CN_VL;
}
CN_INLINE int64_t wg_plane(int64_t blocks, int64_t tiles) {
  return blocks * winograd_block_distance(tiles) + WINOGRAD_PLANE_PADDING;
}

static cn_status plan_winograd_gradient(cn_convolution_plan *plan, bool phased) {
  const cn_convolution_problem *p = &plan->request.problem;
  if (!winograd_fits(plan) || plan->request.plain_source) return CN_UNSUPPORTED;
  if (p->batch * ceil_div(plan->out_height, 4) * ceil_div(plan->out_width, 4) > INT32_MAX / 64)
    return CN_UNSUPPORTED;
  const winograd_shape s = make_winograd_shape(plan);
  int32_t *blocking = plan->blocking;
  blocking[WG_VECTORS] = s.target_blocks > 1 ? 2 : 1;
  const int64_t groups = ceil_div(s.target_blocks, blocking[WG_VECTORS]);
  blocking[WG_GROUPS] = (int32_t)groups;
  const int64_t square = wg_square(blocking);
  const double work = 36.0 * s.tiles * s.channels.sources * s.channels.targets;
  const int64_t wanted = max64(1, min64(64, (int64_t)(work / 2e6)));
  const int64_t blocks = max64(1, s.source_blocks * groups / wanted);
  blocking[WG_BLOCKS] = (int32_t)min64(s.source_blocks, blocks);
  plan->phases = 2;
  plan->tasks[1] = (int32_t)(groups * ceil_div(s.source_blocks, blocking[WG_BLOCKS]));
  if (phased) {
    const int64_t all = WINOGRAD_POINTS * (wg_plane(s.source_blocks, s.tiles) +
                                           wg_plane(s.target_blocks, s.tiles));
    if (all > INT32_MAX) return CN_UNSUPPORTED;
    plan->workspace_bytes = 4 * all;
    plan->thread_scratch_bytes = 4 * square;
    const int64_t parts = max64(1, min64(64, s.tiles * (s.source_blocks + s.target_blocks) / 64));
    blocking[WG_ROUND] = (int32_t)ceil_div(s.tiles, parts);
    plan->tasks[0] = (int32_t)ceil_div(s.tiles, blocking[WG_ROUND]);
  } else {
    // V of a round in about a megabyte, but rounds long enough to pay for touching all of dU, and
    // chunks long enough to pay for clearing and adding theirs.
    const int64_t most = (1 << 20) / (WINOGRAD_POINTS * s.source_blocks * CN_VL * 4);
    blocking[WG_ROUND] = (int32_t)min64(s.tiles, max64(28, min64(56, most)));
    const int64_t gradient = groups * s.source_blocks * square;
    const int64_t rounds = ceil_div(s.tiles, blocking[WG_ROUND]);
    int64_t chunks = min64(min64(rounds, 16), max64(1, (24 << 20) / (4 * gradient)));
    chunks = min64(chunks, max64(1, s.tiles / 400));
    const int64_t splits = min64(groups, ceil_div(min64(wanted, 32), chunks));
    blocking[WG_CHUNKS] = (int32_t)chunks;
    blocking[WG_SPLIT] = (int32_t)ceil_div(groups, splits);
    plan->tasks[0] = (int32_t)(chunks * ceil_div(groups, blocking[WG_SPLIT]));
    plan->workspace_bytes = 4 * chunks * gradient;
    plan->thread_scratch_bytes =
        4 * WINOGRAD_POINTS *
        (wg_plane(s.source_blocks, blocking[WG_ROUND]) +
         wg_plane((int64_t)blocking[WG_SPLIT] * blocking[WG_VECTORS], blocking[WG_ROUND]));
  }
  plan->algorithm = phased ? CN_WINOGRAD_PHASED : CN_WINOGRAD;
  return CN_OK;
}

// D of the tiles first ..< first + count for some target blocks.
static void transform_out_gradient(const winograd_shape *s, const float *dy, int32_t first,
                                   int32_t count, int32_t first_block, int32_t end_block,
                                   float *d, int64_t block_distance, int64_t d_plane) {
  const int32_t height = s->y.target_size, width = s->x.target_size;
  const int64_t plane = (int64_t)height * width * CN_VL;
  for (int32_t b = first_block; b < end_block; b++)
    for (int32_t i = 0; i < count; i++) {
      const tile_place at = place_of_tile(s, first + i);
      const float *from = dy + ((int64_t)at.image * s->target_blocks + b) * plane;
      float *to = d + (b - first_block) * block_distance + i * CN_VL;
      if (at.row + 4 <= height && at.column + 4 <= width) {
        winograd_out_gradient_tile(from + ((int64_t)at.row * width + at.column) * CN_VL,
                                   (int64_t)width * CN_VL, to, d_plane);
      } else {
        float patch[16 * CN_VL] __attribute__((aligned(64)));
        copy_patch(from, height, width, at.row, at.column, 4, 4, patch);
        winograd_out_gradient_tile(patch, 4 * CN_VL, to, d_plane);
      }
    }
}

// Adds the outer products of `count` tiles to dU of one group and source block.
static void add_tiles(const int32_t *blocking, int32_t count, int32_t channels, int32_t vectors,
                      const float *v, int64_t v_plane, const float *d, int64_t d_plane,
                      int64_t d_block_distance, float *du) {
  pixel_area area = {
      .images = 1,
      .rows = 1,
      .x_column = CN_VL,
      .dy_vector = d_block_distance,
  };
  const int64_t point_floats = (int64_t)CN_VL * blocking[WG_VECTORS] * CN_VL;
  // Short sums, added up: they stay in the first-level cache and round less.
  for (int32_t point = 0; point < WINOGRAD_POINTS; point++)
    for (int32_t tile = 0; tile < count; tile += WG_SUM) {
      area.columns = (int32_t)min64(WG_SUM, count - tile);
      const float *x = v + point * v_plane + (int64_t)tile * CN_VL;
      const float *dy = d + point * d_plane + (int64_t)tile * CN_VL;
      for (int32_t c = 0; c < channels; c += CN_OUTER) {
        float *out = du + point * point_floats + c * vectors * CN_VL;
        if (vectors == 2)
          outer_product_2(&area, x + c, dy, out);
        else
          outer_product_1(&area, x + c, dy, out);
      }
    }
}

// dW of one group and source block from dU, which is overwritten.
static void finish_winograd_gradient(const cn_convolution_plan *plan, const winograd_shape *s,
                                     int32_t group, int32_t vectors, int32_t block, float *du,
                                     float *weight_gradient) {
  const int64_t plane = (int64_t)CN_VL * plan->blocking[WG_VECTORS] * CN_VL;
  float nine[CN_VL * 9 * CN_VL] __attribute__((aligned(64)));
  for (int32_t v = 0; v < vectors; v++) {
    for (int32_t c = 0; c < CN_VL; c++)
      winograd_weight_gradient_tile(du + ((int64_t)c * vectors + v) * CN_VL, plane,
                                    nine + c * 9 * CN_VL, CN_VL);
    write_weight_sums(plan, &s->channels, nine, 9 * CN_VL, CN_VL,
                      (group * plan->blocking[WG_VECTORS] + v) * CN_VL, block * CN_VL,
                      weight_gradient);
  }
}

// db of one group: each channel block summed image by image.
static void winograd_bias_gradient(const cn_convolution_plan *plan, const winograd_shape *s,
                                   int32_t first_block, int32_t vectors,
                                   const cn_convolution_arguments *a) {
  const int32_t images = plan->request.problem.batch;
  for (int32_t v = 0; v < vectors; v++) {
    vec sum = zero();
    for (int32_t i = 0; i < images; i++)
      sum = add_strip(plan, s->target_blocks, first_block + v,
                      (strip){i, 1, 0, plan->out_height}, a->out_gradient, sum);
    const int32_t first = (first_block + v) * CN_VL;
    store_first(a->bias_gradient + first, sum,
                (int)min64(CN_VL, plan->request.problem.out_channels - first));
  }
}

static void run_winograd_gradient(const cn_convolution_plan *plan, int32_t phase, int32_t task,
                                  const cn_convolution_arguments *a, float *scratch) {
  const winograd_shape s = make_winograd_shape(plan);
  const int32_t *blocking = plan->blocking;
  const bool phased = plan->algorithm == CN_WINOGRAD_PHASED;
  const int64_t square = wg_square(blocking);
  const int32_t groups = blocking[WG_GROUPS];
  float *workspace = a->workspace;

  if (phase == 0) {
    float *v, *d;
    int32_t tile, end_tile, first_group = 0, end_group = groups, chunk = 0;
    int64_t span;
    if (phased) {
      v = workspace;
      span = s.tiles;
      d = v + WINOGRAD_POINTS * wg_plane(s.source_blocks, span);
      tile = task * blocking[WG_ROUND];
      end_tile = (int32_t)min64(s.tiles, tile + blocking[WG_ROUND]);
    } else {
      v = scratch;
      span = blocking[WG_ROUND];
      d = v + WINOGRAD_POINTS * wg_plane(s.source_blocks, span);
      chunk = task % blocking[WG_CHUNKS];
      const int64_t rounds = ceil_div(s.tiles, span);
      tile = (int32_t)(cut(rounds, blocking[WG_CHUNKS], chunk) * span);
      end_tile = (int32_t)min64(s.tiles, cut(rounds, blocking[WG_CHUNKS], chunk + 1) * span);
      first_group = task / blocking[WG_CHUNKS] * blocking[WG_SPLIT];
      end_group = (int32_t)min64(groups, first_group + blocking[WG_SPLIT]);
    }
    const int32_t first_block = first_group * blocking[WG_VECTORS];
    const int32_t end_block = (int32_t)min64(s.target_blocks, end_group * blocking[WG_VECTORS]);
    const int64_t v_plane = wg_plane(s.source_blocks, span);
    const int64_t distance = winograd_block_distance(span);
    const int64_t d_plane =
        wg_plane(phased ? s.target_blocks : blocking[WG_SPLIT] * blocking[WG_VECTORS], span);
    if (phased) {
      transform_tiles(&s, a->source, tile, end_tile - tile, v + (int64_t)tile * CN_VL, distance,
                      v_plane);
      transform_out_gradient(&s, a->out_gradient, tile, end_tile - tile, first_block, end_block,
                             d + (int64_t)tile * CN_VL, distance, d_plane);
      return;
    }
    float *du = workspace + (int64_t)chunk * groups * s.source_blocks * square;
    float *first_du = du + first_group * s.source_blocks * square;
    for (int64_t i = 0; i < (end_group - first_group) * s.source_blocks * square; i += CN_VL)
      store(first_du + i, zero());
    for (; tile < end_tile; tile += (int32_t)span) {
      const int32_t count = (int32_t)min64(span, end_tile - tile);
      transform_tiles(&s, a->source, tile, count, v, distance, v_plane);
      transform_out_gradient(&s, a->out_gradient, tile, count, first_block, end_block, d, distance,
                             d_plane);
      for (int32_t g = first_group; g < end_group; g++)
        for (int32_t b = 0; b < s.source_blocks; b++) {
          const int32_t block = g * blocking[WG_VECTORS];
          const int32_t vectors = (int32_t)min64(blocking[WG_VECTORS], s.target_blocks - block);
          const int32_t channels = (int32_t)min64(CN_VL, s.channels.sources - b * CN_VL);
          add_tiles(blocking, count, channels, vectors, v + b * distance, v_plane,
                    d + (block - first_block) * distance, d_plane, distance,
                    du + (g * s.source_blocks + b) * square);
        }
    }
    return;
  }

  const int32_t group = task % groups, first_target = group * blocking[WG_VECTORS];
  const int32_t vectors = (int32_t)min64(blocking[WG_VECTORS], s.target_blocks - first_target);
  const int32_t first_block = task / groups * blocking[WG_BLOCKS];
  const int32_t end_block = (int32_t)min64(s.source_blocks, first_block + blocking[WG_BLOCKS]);
  for (int32_t b = first_block; b < end_block; b++) {
    float *du;
    if (phased) {
      const int64_t distance = winograd_block_distance(s.tiles);
      const int64_t v_plane = wg_plane(s.source_blocks, s.tiles);
      const int64_t d_plane = wg_plane(s.target_blocks, s.tiles);
      const float *d = workspace + WINOGRAD_POINTS * v_plane;
      du = scratch;
      for (int64_t i = 0; i < square; i += CN_VL) store(du + i, zero());
      add_tiles(blocking, s.tiles, (int32_t)min64(CN_VL, s.channels.sources - b * CN_VL), vectors,
                workspace + b * distance, v_plane, d + first_target * distance, d_plane, distance,
                du);
    } else {
      du = workspace + (group * s.source_blocks + b) * square;
      for (int32_t chunk = 1; chunk < blocking[WG_CHUNKS]; chunk++) {
        const float *other = du + (int64_t)chunk * groups * s.source_blocks * square;
        for (int64_t i = 0; i < square; i += CN_VL) store(du + i, load(du + i) + load(other + i));
      }
    }
    finish_winograd_gradient(plan, &s, group, vectors, b, du, a->weight_gradient);
  }
  if (first_block == 0 && a->bias_gradient)
    winograd_bias_gradient(plan, &s, first_target, vectors, a);
}
