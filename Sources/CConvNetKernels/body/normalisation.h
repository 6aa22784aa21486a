// Batch normalisation in as few passes over memory as possible: two to read x and write y, two for
// the backward pass. A plane's channels are the lanes of one vector, so all statistics are plain
// vector sums over pixels; nothing crosses lanes.
//
// The statistics of a chunk of 256 pixels (at most 16 KiB) are taken in two passes, the second one
// from the L1 cache: its mean, then the deviations from this mean. Chunks are then merged:
//
//   n = n1 + n2, d = mean2 - mean1, mean = mean1 + d n2 / n, M2 = M2_1 + M2_2 + d^2 n1 n2 / n

#pragma clang fp contract(off)

#define CN_CHUNK 256

typedef struct {
  float count;
  vec mean;
  vec squares;
} chunk_statistics;

CN_INLINE chunk_statistics statistics_of_chunk(const float *x, int64_t pixels) {
  vec mean = sum_over_pixels(x, NULL, pixels) / (float)pixels;
  vec chain[4] = {zero(), zero(), zero(), zero()};
  int64_t i = 0;
  for (; i + 4 <= pixels; i += 4)
    for (int k = 0; k < 4; k++) {
      vec deviation = load(x + (i + k) * CN_VL) - mean;
      chain[k] += deviation * deviation;
    }
  for (; i < pixels; i++) {
    vec deviation = load(x + i * CN_VL) - mean;
    chain[0] += deviation * deviation;
  }
  return (chunk_statistics){
    (float)pixels, mean, (chain[0] + chain[1]) + (chain[2] + chain[3])};
}

CN_INLINE chunk_statistics merge_chunks(chunk_statistics a, chunk_statistics b) {
  if (a.count == 0) return b;
  float count = a.count + b.count;
  vec distance = b.mean - a.mean;
  vec mean = a.mean + distance * (b.count / count);
  vec squares = (a.squares + b.squares) + distance * distance * (a.count * b.count / count);
  return (chunk_statistics){count, mean, squares};
}

static void norm_statistics(
  const float *x, float *partials, cn_planes shape, int64_t first, int64_t last) {
  int64_t blocks = block_count(shape.channels), images = cn_images_per_group(shape);
  for (int64_t item = first; item < last; item++) {
    int64_t image = item / blocks * images, end = min64(image + images, shape.batch);
    chunk_statistics total = {0, zero(), zero()};
    for (; image < end; image++) {
      const float *plane = x + (image * blocks + item % blocks) * shape.pixels * CN_VL;
      for (int64_t p = 0; p < shape.pixels; p += CN_CHUNK)
        total = merge_chunks(
          total, statistics_of_chunk(plane + p * CN_VL, min64(CN_CHUNK, shape.pixels - p)));
    }
    store(partials + item * 2 * CN_VL, total.mean);
    store(partials + (item * 2 + 1) * CN_VL, total.squares);
  }
}

static void norm_merge_statistics(
  const float *partials, cn_planes shape, float *mean, float *centred_squares, int64_t first_block,
  int64_t last_block) {
  int64_t step = block_count(shape.channels) * 2 * CN_VL, groups = cn_group_count(shape);
  double total = (double)(shape.batch * shape.pixels);
  for (int64_t c = first_block * CN_VL; c < min64(last_block * CN_VL, shape.channels); c++) {
    const float *slot = partials + c / CN_VL * 2 * CN_VL + c % CN_VL;
    double center = 0, squares = 0;
    for (int64_t g = 0; g < groups; g++)
      center += (double)cn_group_size(shape, g) * slot[g * step];
    center /= total;
    for (int64_t g = 0; g < groups; g++) {
      double distance = slot[g * step] - center;
      squares += slot[g * step + CN_VL] + (double)cn_group_size(shape, g) * distance * distance;
    }
    mean[c] = (float)center;
    centred_squares[c] = (float)squares;
  }
}

static void norm_finish_statistics(
  const float *mean, const float *centred_squares, int64_t count, double epsilon, double momentum,
  float *inverse_deviation, float *running_mean, float *running_variance, int64_t first,
  int64_t last) {
  double n = (double)count, degrees = count > 1 ? n - 1 : 1;
  for (int64_t c = first; c < last; c++) {
    double squares = centred_squares[c];
    inverse_deviation[c] = (float)(1.0 / __builtin_elementwise_sqrt(squares / n + epsilon));
    if (running_mean && running_variance) {
      running_mean[c] = (float)((1 - momentum) * running_mean[c] + momentum * mean[c]);
      running_variance[c] =
        (float)((1 - momentum) * running_variance[c] + momentum * (squares / degrees));
    }
  }
}

typedef struct {
  vec mean;
  vec inverse_deviation;
  vec scale; // gamma * inverse_deviation
  vec beta;
} channel_norm;

CN_INLINE channel_norm load_norm(
  const float *mean, const float *inverse_deviation, const float *gamma, const float *beta,
  plane_place place) {
  vec deviation = load_channels(inverse_deviation, place);
  return (channel_norm){
    load_channels(mean, place), deviation,
    gamma ? load_channels(gamma, place) * deviation : deviation,
    beta ? load_channels(beta, place) : zero()};
}

CN_INLINE vec normalised(vec x, channel_norm norm) {
  return (x - norm.mean) * norm.scale + norm.beta;
}

CN_INLINE void normalise_plane(
  const float *x, channel_norm norm, const float *residual, bool relu, float *y, int64_t pixels) {
  for (int64_t i = 0; i < pixels * CN_VL; i += CN_VL) {
    vec v = normalised(load(x + i), norm);
    if (residual) v = v + load(residual + i);
    store(y + i, relu ? at_least(v, zero()) : v);
  }
}

static void norm_normalise(
  const float *x, const float *mean, const float *inverse_deviation, const float *gamma,
  const float *beta, const float *residual, bool relu, float *y, cn_planes shape, int64_t first,
  int64_t last) {
  for (int64_t plane = first; plane < last; plane++) {
    channel_norm norm = load_norm(
      mean, inverse_deviation, gamma, beta, place_of_plane(plane, shape.channels));
    int64_t start = plane * shape.pixels * CN_VL;
    const float *from = x + start, *add = residual ? residual + start : NULL;
    float *to = y + start;
    if (add && relu) normalise_plane(from, norm, add, true, to, shape.pixels);
    else if (add) normalise_plane(from, norm, add, false, to, shape.pixels);
    else if (relu) normalise_plane(from, norm, NULL, true, to, shape.pixels);
    else normalise_plane(from, norm, NULL, false, to, shape.pixels);
  }
}

// dy behind the ReLU. As in PyTorch the gradient passes where the output is NaN.
CN_INLINE vec masked_gradient(vec dy, vec x, const float *y, channel_norm norm, cn_relu_mask relu) {
  if (relu == CN_RELU_FROM_OUTPUT) return load(y) <= zero() ? zero() : dy;
  if (relu == CN_RELU_RECOMPUTED) return normalised(x, norm) <= zero() ? zero() : dy;
  return dy;
}

CN_INLINE void add_backward_sums(
  const float *x, const float *dy, const float *y, channel_norm norm, cn_relu_mask relu,
  int64_t pixels, vec *sum, vec *product) {
  vec sums[4] = {zero(), zero(), zero(), zero()}, products[4] = {zero(), zero(), zero(), zero()};
  int64_t p = 0;
  for (; p + 4 <= pixels; p += 4)
#pragma clang loop unroll(full)
    for (int k = 0; k < 4; k++) {
      int64_t i = (p + k) * CN_VL;
      vec v = load(x + i), g = masked_gradient(load(dy + i), v, y + i, norm, relu);
      sums[k] += g;
      products[k] += g * (v - norm.mean);
    }
  for (; p < pixels; p++) {
    int64_t i = p * CN_VL;
    vec v = load(x + i), g = masked_gradient(load(dy + i), v, y + i, norm, relu);
    sums[0] += g;
    products[0] += g * (v - norm.mean);
  }
  *sum += (sums[0] + sums[1]) + (sums[2] + sums[3]);
  *product += (products[0] + products[1]) + (products[2] + products[3]);
}

static void norm_backward_sums(
  cn_norm_backward a, float *partials, cn_planes shape, int64_t first, int64_t last) {
  int64_t blocks = block_count(shape.channels), images = cn_images_per_group(shape);
  for (int64_t item = first; item < last; item++) {
    int64_t image = item / blocks * images, end = min64(image + images, shape.batch);
    channel_norm norm = load_norm(
      a.mean, a.inverse_deviation, a.gamma, a.beta, place_of_plane(item, shape.channels));
    vec sum = zero(), product = zero();
    for (; image < end; image++) {
      int64_t plane = (image * blocks + item % blocks) * shape.pixels * CN_VL;
      for (int64_t p = 0; p < shape.pixels; p += CN_CHUNK) {
        int64_t start = plane + p * CN_VL, pixels = min64(CN_CHUNK, shape.pixels - p);
        const float *x = a.x + start, *dy = a.dy + start;
        if (a.relu == CN_RELU_FROM_OUTPUT && a.y)
          add_backward_sums(
            x, dy, a.y + start, norm, CN_RELU_FROM_OUTPUT, pixels, &sum, &product);
        else if (a.relu == CN_RELU_RECOMPUTED)
          add_backward_sums(x, dy, x, norm, CN_RELU_RECOMPUTED, pixels, &sum, &product);
        else add_backward_sums(x, dy, x, norm, CN_NO_RELU, pixels, &sum, &product);
      }
    }
    store(partials + item * 2 * CN_VL, sum);
    store(partials + (item * 2 + 1) * CN_VL, product);
  }
}

static void norm_merge_backward(
  const float *partials, cn_planes shape, const float *inverse_deviation, float *dgamma,
  float *dbeta, int64_t first_block, int64_t last_block) {
  int64_t step = block_count(shape.channels) * 2 * CN_VL, groups = cn_group_count(shape);
  for (int64_t c = first_block * CN_VL; c < min64(last_block * CN_VL, shape.channels); c++) {
    const float *slot = partials + c / CN_VL * 2 * CN_VL + c % CN_VL;
    double sum = 0, product = 0;
    for (int64_t g = 0; g < groups; g++) {
      sum += slot[g * step];
      product += slot[g * step + CN_VL];
    }
    dbeta[c] = (float)sum;
    dgamma[c] = (float)(product * inverse_deviation[c]);
  }
}

CN_INLINE void backward_plane(
  const float *x, const float *dy, const float *y, channel_norm norm, cn_relu_mask relu,
  vec mean_gradient, vec slope, float *dx, float *dresidual, int64_t pixels) {
  for (int64_t i = 0; i < pixels * CN_VL; i += CN_VL) {
    vec v = load(x + i), g = masked_gradient(load(dy + i), v, y + i, norm, relu);
    if (dresidual) store(dresidual + i, g);
    store(dx + i, norm.scale * ((g - mean_gradient) - (v - norm.mean) * slope));
  }
}

static void norm_backward_data(
  cn_norm_backward a, const float *dgamma, const float *dbeta, float *dx, float *dresidual,
  cn_planes shape, int64_t first, int64_t last) {
  float count = (float)(shape.batch * shape.pixels);
  for (int64_t plane = first; plane < last; plane++) {
    plane_place place = place_of_plane(plane, shape.channels);
    channel_norm norm = load_norm(a.mean, a.inverse_deviation, a.gamma, a.beta, place);
    vec mean_gradient = dbeta ? load_channels(dbeta, place) / count : zero();
    vec slope = dgamma ? load_channels(dgamma, place) / count * norm.inverse_deviation : zero();
    int64_t start = plane * shape.pixels * CN_VL, n = shape.pixels;
    const float *x = a.x + start, *dy = a.dy + start;
    float *to = dx + start, *second = dresidual ? dresidual + start : NULL;
    if (a.relu == CN_RELU_FROM_OUTPUT && a.y) {
      const float *y = a.y + start;
      if (second)
        backward_plane(x, dy, y, norm, CN_RELU_FROM_OUTPUT, mean_gradient, slope, to, second, n);
      else backward_plane(x, dy, y, norm, CN_RELU_FROM_OUTPUT, mean_gradient, slope, to, NULL, n);
    } else if (a.relu == CN_RELU_RECOMPUTED) {
      backward_plane(x, dy, x, norm, CN_RELU_RECOMPUTED, mean_gradient, slope, to, second, n);
    } else {
      backward_plane(x, dy, x, norm, CN_NO_RELU, mean_gradient, slope, to, second, n);
    }
  }
}

static const cn_normalisation_kernels normalisation_kernels = {
  .statistics = norm_statistics,
  .merge_statistics = norm_merge_statistics,
  .finish_statistics = norm_finish_statistics,
  .normalise = norm_normalise,
  .backward_sums = norm_backward_sums,
  .merge_backward = norm_merge_backward,
  .backward_data = norm_backward_data,
};

#pragma clang fp contract(on)
