// Gradient of depthwise weights and bias.
//
// dW[c][tap] = sum over images and pixels of x[pixel of the tap][c] * dy[pixel][c], V channels at a
// time. Phase 0: a task = (chunk of images, channel block) takes each tap row of each output row:
// inside, one pass over the columns feeds all taps of the row; at the edges tap by tap. Phase 1:
// the chunks are added in order and written to [C][taps].
//
//   workspace: [chunk][channel block][taps then bias][V]

enum { DG_CHUNKS };

static cn_status plan_depthwise_gradient(cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  if (!depthwise_fits(plan)) return CN_UNSUPPORTED;
  const int64_t blocks = ceil_div(p->channels, CN_VL);
  const int64_t taps = (int64_t)p->kernel_height * p->kernel_width;
  const double work =
      (double)p->batch * plan->out_height * plan->out_width * p->channels * (double)taps;
  const int64_t wanted = max64(1, min64(64, (int64_t)(work / 4e5)));
  const int64_t chunks = min64(min64(p->batch, 16), ceil_div(wanted, blocks));
  plan->blocking[DG_CHUNKS] = (int32_t)chunks;
  plan->algorithm = CN_DEPTHWISE;
  plan->phases = 2;
  plan->tasks[0] = (int32_t)(chunks * blocks);
  plan->tasks[1] = (int32_t)blocks;
  plan->workspace_bytes = 4 * chunks * blocks * (taps + 1) * CN_VL;
  return CN_OK;
}

// Adds the products of `count` columns for all `taps` taps of a row; x of tap 0 and column 0.
CN_INLINE void depthwise_gradient_row(const float *x, const float *dy, int32_t count, float *sums,
                                      const int taps, const int step) {
  // Two sums per tap, so that additions wait less for one another.
  vec sum[5][2];
#pragma clang loop unroll(full)
  for (int k = 0; k < taps; k++) sum[k][0] = sum[k][1] = zero();
  int32_t n = 0;
  for (; n + 4 <= count; n += 4) {
    vec pixel[3 * 2 + 5];
#pragma clang loop unroll(full)
    for (int i = 0; i < 3 * step + taps; i++) pixel[i] = load(x + (n * step + i) * CN_VL);
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
      const vec gradient = load(dy + (n + i) * CN_VL);
#pragma clang loop unroll(full)
      for (int k = 0; k < taps; k++) sum[k][i % 2] += pixel[i * step + k] * gradient;
    }
  }
  for (; n < count; n++) {
    const vec gradient = load(dy + n * CN_VL);
#pragma clang loop unroll(full)
    for (int k = 0; k < taps; k++) sum[k][0] += load(x + (n * step + k) * CN_VL) * gradient;
  }
#pragma clang loop unroll(full)
  for (int k = 0; k < taps; k++)
    store(sums + k * CN_VL, load(sums + k * CN_VL) + (sum[k][0] + sum[k][1]));
}

#define CN_DEPTHWISE_GRADIENT(taps, step)                                                   \
  static void depthwise_gradient_##taps##_##step(const float *x, const float *dy,           \
                                                 int32_t count, float *sums) {              \
    depthwise_gradient_row(x, dy, count, sums, taps, step);                                 \
  }
CN_DEPTHWISE_GRADIENT(3, 1)
CN_DEPTHWISE_GRADIENT(5, 1)
CN_DEPTHWISE_GRADIENT(3, 2)
CN_DEPTHWISE_GRADIENT(5, 2)

static void run_depthwise_gradient(const cn_convolution_plan *plan, int32_t phase, int32_t task,
                                   const cn_convolution_arguments *a) {
  const cn_convolution_problem *p = &plan->request.problem;
  const int32_t blocks = (int32_t)ceil_div(p->channels, CN_VL);
  const int32_t taps = p->kernel_height * p->kernel_width;
  const int32_t chunks = plan->blocking[DG_CHUNKS];
  const int64_t set = (int64_t)(taps + 1) * CN_VL;
  if (phase == 1) {
    const float *sums = (const float *)a->workspace + task * set;
    const int lanes = (int)min64(CN_VL, p->channels - task * CN_VL);
    for (int32_t tap = 0; tap <= taps; tap++) {
      vec sum = load(sums + tap * CN_VL);
      for (int32_t chunk = 1; chunk < chunks; chunk++)
        sum += load(sums + chunk * blocks * set + tap * CN_VL);
      for (int lane = 0; lane < lanes; lane++) {
        const int64_t channel = (int64_t)task * CN_VL + lane;
        if (tap < taps)
          a->weight_gradient[channel * taps + tap] = sum[lane];
        else if (a->bias_gradient)
          a->bias_gradient[channel] = sum[lane];
      }
    }
    return;
  }
  const int32_t chunk = task / blocks, channel_block = task % blocks;
  const int32_t first_image = (int32_t)cut(p->batch, chunks, chunk);
  const int32_t end_image = (int32_t)cut(p->batch, chunks, chunk + 1);
  float *sums = (float *)a->workspace + ((int64_t)chunk * blocks + channel_block) * set;
  for (int64_t i = 0; i < set; i += CN_VL) store(sums + i, zero());
  // Columns where every tap of a row lies inside.
  int32_t inside, inside_end, unused;
  visible(plan->out_width, p->width, p->stride_width, -p->pad_left, &inside, &unused);
  visible(plan->out_width, p->width, p->stride_width,
          (p->kernel_width - 1) * p->dilation_width - p->pad_left, &unused, &inside_end);
  const bool near = p->dilation_width == 1 && p->stride_width <= 2 &&
                    (p->kernel_width == 3 || p->kernel_width == 5);
  if (!near || inside >= inside_end) inside = inside_end = plan->out_width;
  void (*const kernel)(const float *, const float *, int32_t, float *) =
      p->kernel_width == 3
          ? (p->stride_width == 1 ? depthwise_gradient_3_1 : depthwise_gradient_3_2)
          : (p->stride_width == 1 ? depthwise_gradient_5_1 : depthwise_gradient_5_2);
  vec bias = zero();
  for (int32_t image = first_image; image < end_image; image++) {
    const int64_t plane = (int64_t)image * blocks + channel_block;
    const float *x = a->source + plane * p->height * p->width * CN_VL;
    const float *dy = a->out_gradient + plane * plan->out_height * plan->out_width * CN_VL;
    if (a->bias_gradient)
      bias = add_strip(plan, blocks, channel_block, (strip){image, 1, 0, plan->out_height},
                       a->out_gradient, bias);
    for (int32_t oy = 0; oy < plan->out_height; oy++)
      for (int32_t ky = 0; ky < p->kernel_height; ky++) {
        const int32_t iy = oy * p->stride_height + ky * p->dilation_height - p->pad_top;
        if (iy < 0 || iy >= p->height) continue;
        const float *x_row = x + (int64_t)iy * p->width * CN_VL;
        const float *dy_row = dy + (int64_t)oy * plan->out_width * CN_VL;
        float *row_sums = sums + (int64_t)ky * p->kernel_width * CN_VL;
        if (inside < inside_end)
          kernel(x_row + ((int64_t)inside * p->stride_width - p->pad_left) * CN_VL,
                 dy_row + (int64_t)inside * CN_VL, inside_end - inside, row_sums);
        for (int32_t kx = 0; kx < p->kernel_width; kx++) {
          vec sum = zero();
          for (int32_t ox = 0; ox < plan->out_width; ox++) {
            if (ox == inside) ox = inside_end;
            if (ox >= plan->out_width) break;
            const int32_t ix = ox * p->stride_width + kx * p->dilation_width - p->pad_left;
            if (ix < 0 || ix >= p->width) continue;
            sum += load(x_row + (int64_t)ix * CN_VL) * load(dy_row + (int64_t)ox * CN_VL);
          }
          store(row_sums + kx * CN_VL, load(row_sums + kx * CN_VL) + sum);
        }
      }
  }
  store(sums + (int64_t)taps * CN_VL, bias);
}
