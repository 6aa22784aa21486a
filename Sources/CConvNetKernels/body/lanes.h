// Sixteen lanes, whatever the vector length: the unit of sums over rows and buffers. Lane i takes
// the elements i, i + 16, i + 32, ...; at the end the lanes are added in halves. So a sum has the
// same bits on every instruction set.

#pragma clang fp contract(off)

#define CN_LANES 16

typedef struct {
  vec part[CN_LANES / CN_VL];
} lanes;

typedef double double_vec __attribute__((ext_vector_type(CN_VL)));
typedef struct {
  double_vec part[CN_LANES / CN_VL];
} double_lanes;

CN_INLINE lanes splat_lanes(float value) {
  lanes result;
  for (int k = 0; k < CN_LANES / CN_VL; k++) result.part[k] = splat(value);
  return result;
}

// Sixteen floats at p, of which `left` exist; `filler` in place of the others.
CN_INLINE lanes load_lanes(const float *p, int64_t left, float filler) {
  lanes result;
  if (left >= CN_LANES) {
    for (int k = 0; k < CN_LANES / CN_VL; k++) result.part[k] = load_unaligned(p + k * CN_VL);
  } else {
    float padded[CN_LANES];
    for (int i = 0; i < CN_LANES; i++) padded[i] = i < left ? p[i] : filler;
    for (int k = 0; k < CN_LANES / CN_VL; k++) result.part[k] = load_unaligned(padded + k * CN_VL);
  }
  return result;
}

CN_INLINE void store_lanes(float *p, lanes v, int64_t left) {
  if (left >= CN_LANES) {
    for (int k = 0; k < CN_LANES / CN_VL; k++) store_unaligned(p + k * CN_VL, v.part[k]);
  } else {
    float padded[CN_LANES];
    for (int k = 0; k < CN_LANES / CN_VL; k++) store_unaligned(padded + k * CN_VL, v.part[k]);
    for (int64_t i = 0; i < left; i++) p[i] = padded[i];
  }
}

CN_INLINE float sum_lanes(lanes v) {
  float lane[CN_LANES];
  for (int k = 0; k < CN_LANES / CN_VL; k++) store_unaligned(lane + k * CN_VL, v.part[k]);
  for (int width = CN_LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lane[i] += lane[i + width];
  return lane[0];
}

// The largest lane; NaN does not win here (it comes back through the exponentials).
CN_INLINE float max_lanes(lanes v) {
  float lane[CN_LANES], best = -__builtin_inff();
  for (int k = 0; k < CN_LANES / CN_VL; k++) store_unaligned(lane + k * CN_VL, v.part[k]);
  for (int i = 0; i < CN_LANES; i++) best = lane[i] > best ? lane[i] : best;
  return best;
}

CN_INLINE double sum_double_lanes(double_lanes v) {
  double lane[CN_LANES];
  for (int k = 0; k < CN_LANES / CN_VL; k++)
    for (int i = 0; i < CN_VL; i++) lane[k * CN_VL + i] = v.part[k][i];
  for (int width = CN_LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lane[i] += lane[i + width];
  return lane[0];
}

#pragma clang fp contract(on)
