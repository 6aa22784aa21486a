// Mean and centred sum of squares of each channel, for batch normalisation.
//
// Each part (some images x some rows) is measured right after it was written, while it is in the
// cache: first its mean, then the squared distances from that mean, so that nothing cancels as in
// E[x^2] - E[x]^2. The parts are then merged two and two in order (Chan, Golub, LeVeque 1979), in
// double.
//
//   workspace: [part][channel block][ mean V | centred squares V | count V ]

typedef struct statistics_area {
  int32_t images, rows, columns;
  int64_t image_distance, plane;
} statistics_area;

static int64_t statistics_bytes(int64_t parts, int64_t blocks) {
  return parts * blocks * 3 * CN_VL * 4;
}

// `corner` is the first pixel of the area in its channel block; rows are whole.
static void partial_statistics(float *workspace, int32_t blocks, int32_t part, int32_t channel_block,
                               statistics_area area, const float *corner) {
  const int64_t pixels = (int64_t)area.rows * area.columns;
  float *out = workspace + ((int64_t)part * blocks + channel_block) * 3 * CN_VL;
  // Four sums each, so that additions do not wait for one another.
  vec sum[4] = {zero(), zero(), zero(), zero()};
  for (int32_t i = 0; i < area.images; i++) {
    const float *x = corner + i * area.image_distance;
    int64_t n = 0;
    for (; n + 4 <= pixels; n += 4)
      for (int j = 0; j < 4; j++) sum[j] += load(x + (n + j) * CN_VL);
    for (; n < pixels; n++) sum[0] += load(x + n * CN_VL);
  }
  const float count = (float)(area.images * pixels);
  const vec mean = ((sum[0] + sum[1]) + (sum[2] + sum[3])) / splat(count);
  vec squares[4] = {zero(), zero(), zero(), zero()};
  for (int32_t i = 0; i < area.images; i++) {
    const float *x = corner + i * area.image_distance;
    int64_t n = 0;
    for (; n + 4 <= pixels; n += 4)
      for (int j = 0; j < 4; j++) {
        const vec d = load(x + (n + j) * CN_VL) - mean;
        squares[j] += d * d;
      }
    for (; n < pixels; n++) {
      const vec d = load(x + n * CN_VL) - mean;
      squares[0] += d * d;
    }
  }
  store(out, mean);
  store(out + CN_VL, (squares[0] + squares[1]) + (squares[2] + squares[3]));
  store(out + 2 * CN_VL, splat(count));
}

// Merges the parts of one channel block in order.
static void merge_statistics(const float *workspace, int32_t parts, int32_t blocks,
                             int32_t channel_block, float *mean, float *centred_squares) {
  double means[CN_VL] = {0}, squares[CN_VL] = {0};
  double count = 0;
  for (int32_t part = 0; part < parts; part++) {
    const float *in = workspace + ((int64_t)part * blocks + channel_block) * 3 * CN_VL;
    const double added = in[2 * CN_VL];
    const double total = count + added;
    for (int lane = 0; lane < CN_VL; lane++) {
      const double distance = in[lane] - means[lane];
      means[lane] += distance * (added / total);
      squares[lane] += in[CN_VL + lane] + distance * distance * (count * added / total);
    }
    count = total;
  }
  for (int lane = 0; lane < CN_VL; lane++) {
    mean[channel_block * CN_VL + lane] = (float)means[lane];
    centred_squares[channel_block * CN_VL + lane] = (float)squares[lane];
  }
}
