// Winograd's algorithm, forward and backward data: 3x3 kernels without groups, of stride one and,
// forward only, of stride two. winograd_transforms.h has the kinds, winograd_tiles.h the tiles.
//
//   source tile 6x6 ── B^T d B ──► V [36 points][source block][tile][V]
//   weights 3x3     ── G g G^T ──► U [target group][36 points][source channel][vectors][V]   (pack)
//   for each group of targets
//     M [point][vector][tile][V] = V[point] * U[group][point]      36 matrix products, microkernel
//     M ── A^T m A, bias, residual, ReLU ──► target tile 4x4
//
// CN_WINOGRAD: a task takes some tiles through all of that, with V and M in its own scratch.
// CN_WINOGRAD_PHASED: phase 0 writes V of all tiles to the workspace; in phase 1 a task takes one
// group of targets and many tiles, and makes the U of its group itself, some source blocks at a
// time. So U, 4 times as large as the weights, stays in the second-level cache; where a network's weights
// come from memory anew in each run (one picture, 512 channels) a layer alone takes a fifth less.
// Constant weights are packed in the order in which U is made.

// Floats of U of one point and one group, of all sources or of a chunk.
CN_INLINE int64_t winograd_u_plane(const winograd_shape *s) {
  const int64_t chunk = s->blocking[WINOGRAD_CHUNK];
  const int64_t sources = chunk > 0 ? chunk * CN_VL : s->quads * 4;
  return sources * s->blocking[WINOGRAD_VECTORS] * CN_VL + WINOGRAD_PLANE_PADDING;
}
// Floats of the weights of one vector of targets and one source block.
enum { WINOGRAD_SQUARE = CN_VL * 9 * CN_VL };

// Estimated cycles, one multiply-add of a vector per cycle: the products and the transforms of
// tiles and of weights, which are made anew for each group of tiles (one, when tiles are few).
static double winograd_cost_of(const cn_convolution_plan *plan, winograd_kind kind) {
  cn_convolution_plan sized = *plan;
  sized.blocking[WINOGRAD_KIND] = kind;
  const winograd_shape s = make_winograd_shape(&sized);
  const double tiles = s.tiles, products = (double)s.channels.sources * s.target_blocks;
  const double input = kind == WINOGRAD_SMALL ? 60 : 4 * s.points;
  const double output = kind == WINOGRAD_SMALL ? 40 : 3 * s.points;
  const double weights = kind == WINOGRAD_SMALL ? 75 : 160;
  double points = 0;
  for (int32_t point = 0; point < s.points; point++) {
    int32_t first, end;
    tiles_of_point(&s, point, &first, &end);
    points += end - first;
  }
  return points * products + tiles * (input * s.source_blocks + output * s.target_blocks) +
         weights * products;
}

static winograd_kind choose_winograd_kind(const cn_convolution_plan *plan) {
  if (plan->request.problem.stride_height == 2) return WINOGRAD_STRIDED;
  const bool small = plan->request.direction != CN_BACKWARD_WEIGHTS &&
                     winograd_cost_of(plan, WINOGRAD_SMALL) <
                         0.95 * winograd_cost_of(plan, WINOGRAD_WHOLE);
  return small ? WINOGRAD_SMALL : WINOGRAD_WHOLE;
}

static cn_status plan_winograd(cn_convolution_plan *plan, bool phased) {
  const cn_convolution_problem *p = &plan->request.problem;
  if (!winograd_fits(plan) || plan->request.plain_source) return CN_UNSUPPORTED;
  const int64_t targets_per_image = plan->request.direction == CN_BACKWARD_DATA
                                        ? ceil_div(p->height, 2) * ceil_div(p->width, 2)
                                        : ceil_div(plan->out_height, 2) *
                                              ceil_div(plan->out_width, 2);
  if (p->batch * targets_per_image > INT32_MAX / 16) return CN_UNSUPPORTED;
  int32_t *blocking = plan->blocking;
  blocking[WINOGRAD_KIND] = choose_winograd_kind(plan);
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
  if (phased) {
    const int64_t lanes = (int64_t)blocking[WINOGRAD_VECTORS] * CN_VL;
    const int64_t block_bytes = 4 * s.weight_points * CN_VL * lanes;
    blocking[WINOGRAD_CHUNK] = (int32_t)max64(1, min64(s.source_blocks, 300000 / block_bytes));
  }
  const int64_t u_bytes = 4 * s.weight_points * winograd_u_plane(&s);
  if (phased) plan->thread_scratch_bytes += u_bytes;
  if (!phased || plan->request.constant_weights) {
    const int64_t square_bytes = 4 * WINOGRAD_SQUARE;
    plan->packed_weight_bytes =
        blocking[WINOGRAD_GROUPS] *
        (phased ? s.source_blocks * blocking[WINOGRAD_VECTORS] * square_bytes : u_bytes);
    plan->pack_tasks = blocking[WINOGRAD_GROUPS] * s.source_blocks;
  }
  if (statistics) {
    plan->workspace_bytes += statistics_bytes(blocking[WINOGRAD_PARTS], s.target_blocks);
    plan->tasks[plan->phases++] = s.target_blocks;
  }
  plan->algorithm = phased ? CN_WINOGRAD_PHASED : CN_WINOGRAD;
  return CN_OK;
}

// Vectors of targets in a group; the last group may have fewer.
CN_INLINE int32_t winograd_vectors(const winograd_shape *s, int32_t group) {
  const int64_t vectors = s->blocking[WINOGRAD_VECTORS];
  return (int32_t)min64(vectors, s->target_blocks - group * vectors);
}

// U of vector `v` of the `vectors` of a group and one source block, from a square of weights; `u`
// is where U of that source block starts.
static void transform_square(const cn_convolution_plan *plan, const winograd_shape *s,
                             const float *square, int32_t block, int32_t vectors, int32_t v,
                             float *u) {
  const int32_t channels = (int32_t)min64(CN_VL, s->quads * 4 - block * CN_VL);
  const int64_t plane = winograd_u_plane(s);
  const bool turned = plan->request.direction == CN_BACKWARD_DATA;
  for (int32_t c = 0; c < channels; c++) {
    float *to = u + ((int64_t)c * vectors + v) * CN_VL;
    const float *nine = square + c * 9 * CN_VL;
    if (s->kind == WINOGRAD_SMALL)
      winograd_weight_tile(WINOGRAD_SMALL, nine, turned, to, plane);
    else if (s->kind == WINOGRAD_WHOLE)
      winograd_weight_tile(WINOGRAD_WHOLE, nine, turned, to, plane);
    else
      winograd_weight_tile(WINOGRAD_STRIDED, nine, false, to, plane);
  }
}

// Phased: where the packed weights of a vector of targets and a source block are.
CN_INLINE int64_t packed_square(const winograd_shape *s, int32_t group, int32_t block, int32_t v) {
  return (((int64_t)group * s->source_blocks + block) * s->blocking[WINOGRAD_VECTORS] + v) *
         WINOGRAD_SQUARE;
}

static void pack_winograd(const cn_convolution_plan *plan, int32_t task, const float *weights,
                          float *packed) {
  const winograd_shape s = make_winograd_shape(plan);
  const int32_t group = task / s.source_blocks, block = task % s.source_blocks;
  const int32_t vectors = winograd_vectors(&s, group);
  const int32_t first_block = group * s.blocking[WINOGRAD_VECTORS];
  float *u = packed + group * s.weight_points * winograd_u_plane(&s) +
             (int64_t)block * CN_VL * vectors * CN_VL;
  float square[WINOGRAD_SQUARE] __attribute__((aligned(64)));
  for (int32_t v = 0; v < vectors; v++) {
    const bool phased = plan->algorithm == CN_WINOGRAD_PHASED;
    float *to = phased ? packed + packed_square(&s, group, block, v) : square;
    read_weight_square(plan, &s.channels, weights, (first_block + v) * CN_VL, block * CN_VL, to);
    if (!phased) transform_square(plan, &s, square, block, vectors, v, u);
  }
}

// Phased: U of `count` source blocks of one group of targets.
static void transform_chunk(const cn_convolution_plan *plan, const winograd_shape *s,
                            const cn_convolution_arguments *a, int32_t group, int32_t first,
                            int32_t count, float *u) {
  const int32_t vectors = winograd_vectors(s, group);
  const int32_t first_block = group * s->blocking[WINOGRAD_VECTORS];
  float square[WINOGRAD_SQUARE] __attribute__((aligned(64)));
  for (int32_t b = first; b < first + count; b++)
    for (int32_t v = 0; v < vectors; v++) {
      const float *from = square;
      if (plan->pack_tasks > 0)
        from = a->packed_weights + packed_square(s, group, b, v);
      else
        read_weight_square(plan, &s->channels, a->weights, (first_block + v) * CN_VL, b * CN_VL,
                           square);
      transform_square(plan, s, from, b, vectors, v,
                       u + (int64_t)(b - first) * CN_VL * vectors * CN_VL);
    }
}

// The matrix products, one per point, of one group of targets: M of the tiles
// first ..< first + count from V, or added to what M has of other sources.
// Meanwhile asks for the `next_floats` at `next`, the weights of which the next U is made.
static void multiply_points(const winograd_shape *s, int32_t first, int32_t count, const float *v,
                            int64_t v_plane, const float *u, int32_t vectors,
                            const quad *quads, int32_t quad_count, bool add, float *m,
                            const float *next, int64_t next_floats) {
  const float zeros[2 * CN_VL] __attribute__((aligned(64))) = {0};
  const int64_t m_plane = winograd_m_plane(s), u_plane = winograd_u_plane(s);
  block b = {
      .quads = quads,
      .quad_count = quad_count,
      .destination_step = CN_VL,
      .vector_distance = (int64_t)s->blocking[WINOGRAD_TILES] * CN_VL,
      .bias = zeros,
      .low = zeros,
      .high = zeros,
  };
  for (int32_t point = 0; point < s->points; point++) {
    int32_t from, to;
    tiles_of_point(s, point, &from, &to);
    from = (int32_t)max64(0, from - first);
    to = (int32_t)min64(count, to - first);
    const int64_t next_end = next_floats * (point + 1) / s->points;
    for (int64_t i = next_floats * point / s->points / 16 * 16; i < next_end; i += 16)
      __builtin_prefetch(next + i, 0, 2);
    if (from >= to) continue;
    b.weights = u + weight_plane_of_point(s, point) * u_plane;
    const int64_t blocks = ceil_div(to - from, CN_MAX_PIXELS);
    for (int64_t n = 0; n < blocks; n++) {
      const int64_t tile = from + cut(to - from, blocks, n);
      const int64_t tiles = from + cut(to - from, blocks, n + 1) - tile;
      b.source = v + point * v_plane + tile * CN_VL;
      b.destination = m + point * m_plane + tile * CN_VL;
      b.residual = add ? b.destination : NULL;
      block_kernels[tiles - 1][vectors - 1][1](&b);
    }
  }
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
  // All groups of a part one after the other: its V is still in a cache.
  const int32_t part = phased ? task / blocking[WINOGRAD_GROUPS] : task;
  const int32_t first = part * blocking[WINOGRAD_TILES];
  const int32_t count = (int32_t)min64(blocking[WINOGRAD_TILES], s.tiles - first);
  float *m = phased ? scratch : scratch + s.points * v_plane;
  const int64_t group_floats = s.weight_points * winograd_u_plane(&s);
  float *own_weights = m + s.points * winograd_m_plane(&s);
  quad *quads = (quad *)(own_weights + (phased ? group_floats : 0));
  if (phased)
    v += (int64_t)first * CN_VL;
  else
    transform_tiles(&s, a->source, first, count, v, block_distance, v_plane);

  const int32_t first_group = phased ? task % blocking[WINOGRAD_GROUPS] : 0;
  const int32_t end_group = phased ? first_group + 1 : blocking[WINOGRAD_GROUPS];
  const int32_t chunk = phased ? blocking[WINOGRAD_CHUNK] : s.source_blocks;
  for (int32_t g = first_group; g < end_group; g++) {
    const int32_t first_block = g * blocking[WINOGRAD_VECTORS];
    const int32_t vectors = winograd_vectors(&s, g);
    for (int32_t b = 0; b < s.source_blocks; b += chunk) {
      const int32_t first_quad = b * QUADS_PER_BLOCK;
      const int32_t quad_count =
          (int32_t)min64(chunk * QUADS_PER_BLOCK, s.quads - first_quad);
      for (int32_t q = 0; q < quad_count; q++)
        quads[q] = (quad){(int32_t)((first_quad + q) / QUADS_PER_BLOCK * block_distance +
                                    (first_quad + q) % QUADS_PER_BLOCK * 4),
                          q * 4 * vectors * CN_VL};
      const float *u = own_weights;
      if (phased)
        transform_chunk(plan, &s, a, g, b, (int32_t)min64(chunk, s.source_blocks - b), own_weights);
      else
        u = a->packed_weights + g * group_floats;
      // The packed weights of the chunks of a group, and of the groups, follow each other.
      const int64_t rest = phased && plan->pack_tasks > 0 ? s.source_blocks - b - chunk : 0;
      const float *next = rest > 0 ? a->packed_weights + packed_square(&s, g, b + chunk, 0) : NULL;
      const int64_t next_floats = max64(0, min64(chunk, rest)) * vectors * WINOGRAD_SQUARE;
      multiply_points(&s, first, count, v, v_plane, u, vectors, quads, quad_count, b > 0, m, next,
                      next_floats);
    }
    for (int32_t i = 0; i < vectors; i++) {
      write_tiles(&s, a, first, count, first_block + i,
                  m + (int64_t)i * blocking[WINOGRAD_TILES] * CN_VL);
      if (statistics)
        tile_statistics(&s, a->destination, first, count, first_block + i, part,
                        statistics_space);
    }
  }
}
