// Winograd F(4x4, 3x3), forward and backward data: 3x3 kernels of stride one without groups.
// Few pixels with many channels take F(2x2, 3x3): 4x4 tiles with 16 points for 2x2 targets.
//
// The 4x4 tiles of all targets are counted through rows, columns and images.
//
//   source tile 6x6 ── B^T d B ──► V [36 points][source block][tile][V]
//   weights 3x3     ── G g G^T ──► U [target group][36 points][source channel][vectors][V]   (pack)
//   for each group of targets
//     M [point][vector][tile][V] = V[point] * U[group][point]      36 matrix products, microkernel
//     M ── A^T m A, bias, residual, ReLU ──► target tile 4x4
//
// CN_WINOGRAD: a task takes some tiles through all of that, with V and M in its own scratch.
// CN_WINOGRAD_PHASED: phase 0 writes V of all tiles to the workspace; in phase 1 a task takes one
// group of targets and many tiles, so that a large U is read once instead of once per few tiles.
// Unless the weights are constant, phase 1 makes the U of its group itself: it never goes to memory.
//
// Planes of points are padded by 192 bytes and channel blocks by 64, for 36 planes or 64 blocks at a
// power of two would share one cache set.

enum {
  WINOGRAD_VECTORS,      // vectors in a group of targets
  WINOGRAD_GROUPS,       // groups of targets
  WINOGRAD_TILES,        // tiles in a task
  WINOGRAD_PARTS,        // tasks along tiles
  WINOGRAD_INPUT_TILES,  // phased: tiles in a task of phase 0
  WINOGRAD_SMALL = 15,   // 1: F(2x2, 3x3); the last number, that of the gradient stays zero
};

enum { WINOGRAD_PLANE_PADDING = 48 };

typedef struct winograd_shape {
  const int32_t *blocking;
  axis y, x;
  channel_map channels;
  int32_t source_blocks, target_blocks, quads;
  // Targets along an edge of a tile, and points of a tile.
  int32_t edge, points;
  int32_t tile_rows, tile_columns, tiles;
} winograd_shape;

static winograd_shape make_winograd_shape(const cn_convolution_plan *plan) {
  winograd_shape s = {
      .blocking = plan->blocking,
      .y = vertical_axis(plan),
      .x = horizontal_axis(plan),
      .channels = make_channel_map(plan),
  };
  s.source_blocks = (int32_t)ceil_div(s.channels.sources, CN_VL);
  s.target_blocks = (int32_t)ceil_div(s.channels.targets, CN_VL);
  s.quads = (int32_t)ceil_div(s.channels.sources, 4);
  s.edge = plan->blocking[WINOGRAD_SMALL] ? 2 : WINOGRAD_OUT;
  s.points = (s.edge + 2) * (s.edge + 2);
  s.tile_rows = (int32_t)ceil_div(s.y.target_size, s.edge);
  s.tile_columns = (int32_t)ceil_div(s.x.target_size, s.edge);
  s.tiles = plan->request.problem.batch * s.tile_rows * s.tile_columns;
  return s;
}

CN_INLINE bool winograd_fits(const cn_convolution_problem *p) {
  return p->kernel_height == 3 && p->kernel_width == 3 && p->stride_height == 1 &&
         p->stride_width == 1 && p->dilation_height == 1 && p->dilation_width == 1 &&
         p->groups == 1;
}

// Floats from one channel block to the next in V, for `tiles` tiles.
CN_INLINE int64_t winograd_block_distance(int64_t tiles) { return tiles * CN_VL + 16; }
// Floats from one point to the next.
CN_INLINE int64_t winograd_v_plane(const winograd_shape *s, int64_t tiles) {
  return s->source_blocks * winograd_block_distance(tiles) + WINOGRAD_PLANE_PADDING;
}
CN_INLINE int64_t winograd_m_plane(const winograd_shape *s) {
  return (int64_t)s->blocking[WINOGRAD_VECTORS] * s->blocking[WINOGRAD_TILES] * CN_VL +
         WINOGRAD_PLANE_PADDING;
}
// Floats of U of one point and one group.
CN_INLINE int64_t winograd_u_plane(const winograd_shape *s) {
  return (int64_t)s->quads * 4 * s->blocking[WINOGRAD_VECTORS] * CN_VL + WINOGRAD_PLANE_PADDING;
}

// Estimated cycles, one multiply-add of a vector per cycle: the products, the transforms of tiles and
// weights and, in the last term, reading weights four times as large once per group of tiles.
static double winograd_tile_cost(const cn_convolution_plan *plan, bool small) {
  cn_convolution_plan sized = *plan;
  sized.blocking[WINOGRAD_SMALL] = small;
  const winograd_shape s = make_winograd_shape(&sized);
  const double tiles = s.tiles, products = (double)s.channels.sources * s.target_blocks;
  const double weight_bytes = s.points * products * CN_VL * 4;
  const double input = small ? 60 : 140, output = small ? 40 : 100;
  return tiles * (s.points * products + input * s.source_blocks + output * s.target_blocks) +
         (weight_bytes > 400e3 ? weight_bytes / 8 : 0);
}

// Weights that change are transformed in each step, where the larger tile is the cheaper one.
static bool winograd_prefers_small(const cn_convolution_plan *plan) {
  return plan->request.constant_weights && plan->request.direction != CN_BACKWARD_WEIGHTS &&
         winograd_tile_cost(plan, true) < 0.95 * winograd_tile_cost(plan, false);
}

static cn_status plan_winograd(cn_convolution_plan *plan, bool phased) {
  const cn_convolution_problem *p = &plan->request.problem;
  if (!winograd_fits(p) || plan->request.plain_source) return CN_UNSUPPORTED;
  const int64_t targets_per_image = plan->request.direction == CN_BACKWARD_DATA
                                        ? ceil_div(p->height, 2) * ceil_div(p->width, 2)
                                        : ceil_div(plan->out_height, 2) *
                                              ceil_div(plan->out_width, 2);
  if (p->batch * targets_per_image > INT32_MAX / 16) return CN_UNSUPPORTED;
  int32_t *blocking = plan->blocking;
  blocking[WINOGRAD_SMALL] = winograd_prefers_small(plan);
  winograd_shape s = make_winograd_shape(plan);
  blocking[WINOGRAD_VECTORS] = s.target_blocks > 1 ? 2 : 1;
  blocking[WINOGRAD_GROUPS] = (int32_t)ceil_div(s.target_blocks, blocking[WINOGRAD_VECTORS]);
  const int64_t most = phased ? 140 : ceil_div(28, CN_MAX_PIXELS) * CN_MAX_PIXELS;
  const int64_t parts = ceil_div(s.tiles, most);
  blocking[WINOGRAD_TILES] = (int32_t)ceil_div(s.tiles, parts);
  blocking[WINOGRAD_PARTS] = (int32_t)ceil_div(s.tiles, blocking[WINOGRAD_TILES]);

  const bool statistics = plan->request.statistics && plan->request.direction == CN_FORWARD;
  int64_t v_floats = s.points * winograd_v_plane(&s, blocking[WINOGRAD_TILES]);
  plan->phases = 1;
  if (phased) {
    v_floats = s.points * winograd_v_plane(&s, s.tiles);
    if (v_floats > INT32_MAX) return CN_UNSUPPORTED;
    plan->workspace_bytes = 4 * v_floats;
    const int64_t input_parts = min64(s.tiles, max64(1, min64(64, s.tiles * s.source_blocks / 64)));
    blocking[WINOGRAD_INPUT_TILES] = (int32_t)ceil_div(s.tiles, input_parts);
    plan->tasks[0] = (int32_t)ceil_div(s.tiles, blocking[WINOGRAD_INPUT_TILES]);
    plan->tasks[1] = blocking[WINOGRAD_PARTS] * blocking[WINOGRAD_GROUPS];
    plan->phases = 2;
  } else {
    plan->tasks[0] = blocking[WINOGRAD_PARTS];
  }
  const int64_t m_floats = s.points * winograd_m_plane(&s);
  plan->thread_scratch_bytes =
      4 * (m_floats + 2 * s.quads + (phased ? 0 : v_floats));
  const int64_t group_bytes = 4 * s.points * winograd_u_plane(&s);
  if (phased && !plan->request.constant_weights) {
    plan->thread_scratch_bytes += group_bytes;
  } else {
    plan->packed_weight_bytes = blocking[WINOGRAD_GROUPS] * group_bytes;
    plan->pack_tasks = blocking[WINOGRAD_GROUPS] * s.source_blocks;
  }
  if (statistics) {
    plan->workspace_bytes += statistics_bytes(blocking[WINOGRAD_PARTS], s.target_blocks);
    plan->tasks[plan->phases++] = s.target_blocks;
  }
  plan->algorithm = phased ? CN_WINOGRAD_PHASED : CN_WINOGRAD;
  return CN_OK;
}

// U of one group of targets and one source block; `u` is where the group starts.
static void transform_weights(const cn_convolution_plan *plan, const winograd_shape *s,
                              int32_t group, int32_t block, const float *weights, float *u) {
  const int32_t first_block = group * s->blocking[WINOGRAD_VECTORS];
  const int32_t vectors =
      (int32_t)min64(s->blocking[WINOGRAD_VECTORS], s->target_blocks - first_block);
  const int32_t channels = (int32_t)min64(CN_VL, s->quads * 4 - block * CN_VL);
  const int64_t plane = winograd_u_plane(s);
  float square[CN_VL * 9 * CN_VL] __attribute__((aligned(64)));
  for (int32_t v = 0; v < vectors; v++) {
    read_weight_square(plan, &s->channels, weights, (first_block + v) * CN_VL, block * CN_VL,
                       square);
    float *out = u + ((int64_t)block * CN_VL * vectors + v) * CN_VL;
    const bool turned = plan->request.direction == CN_BACKWARD_DATA;
    for (int32_t c = 0; c < channels; c++) {
      float *to = out + (int64_t)c * vectors * CN_VL;
      if (s->edge == 2)
        winograd_weight_tile_small(square + c * 9 * CN_VL, turned, to, plane);
      else
        winograd_weight_tile(square + c * 9 * CN_VL, turned, to, plane);
    }
  }
}

static void pack_winograd(const cn_convolution_plan *plan, int32_t task, const float *weights,
                          float *packed) {
  const winograd_shape s = make_winograd_shape(plan);
  const int32_t group = task / s.source_blocks, block = task % s.source_blocks;
  transform_weights(plan, &s, group, block, weights,
                    packed + group * s.points * winograd_u_plane(&s));
}

// Where a tile lies.
typedef struct tile_place {
  int32_t image, row, column;
} tile_place;

CN_INLINE tile_place place_of_tile(const winograd_shape *s, int32_t tile) {
  return (tile_place){tile / (s->tile_rows * s->tile_columns),
                      tile / s->tile_columns % s->tile_rows * s->edge,
                      tile % s->tile_columns * s->edge};
}

// Copies size x size pixels whose corner may lie outside the image, zero there.
static void copy_patch(const float *plane, int32_t height, int32_t width, int32_t top,
                       int32_t left, int32_t size, float *patch) {
  for (int32_t r = 0; r < size; r++)
    for (int32_t c = 0; c < size; c++) {
      const int32_t y = top + r, x = left + c;
      const bool inside = y >= 0 && y < height && x >= 0 && x < width;
      store(patch + (r * size + c) * CN_VL,
            inside ? load(plane + ((int64_t)y * width + x) * CN_VL) : zero());
    }
}

// Transforms one channel block of one tile into V.
CN_INLINE void transform_source_tile(const float *plane, int32_t height, int32_t width,
                                     int32_t top, int32_t left, int32_t size, float *out,
                                     int64_t v_plane) {
  float patch[36 * CN_VL] __attribute__((aligned(64)));
  const bool inside = top >= 0 && left >= 0 && top + size <= height && left + size <= width;
  if (!inside) copy_patch(plane, height, width, top, left, size, patch);
  const float *from = inside ? plane + ((int64_t)top * width + left) * CN_VL : patch;
  const int64_t row = (int64_t)(inside ? width : size) * CN_VL;
  if (size == 4)
    winograd_input_tile_small(from, row, out, v_plane);
  else
    winograd_input_tile(from, row, out, v_plane);
}

// Asks for rows x 4 pixels that a tile soon needs. Tiles of a batch come from memory, in pieces too
// short for the processor to guess; asking wins 4 to 7 % of a layer and costs nothing in the cache.
CN_INLINE void prefetch_tile(const float *corner, int64_t row, const int rows, const int write) {
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int c = 0; c < 4; c++) {
      if (write)
        __builtin_prefetch(corner + r * row + c * CN_VL, 1);
      else
        __builtin_prefetch(corner + r * row + c * CN_VL, 0);
    }
}

// V of the tiles first ..< first + count; `v` is where the first of them goes, a source block is
// block_distance floats.
static void transform_tiles(const winograd_shape *s, const float *source, int32_t first,
                            int32_t count, float *v, int64_t block_distance, int64_t v_plane) {
  const int64_t plane = (int64_t)s->y.source_size * s->x.source_size * CN_VL;
  const int64_t row = (int64_t)s->x.source_size * CN_VL;
  for (int32_t b = 0; b < s->source_blocks; b++)
    for (int32_t i = 0; i < count; i++) {
      const tile_place at = place_of_tile(s, first + i);
      const int32_t top = at.row + s->y.first, left = at.column + s->x.first;
      const float *image = source + ((int64_t)at.image * s->source_blocks + b) * plane;
      // The columns of the tile after the next that this and the next do not read.
      prefetch_tile(image + max64(0, top) * row + (left + 10) * CN_VL, row, 6, 0);
      transform_source_tile(image, s->y.source_size, s->x.source_size, top, left, s->edge + 2,
                            v + b * block_distance + i * CN_VL, v_plane);
    }
}

// The matrix products, one per point, of one group of targets: M of `count` tiles from V.
static void multiply_points(const winograd_shape *s, int32_t count, const float *v,
                            int64_t v_plane, const float *u, int32_t vectors,
                            const quad *quads, float *m) {
  const float zeros[2 * CN_VL] __attribute__((aligned(64))) = {0};
  const int64_t m_plane = winograd_m_plane(s), u_plane = winograd_u_plane(s);
  const int64_t blocks = ceil_div(count, CN_MAX_PIXELS);
  block b = {
      .quads = quads,
      .quad_count = s->quads,
      .destination_step = CN_VL,
      .vector_distance = (int64_t)s->blocking[WINOGRAD_TILES] * CN_VL,
      .bias = zeros,
      .low = zeros,
      .high = zeros,
  };
  for (int32_t point = 0; point < s->points; point++) {
    b.weights = u + point * u_plane;
    for (int64_t n = 0; n < blocks; n++) {
      const int64_t first = cut(count, blocks, n), pixels = cut(count, blocks, n + 1) - first;
      b.source = v + point * v_plane + first * CN_VL;
      b.destination = m + point * m_plane + first * CN_VL;
      block_kernels[pixels - 1][vectors - 1][1](&b);
    }
  }
}

// Turns M of one target block into finished targets.
static void write_tiles(const winograd_shape *s, const cn_convolution_arguments *a,
                        int32_t first, int32_t count, int32_t target_block, const float *m) {
  target_limits limits;
  set_limits(a, target_block * CN_VL, s->channels.targets, &limits);
  const int64_t plane = (int64_t)s->y.target_size * s->x.target_size * CN_VL;
  const vec bias = load(limits.bias);
  for (int32_t i = 0; i < count; i++) {
    const tile_place at = place_of_tile(s, first + i);
    const int64_t corner =
        ((int64_t)at.image * s->target_blocks + target_block) * plane +
        ((int64_t)at.row * s->x.target_size + at.column) * CN_VL;
    const block b = {
        .destination = a->destination + corner,
        .low = limits.low,
        .high = limits.high,
        .limited = is_limited(a),
        .residual = a->residual ? a->residual + corner : NULL,
        .mask = a->mask ? a->mask + corner : NULL,
    };
    const int64_t row = (int64_t)s->x.target_size * CN_VL;
    prefetch_tile(b.destination + 4 * CN_VL, row, 4, 1);
    vec y[4][4];
    if (s->edge == 2)
      winograd_output_tile_small(m + i * CN_VL, winograd_m_plane(s), y);
    else
      winograd_output_tile(m + i * CN_VL, winograd_m_plane(s), y);
    if (s->edge == 4 && at.row + 4 <= s->y.target_size && at.column + 4 <= s->x.target_size) {
#pragma clang loop unroll(full)
      for (int r = 0; r < 4; r++)
#pragma clang loop unroll(full)
        for (int c = 0; c < 4; c++) finish(&b, r * row + c * CN_VL, 0, y[r][c] + bias);
    } else {
      const int rows = (int)min64(s->edge, s->y.target_size - at.row);
      const int columns = (int)min64(s->edge, s->x.target_size - at.column);
      for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
          finish(&b, r * row + c * CN_VL, 0, y[r][c] + bias);
    }
  }
}

// Statistics of the outputs of some tiles of one channel block, see statistics.h.
static void tile_statistics(const winograd_shape *s, const float *destination, int32_t first,
                            int32_t count, int32_t target_block, int32_t part, float *workspace) {
  const int64_t plane = (int64_t)s->y.target_size * s->x.target_size * CN_VL;
  float *out = workspace + ((int64_t)part * s->target_blocks + target_block) * 3 * CN_VL;
  vec mean = zero(), squares = zero();
  int64_t pixels = 0;
  // The first round sums, the second measures the distance from the mean.
  for (int round = 0; round < 2; round++) {
    vec sum[4] = {zero(), zero(), zero(), zero()};
    for (int32_t i = 0; i < count; i++) {
      const tile_place at = place_of_tile(s, first + i);
      const int rows = (int)min64(s->edge, s->y.target_size - at.row);
      const int columns = (int)min64(s->edge, s->x.target_size - at.column);
      const float *corner = destination +
                            ((int64_t)at.image * s->target_blocks + target_block) * plane +
                            ((int64_t)at.row * s->x.target_size + at.column) * CN_VL;
      if (round == 0) pixels += rows * columns;
      for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
          const vec y = load(corner + ((int64_t)r * s->x.target_size + c) * CN_VL);
          sum[c] += round == 0 ? y : (y - mean) * (y - mean);
        }
    }
    const vec total = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    if (round == 0)
      mean = total / splat((float)pixels);
    else
      squares = total;
  }
  store(out, mean);
  store(out + CN_VL, squares);
  store(out + 2 * CN_VL, splat((float)pixels));
}

static void run_winograd(const cn_convolution_plan *plan, int32_t phase, int32_t task,
                         const cn_convolution_arguments *a, float *scratch) {
  const winograd_shape s = make_winograd_shape(plan);
  const int32_t *blocking = s.blocking;
  const bool phased = plan->algorithm == CN_WINOGRAD_PHASED;
  const bool statistics = plan->request.statistics && plan->request.direction == CN_FORWARD;
  float *v = phased ? a->workspace : scratch;
  const int64_t v_tiles = phased ? s.tiles : blocking[WINOGRAD_TILES];
  const int64_t v_plane = winograd_v_plane(&s, v_tiles);
  const int64_t block_distance = winograd_block_distance(v_tiles);
  float *statistics_space =
      (float *)a->workspace + (phased ? s.points * v_plane : 0);
  if (statistics && phase == plan->phases - 1) {
    merge_statistics(statistics_space, blocking[WINOGRAD_PARTS], s.target_blocks, task, a->mean,
                     a->centred_squares);
    return;
  }
  if (phased && phase == 0) {
    const int32_t first = task * blocking[WINOGRAD_INPUT_TILES];
    const int32_t count = (int32_t)min64(blocking[WINOGRAD_INPUT_TILES], s.tiles - first);
    transform_tiles(&s, a->source, first, count, v + (int64_t)first * CN_VL, block_distance,
                    v_plane);
    return;
  }
  const int32_t part = phased ? task % blocking[WINOGRAD_PARTS] : task;
  const int32_t first = part * blocking[WINOGRAD_TILES];
  const int32_t count = (int32_t)min64(blocking[WINOGRAD_TILES], s.tiles - first);
  float *m = phased ? scratch : scratch + s.points * v_plane;
  float *own_weights = m + s.points * winograd_m_plane(&s);
  const bool packed = plan->packed_weight_bytes > 0;
  const int64_t group_floats = s.points * winograd_u_plane(&s);
  quad *quads = (quad *)(own_weights + (packed ? 0 : group_floats));
  if (phased)
    v += (int64_t)first * CN_VL;
  else
    transform_tiles(&s, a->source, first, count, v, block_distance, v_plane);

  const int32_t first_group = phased ? task / blocking[WINOGRAD_PARTS] : 0;
  const int32_t end_group = phased ? first_group + 1 : blocking[WINOGRAD_GROUPS];
  for (int32_t g = first_group; g < end_group; g++) {
    const int32_t first_block = g * blocking[WINOGRAD_VECTORS];
    const int32_t vectors =
        (int32_t)min64(blocking[WINOGRAD_VECTORS], s.target_blocks - first_block);
    for (int32_t q = 0; q < s.quads; q++)
      quads[q] = (quad){
          (int32_t)(q / QUADS_PER_BLOCK * block_distance + q % QUADS_PER_BLOCK * 4),
          q * 4 * vectors * CN_VL};
    if (!packed)
      for (int32_t b = 0; b < s.source_blocks; b++)
        transform_weights(plan, &s, g, b, a->weights, own_weights);
    multiply_points(&s, count, v, v_plane,
                    packed ? a->packed_weights + g * group_floats : own_weights, vectors, quads,
                    m);
    for (int32_t i = 0; i < vectors; i++) {
      write_tiles(&s, a, first, count, first_block + i,
                  m + (int64_t)i * blocking[WINOGRAD_TILES] * CN_VL);
      if (statistics)
        tile_statistics(&s, a->destination, first, count, first_block + i, part,
                        statistics_space);
    }
  }
}
