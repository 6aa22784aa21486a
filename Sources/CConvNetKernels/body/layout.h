// Layout changes: plain <-> blocked, pictures, channel copies, transposition.
//
// Between plain and blocked stands the transposition of V x V numbers (V channels, V pixels), done
// in registers (transpose.h):
//
//   channel 0:  a0 a1 a2 a3          pixel 0:  a0 b0 c0 d0
//   channel 1:  b0 b1 b2 b3    <->   pixel 1:  a1 b1 c1 d1
//   channel 2:  c0 c1 c2 c3          pixel 2:  a2 b2 c2 d2
//   channel 3:  d0 d1 d2 d3          pixel 3:  a3 b3 c3 d3

#pragma clang fp contract(off)

// One tile at an edge: `lanes` channels, `count` pixels.
static void block_part(const float *from, float *to, int64_t pixels, int lanes, int count) {
  vec rows[CN_VL];
  for (int c = 0; c < CN_VL; c++)
    rows[c] = c >= lanes        ? zero()
              : count == CN_VL ? load_unaligned(from + c * pixels)
                               : load_first(from + c * pixels, count);
  transpose(rows);
  for (int i = 0; i < count; i++) store(to + i * CN_VL, rows[i]);
}

static void layout_block(const float *x, float *y, cn_planes shape, int64_t first, int64_t last) {
  int64_t blocks = block_count(shape.channels), pixels = shape.pixels;
  for (int64_t plane = first; plane < last; plane++) {
    plane_place place = place_of_plane(plane, shape.channels);
    const float *from = x + (plane / blocks * shape.channels + place.channel) * pixels;
    float *to = y + plane * pixels * CN_VL;
    int64_t p = 0;
    for (; place.lanes == CN_VL && p + CN_VL <= pixels; p += CN_VL) {
      vec rows[CN_VL];
      for (int c = 0; c < CN_VL; c++) rows[c] = load_unaligned(from + c * pixels + p);
      transpose(rows);
      for (int i = 0; i < CN_VL; i++) store(to + (p + i) * CN_VL, rows[i]);
    }
    for (; p < pixels; p += CN_VL)
      block_part(
        from + p, to + p * CN_VL, pixels, place.lanes, (int)min64(CN_VL, pixels - p));
  }
}

static void unblock_part(const float *from, float *to, int64_t pixels, int lanes, int count) {
  vec rows[CN_VL];
  for (int i = 0; i < CN_VL; i++) rows[i] = i < count ? load(from + i * CN_VL) : zero();
  transpose(rows);
  for (int c = 0; c < lanes; c++) {
    if (count == CN_VL) store_unaligned(to + c * pixels, rows[c]);
    else store_first(to + c * pixels, rows[c], count);
  }
}

static void layout_unblock(const float *x, float *y, cn_planes shape, int64_t first, int64_t last) {
  int64_t blocks = block_count(shape.channels), pixels = shape.pixels;
  for (int64_t plane = first; plane < last; plane++) {
    plane_place place = place_of_plane(plane, shape.channels);
    const float *from = x + plane * pixels * CN_VL;
    float *to = y + (plane / blocks * shape.channels + place.channel) * pixels;
    int64_t p = 0;
    for (; place.lanes == CN_VL && p + CN_VL <= pixels; p += CN_VL) {
      vec rows[CN_VL];
      for (int i = 0; i < CN_VL; i++) rows[i] = load(from + (p + i) * CN_VL);
      transpose(rows);
      for (int c = 0; c < CN_VL; c++) store_unaligned(to + c * pixels + p, rows[c]);
    }
    for (; p < pixels; p += CN_VL)
      unblock_part(
        from + p * CN_VL, to + p, pixels, place.lanes, (int)min64(CN_VL, pixels - p));
  }
}

static void layout_picture_to_blocked(
  cn_picture x, const float *scale, const float *shift, float *y, int64_t first, int64_t last) {
  for (int64_t channel = 0; channel < x.channels; channel += CN_VL) {
    int64_t lanes = min64(CN_VL, x.channels - channel);
    float *plane = y + channel * x.height * x.width;
    for (int64_t h = first; h < last; h++) {
      const uint8_t *bytes = x.bytes + h * x.row_step + channel * x.channel_step;
      float *to = plane + h * x.width * CN_VL;
      for (int64_t w = 0; w < x.width; w++, bytes += x.pixel_step, to += CN_VL) {
        store(to, zero());
        for (int64_t c = 0; c < lanes; c++)
          to[c] = (float)bytes[c * x.channel_step] * scale[channel + c] + shift[channel + c];
      }
    }
  }
}

static void layout_picture_to_plain(
  cn_picture x, const float *scale, const float *shift, float *y, int64_t first, int64_t last) {
  for (int64_t c = 0; c < x.channels; c++)
    for (int64_t h = first; h < last; h++) {
      const uint8_t *bytes = x.bytes + h * x.row_step + c * x.channel_step;
      float *to = y + (c * x.height + h) * x.width;
      for (int64_t w = 0; w < x.width; w++)
        to[w] = (float)bytes[w * x.pixel_step] * scale[c] + shift[c];
    }
}

// to[pixel][to_lane...] = (or +=) from[pixel][from_lane...] for `count` lanes of every pixel, and
// zero in the lanes `zero_from`... of `to`.
//
// A vector loaded from_lane - to_lane floats off the pixel's own has every lane in its place; what
// the load picks up outside of the wanted lanes (the neighbour pixel's numbers) is masked out. Only
// at the first and the last pixel could it leave the plane: these go lane by lane.
CN_INLINE void copy_lanes(
  const float *from, int from_lane, float *to, int to_lane, int count, int zero_from,
  int64_t pixels, bool accumulate) {
  ivec lane;
  for (int i = 0; i < CN_VL; i++) lane[i] = i;
  ivec wanted = (lane >= to_lane) & (lane < to_lane + count);
  ivec kept = lane < zero_from;
  int shift = from_lane - to_lane;
  for (int64_t p = 0; p < pixels; p++) {
    float *target = to + p * CN_VL;
    if (p == 0 || p == pixels - 1) {
      for (int i = 0; i < count; i++) {
        float v = from[p * CN_VL + from_lane + i];
        target[to_lane + i] = accumulate ? target[to_lane + i] + v : v;
      }
      for (int i = zero_from; i < CN_VL; i++) target[i] = 0;
      continue;
    }
    vec v = load_unaligned(from + p * CN_VL + shift), old = load(target);
    vec new = wanted ? (accumulate ? old + v : v) : old;
    store(target, masked(new, kept));
  }
}

static void layout_copy_channels(
  const float *x, int64_t x_channels, int64_t x_first, float *y, int64_t y_channels,
  int64_t y_first, int64_t count, int64_t batch, int64_t pixels, bool accumulate, int64_t first,
  int64_t last) {
  (void)batch;
  int64_t x_blocks = block_count(x_channels), y_blocks = block_count(y_channels);
  int64_t plane_size = pixels * CN_VL;
  for (int64_t plane = first; plane < last; plane++) {
    int64_t image = plane / y_blocks, start = plane % y_blocks * CN_VL;
    float *to = y + plane * plane_size;
    // The channels of y that this plane gets, and where the unused lanes begin.
    int64_t channel = max64(start, y_first), end = min64(start + CN_VL, y_first + count);
    bool reaches_end = y_first + count == y_channels && end == y_channels;
    int zero_from = reaches_end ? (int)(y_channels - start) : CN_VL;
    while (channel < end) {
      int64_t source = channel - y_first + x_first;
      int from_lane = (int)(source % CN_VL), to_lane = (int)(channel - start);
      int run = (int)min64(CN_VL - from_lane, end - channel);
      const float *from = x + (image * x_blocks + source / CN_VL) * plane_size;
      if (run == CN_VL && !accumulate) memcpy(to, from, (size_t)plane_size * sizeof(float));
      else if (accumulate)
        copy_lanes(from, from_lane, to, to_lane, run, zero_from, pixels, true);
      else copy_lanes(from, from_lane, to, to_lane, run, zero_from, pixels, false);
      channel += run;
    }
  }
}

static void layout_fill(float *y, float value, int64_t count) {
  for (int64_t i = 0; i < count; i++) y[i] = value;
}

static void layout_transpose(
  const float *x, float *y, int64_t rows, int64_t columns, int64_t first, int64_t last) {
  for (int64_t c = first; c < last; c += CN_VL)
    for (int64_t r = 0; r < rows; r += CN_VL) {
      int height = (int)min64(CN_VL, rows - r), width = (int)min64(CN_VL, last - c);
      if (height == CN_VL && width == CN_VL) {
        vec tile[CN_VL];
        for (int i = 0; i < CN_VL; i++) tile[i] = load_unaligned(x + (r + i) * columns + c);
        transpose(tile);
        for (int i = 0; i < CN_VL; i++) store_unaligned(y + (c + i) * rows + r, tile[i]);
      } else {
        for (int i = 0; i < width; i++)
          for (int k = 0; k < height; k++) y[(c + i) * rows + r + k] = x[(r + k) * columns + c + i];
      }
    }
}

static const cn_layout_kernels layout_kernels = {
  .block = layout_block,
  .unblock = layout_unblock,
  .picture_to_blocked = layout_picture_to_blocked,
  .picture_to_plain = layout_picture_to_plain,
  .copy_channels = layout_copy_channels,
  .fill = layout_fill,
  .transpose = layout_transpose,
};

#pragma clang fp contract(on)
