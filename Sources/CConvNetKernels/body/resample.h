// Resizing and padding: every output cell of a plane reads one or four input cells, each one
// vector.
//
//   bilinear, 2 -> 4:  position  -0.25(0)  0.25  0.75  1.25(1)      the cells around it and the
//                      cells      0 0      0 1   0 1   1 1          share of the second one
//
// The backward forms clear their plane and add every gradient where the forward form read.

#pragma clang fp contract(off)

// What an output row (or column) reads: `share` of cell `second`, the rest of cell `first`.
typedef struct {
  int64_t first;
  int64_t second;
  float share;
} resize_read;

CN_INLINE resize_read nearest_read(float scale, int64_t o, int64_t size) {
  int64_t cell = min64((int64_t)((float)o * scale), size - 1);
  return (resize_read){cell, cell, 0};
}

CN_INLINE resize_read bilinear_read(float scale, bool align_corners, int64_t o, int64_t size) {
  float position = align_corners ? (float)o * scale : ((float)o + 0.5f) * scale - 0.5f;
  position = position < 0 ? 0 : position;
  int64_t cell = min64((int64_t)position, size - 1);
  return (resize_read){cell, min64(cell + 1, size - 1), position - (float)cell};
}

static void clear_planes(float *y, int64_t pixels, int64_t first, int64_t last) {
  memset(
    y + first * pixels * CN_VL, 0, (size_t)((last - first) * pixels * CN_VL) * sizeof(float));
}

static void resize_nearest(const float *x, float *y, cn_resize r, int64_t first, int64_t last) {
  for (int64_t plane = first; plane < last; plane++) {
    const float *from = x + plane * r.height * r.width * CN_VL;
    float *to = y + plane * r.output_height * r.output_width * CN_VL;
    for (int64_t oh = 0; oh < r.output_height; oh++) {
      int64_t h = nearest_read(r.scale_height, oh, r.height).first;
      for (int64_t ow = 0; ow < r.output_width; ow++, to += CN_VL) {
        int64_t w = nearest_read(r.scale_width, ow, r.width).first;
        store(to, load(from + (h * r.width + w) * CN_VL));
      }
    }
  }
}

static void resize_nearest_backward(
  const float *dy, float *dx, cn_resize r, int64_t first, int64_t last) {
  clear_planes(dx, r.height * r.width, first, last);
  for (int64_t plane = first; plane < last; plane++) {
    const float *from = dy + plane * r.output_height * r.output_width * CN_VL;
    float *to = dx + plane * r.height * r.width * CN_VL;
    for (int64_t oh = 0; oh < r.output_height; oh++) {
      int64_t h = nearest_read(r.scale_height, oh, r.height).first;
      for (int64_t ow = 0; ow < r.output_width; ow++, from += CN_VL) {
        float *cell = to + (h * r.width + nearest_read(r.scale_width, ow, r.width).first) * CN_VL;
        store(cell, load(cell) + load(from));
      }
    }
  }
}

static void resize_bilinear(const float *x, float *y, cn_resize r, int64_t first, int64_t last) {
  for (int64_t plane = first; plane < last; plane++) {
    const float *from = x + plane * r.height * r.width * CN_VL;
    float *to = y + plane * r.output_height * r.output_width * CN_VL;
    for (int64_t oh = 0; oh < r.output_height; oh++) {
      resize_read h = bilinear_read(r.scale_height, r.align_corners, oh, r.height);
      const float *upper = from + h.first * r.width * CN_VL;
      const float *lower = from + h.second * r.width * CN_VL;
      for (int64_t ow = 0; ow < r.output_width; ow++, to += CN_VL) {
        resize_read w = bilinear_read(r.scale_width, r.align_corners, ow, r.width);
        int64_t left = w.first * CN_VL, right = w.second * CN_VL;
        vec above = load(upper + left) * (1 - w.share) + load(upper + right) * w.share;
        vec below = load(lower + left) * (1 - w.share) + load(lower + right) * w.share;
        store(to, above * (1 - h.share) + below * h.share);
      }
    }
  }
}

CN_INLINE void add_to_cell(float *plane, int64_t cell, vec v) {
  float *p = plane + cell * CN_VL;
  store(p, load(p) + v);
}

static void resize_bilinear_backward(
  const float *dy, float *dx, cn_resize r, int64_t first, int64_t last) {
  clear_planes(dx, r.height * r.width, first, last);
  for (int64_t plane = first; plane < last; plane++) {
    const float *from = dy + plane * r.output_height * r.output_width * CN_VL;
    float *to = dx + plane * r.height * r.width * CN_VL;
    for (int64_t oh = 0; oh < r.output_height; oh++) {
      resize_read h = bilinear_read(r.scale_height, r.align_corners, oh, r.height);
      for (int64_t ow = 0; ow < r.output_width; ow++, from += CN_VL) {
        resize_read w = bilinear_read(r.scale_width, r.align_corners, ow, r.width);
        vec above = load(from) * (1 - h.share), below = load(from) * h.share;
        int64_t upper = h.first * r.width, lower = h.second * r.width;
        add_to_cell(to, upper + w.first, above * (1 - w.share));
        add_to_cell(to, upper + w.second, above * w.share);
        add_to_cell(to, lower + w.first, below * (1 - w.share));
        add_to_cell(to, lower + w.second, below * w.share);
      }
    }
  }
}

// The input row (or column) that output o reads; -1 outside.
CN_INLINE int64_t padded_source(cn_pad_mode mode, int64_t o, int64_t before, int64_t size) {
  int64_t i = o - before;
  if (mode == CN_PAD_REPLICATE) return max64(0, min64(i, size - 1));
  if (mode == CN_PAD_REFLECT) {
    if (i < 0) i = -i;
    if (i >= size) i = 2 * (size - 1) - i;
  }
  return i >= 0 && i < size ? i : -1;
}

static void pad_forward(const float *x, float *y, cn_pad p, int64_t first, int64_t last) {
  for (int64_t plane = first; plane < last; plane++) {
    const float *from = x + plane * p.height * p.width * CN_VL;
    float *to = y + plane * p.output_height * p.output_width * CN_VL;
    vec outside = masked(splat(p.value), mask_of_first(place_of_plane(plane, p.channels).lanes));
    for (int64_t oh = 0; oh < p.output_height; oh++) {
      int64_t h = padded_source(p.mode, oh, p.top, p.height);
      for (int64_t ow = 0; ow < p.output_width; ow++, to += CN_VL) {
        int64_t w = padded_source(p.mode, ow, p.left, p.width);
        store(to, h >= 0 && w >= 0 ? load(from + (h * p.width + w) * CN_VL) : outside);
      }
    }
  }
}

static void pad_backward(const float *dy, float *dx, cn_pad p, int64_t first, int64_t last) {
  clear_planes(dx, p.height * p.width, first, last);
  for (int64_t plane = first; plane < last; plane++) {
    const float *from = dy + plane * p.output_height * p.output_width * CN_VL;
    float *to = dx + plane * p.height * p.width * CN_VL;
    for (int64_t oh = 0; oh < p.output_height; oh++) {
      int64_t h = padded_source(p.mode, oh, p.top, p.height);
      for (int64_t ow = 0; ow < p.output_width; ow++, from += CN_VL) {
        int64_t w = padded_source(p.mode, ow, p.left, p.width);
        if (h >= 0 && w >= 0) add_to_cell(to, h * p.width + w, load(from));
      }
    }
  }
}

#pragma clang fp contract(on)
