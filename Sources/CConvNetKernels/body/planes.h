// Walking over blocked planes and flat runs: shared by all kernels but convolution.

typedef struct {
  int64_t block;   // channel block
  int64_t channel; // first channel of the block
  int lanes;       // channels in the block, 1...CN_VL
} plane_place;

CN_INLINE int64_t block_count(int64_t channels) { return ceil_div(channels, CN_VL); }

CN_INLINE plane_place place_of_plane(int64_t plane, int64_t channels) {
  int64_t block = plane % block_count(channels);
  int64_t channel = block * CN_VL;
  return (plane_place){block, channel, (int)min64(CN_VL, channels - channel)};
}

// All ones in the first `lanes` lanes.
CN_INLINE ivec mask_of_first(int lanes) {
  ivec index;
  for (int i = 0; i < CN_VL; i++) index[i] = i;
  return index < lanes;
}

CN_INLINE vec masked(vec v, ivec mask) { return (vec)((ivec)v & mask); }

// The parameters of a block's channels, zero (or `beyond`) in the unused lanes.
CN_INLINE vec load_channels(const float *parameter, plane_place place) {
  return place.lanes == CN_VL ? load_unaligned(parameter + place.channel)
                              : load_first(parameter + place.channel, place.lanes);
}
CN_INLINE void store_channels(float *parameter, vec v, plane_place place) {
  if (place.lanes == CN_VL) store_unaligned(parameter + place.channel, v);
  else store_first(parameter + place.channel, v, place.lanes);
}
