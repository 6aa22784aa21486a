// Winograd's tiles: where they lie, how they are numbered, and their way in and out.
//
// An axis is cut into tiles of four targets and then some of three, as few points as possible: 14
// into 4 + 4 + 3 + 3. (Few pixels with many channels: tiles of two.) Tiles of all images are
// numbered by shape, then image, row and column:
//
//   3 x 3 | 3 high, 4 wide | 4 x 4 | 4 high, 3 wide
//
// so that the tiles that have a point are neighbours, whichever point it is: a matrix product each.

enum {
  WINOGRAD_VECTORS,      // vectors in a group of targets
  WINOGRAD_GROUPS,       // groups of targets
  WINOGRAD_TILES,        // tiles in a task
  WINOGRAD_PARTS,        // tasks along tiles
  WINOGRAD_INPUT_TILES,  // phased: tiles in a task of phase 0
  WINOGRAD_CHUNK,        // phased: source blocks whose U is made at once
  WINOGRAD_KIND = 15,    // a winograd_kind; the last number, that of the gradient stays zero
};

// Planes of points are padded by 192 bytes and channel blocks by 64, for 36 planes or 64 blocks at
// a power of two would share one cache set.
enum { WINOGRAD_PLANE_PADDING = 48 };

// Tiles along an axis: `large` of `edge` targets, then `three` of three.
typedef struct winograd_cut {
  int32_t edge, large, three;
} winograd_cut;

// The cut with the fewest points.
static winograd_cut winograd_cut_axis(winograd_kind kind, bool only_large, int32_t size) {
  const int32_t edge = kind == WINOGRAD_SMALL ? 2 : 4;
  winograd_cut best = {edge, (int32_t)ceil_div(size, edge), 0};
  if (kind == WINOGRAD_SMALL || only_large) return best;
  const int32_t points = winograd_points(kind), fewer = kind == WINOGRAD_WHOLE ? 5 : 7;
  for (int32_t three = 1; three <= 3; three++) {
    const int32_t large = (int32_t)ceil_div(max64(0, size - 3 * three), 4);
    if (points * large + fewer * three < points * best.large + fewer * best.three)
      best = (winograd_cut){edge, large, three};
  }
  return best;
}

CN_INLINE int32_t winograd_cut_count(const winograd_cut *c) { return c->large + c->three; }
// Where the tile begins.
CN_INLINE int32_t winograd_cut_start(const winograd_cut *c, int32_t tile) {
  return c->edge * tile - (tile > c->large ? (c->edge - 3) * (tile - c->large) : 0);
}

typedef struct winograd_shape {
  const int32_t *blocking;
  axis y, x;
  channel_map channels;
  int32_t source_blocks, target_blocks, quads;
  winograd_kind kind;
  // Points of a tile, of all of them and of those with weights of their own.
  int32_t points, weight_points;
  winograd_cut rows, columns;
  int32_t tiles;
  // The first tiles of 3 high 4 wide, of 4 x 4, of 4 high 3 wide.
  int32_t wide, square, high;
} winograd_shape;

static winograd_shape make_winograd_shape(const cn_convolution_plan *plan) {
  winograd_shape s = {
      .blocking = plan->blocking,
      .y = vertical_axis(plan),
      .x = horizontal_axis(plan),
      .channels = make_channel_map(plan),
      .kind = (winograd_kind)plan->blocking[WINOGRAD_KIND],
  };
  const int32_t batch = plan->request.problem.batch;
  const bool only_large = plan->request.direction == CN_BACKWARD_WEIGHTS;
  s.source_blocks = (int32_t)ceil_div(s.channels.sources, CN_VL);
  s.target_blocks = (int32_t)ceil_div(s.channels.targets, CN_VL);
  s.quads = (int32_t)ceil_div(s.channels.sources, 4);
  s.points = winograd_points(s.kind) * winograd_points(s.kind);
  s.weight_points = winograd_weight_points(s.kind) * winograd_weight_points(s.kind);
  s.rows = winograd_cut_axis(s.kind, only_large, s.y.target_size);
  s.columns = winograd_cut_axis(s.kind, only_large, s.x.target_size);
  s.tiles = batch * winograd_cut_count(&s.rows) * winograd_cut_count(&s.columns);
  s.wide = batch * s.rows.three * s.columns.three;
  s.square = s.wide + batch * s.rows.three * s.columns.large;
  s.high = s.square + batch * s.rows.large * s.columns.large;
  return s;
}

CN_INLINE bool winograd_fits(const cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  const bool strides = (p->stride_height == 1 && p->stride_width == 1) ||
                       (p->stride_height == 2 && p->stride_width == 2 &&
                        plan->request.direction == CN_FORWARD);
  return strides && p->kernel_height == 3 && p->kernel_width == 3 && p->dilation_height == 1 &&
         p->dilation_width == 1 && p->groups == 1;
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

// Where a tile lies, in targets, and how large it is.
typedef struct tile_place {
  int32_t image, row, column, rows, columns;
} tile_place;

CN_INLINE tile_place place_of_tile(const winograd_shape *s, int32_t tile) {
  const bool high = tile >= s->square, wide = tile >= s->wide && tile < s->high;
  tile -= tile >= s->high ? s->high : high ? s->square : wide ? s->wide : 0;
  const int32_t rows = high ? s->rows.large : s->rows.three;
  const int32_t columns = wide ? s->columns.large : s->columns.three;
  const int32_t row = tile / columns % rows + (high ? 0 : s->rows.large);
  const int32_t column = tile % columns + (wide ? 0 : s->columns.large);
  return (tile_place){tile / columns / rows, winograd_cut_start(&s->rows, row),
                      winograd_cut_start(&s->columns, column), high ? s->rows.edge : 3,
                      wide ? s->columns.edge : 3};
}

// Targets of the tile inside the image.
CN_INLINE int tile_height(const winograd_shape *s, const tile_place *at) {
  return (int)min64(at->rows, s->y.target_size - at->row);
}
CN_INLINE int tile_width(const winograd_shape *s, const tile_place *at) {
  return (int)min64(at->columns, s->x.target_size - at->column);
}

// The tiles that have a point.
CN_INLINE void tiles_of_point(const winograd_shape *s, int32_t point, int32_t *first,
                              int32_t *end) {
  const int32_t points = winograd_points(s->kind);
  const bool high = winograd_is_extra(s->kind, point / points);
  const bool wide = winograd_is_extra(s->kind, point % points);
  *first = high ? s->square : wide ? s->wide : 0;
  *end = wide ? s->high : s->tiles;
}

// The plane of U that belongs to a point: all targets share the weights of a middle tap.
CN_INLINE int32_t weight_plane_of_point(const winograd_shape *s, int32_t point) {
  const int32_t points = winograd_points(s->kind), own = winograd_weight_points(s->kind);
  return (int32_t)(min64(point / points, own - 1) * own + min64(point % points, own - 1));
}

// Copies rows x columns pixels whose corner may lie outside the image, zero there.
static void copy_patch(const float *plane, int32_t height, int32_t width, int32_t top,
                       int32_t left, int32_t rows, int32_t columns, float *patch) {
  for (int32_t r = 0; r < rows; r++)
    for (int32_t c = 0; c < columns; c++) {
      const int32_t y = top + r, x = left + c;
      const bool inside = y >= 0 && y < height && x >= 0 && x < width;
      store(patch + (r * columns + c) * CN_VL,
            inside ? load(plane + ((int64_t)y * width + x) * CN_VL) : zero());
    }
}

// One instance per shape of a tile.
#define CN_WINOGRAD_TILES(name, kind, rows, columns)                                           \
  static void winograd_input_##name(const float *d, int64_t row, float *out, int64_t plane) {  \
    winograd_input_tile(kind, rows, columns, d, row, out, plane);                              \
  }                                                                                            \
  static void winograd_output_##name(const float *m, int64_t plane, vec out[4][4]) {           \
    winograd_output_tile(kind, rows, columns, m, plane, out);                                  \
  }
CN_WINOGRAD_TILES(whole_33, WINOGRAD_WHOLE, 3, 3)
CN_WINOGRAD_TILES(whole_34, WINOGRAD_WHOLE, 3, 4)
CN_WINOGRAD_TILES(whole_43, WINOGRAD_WHOLE, 4, 3)
CN_WINOGRAD_TILES(whole_44, WINOGRAD_WHOLE, 4, 4)
CN_WINOGRAD_TILES(strided_33, WINOGRAD_STRIDED, 3, 3)
CN_WINOGRAD_TILES(strided_34, WINOGRAD_STRIDED, 3, 4)
CN_WINOGRAD_TILES(strided_43, WINOGRAD_STRIDED, 4, 3)
CN_WINOGRAD_TILES(strided_44, WINOGRAD_STRIDED, 4, 4)
CN_WINOGRAD_TILES(small_22, WINOGRAD_SMALL, 2, 2)

typedef struct tile_transforms {
  void (*input)(const float *d, int64_t row, float *out, int64_t plane);
  void (*output)(const float *m, int64_t plane, vec out[4][4]);
} tile_transforms;

#define CN_WINOGRAD_ENTRY(name) {winograd_input_##name, winograd_output_##name}
// [kind][high][wide]
static const tile_transforms winograd_tile_transforms[3][2][2] = {
    {{CN_WINOGRAD_ENTRY(whole_33), CN_WINOGRAD_ENTRY(whole_34)},
     {CN_WINOGRAD_ENTRY(whole_43), CN_WINOGRAD_ENTRY(whole_44)}},
    {{CN_WINOGRAD_ENTRY(small_22), CN_WINOGRAD_ENTRY(small_22)},
     {CN_WINOGRAD_ENTRY(small_22), CN_WINOGRAD_ENTRY(small_22)}},
    {{CN_WINOGRAD_ENTRY(strided_33), CN_WINOGRAD_ENTRY(strided_34)},
     {CN_WINOGRAD_ENTRY(strided_43), CN_WINOGRAD_ENTRY(strided_44)}},
};

CN_INLINE const tile_transforms *transforms_of(const winograd_shape *s, const tile_place *at) {
  return &winograd_tile_transforms[s->kind][at->rows == 4][at->columns == 4];
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
  const int32_t height = s->y.source_size, width = s->x.source_size;
  const int64_t plane = (int64_t)height * width * CN_VL, row = (int64_t)width * CN_VL;
  const int32_t step = s->y.source_step;
  for (int32_t b = 0; b < s->source_blocks; b++)
    for (int32_t i = 0; i < count; i++) {
      const tile_place at = place_of_tile(s, first + i);
      const int32_t top = at.row * step + s->y.first, left = at.column * step + s->x.first;
      const int32_t rows = winograd_sources(s->kind, at.rows);
      const int32_t columns = winograd_sources(s->kind, at.columns);
      const float *image = source + ((int64_t)at.image * s->source_blocks + b) * plane;
      // The columns of the tile after the next that this and the next do not read.
      const int64_t later = left + 2 * at.columns * step + 2;
      prefetch_tile(image + max64(0, top) * row + later * CN_VL, row, 6, 0);
      float patch[WINOGRAD_MOST * WINOGRAD_MOST * CN_VL] __attribute__((aligned(64)));
      const bool inside =
          top >= 0 && left >= 0 && top + rows <= height && left + columns <= width;
      if (!inside) copy_patch(image, height, width, top, left, rows, columns, patch);
      transforms_of(s, &at)->input(inside ? image + top * row + left * CN_VL : patch,
                                   inside ? row : columns * CN_VL,
                                   v + b * block_distance + i * CN_VL, v_plane);
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
    transforms_of(s, &at)->output(m + i * CN_VL, winograd_m_plane(s), y);
    const int rows = tile_height(s, &at), columns = tile_width(s, &at);
    if (rows == 4 && columns == 4) {
#pragma clang loop unroll(full)
      for (int r = 0; r < 4; r++)
#pragma clang loop unroll(full)
        for (int c = 0; c < 4; c++) finish(&b, r * row + c * CN_VL, 0, y[r][c] + bias);
    } else {
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
      const int rows = tile_height(s, &at), columns = tile_width(s, &at);
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
