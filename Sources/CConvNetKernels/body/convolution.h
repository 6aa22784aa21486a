// The choice of the convolution algorithm, and the functions of the table.

// False when a product of sizes cannot be addressed: 2^40 elements in all, 2^31 in an image.
static bool addressable(int64_t batch, int64_t channels, int64_t height, int64_t width) {
  const double image = (double)(channels + 2 * CN_VL) * (double)height * (double)width;
  return image < 2147483648.0 && image * (double)batch < 1099511627776.0;
}

static int64_t output_size(int64_t size, int64_t kernel, int64_t stride, int64_t before,
                           int64_t after, int64_t dilation) {
  const int64_t room = size + before + after - dilation * (kernel - 1) - 1;
  return room < 0 ? 0 : room / stride + 1;
}

static cn_status check_problem(cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  const int32_t positive[] = {p->batch,         p->channels,        p->height,
                              p->width,         p->out_channels,    p->kernel_height,
                              p->kernel_width,  p->stride_height,   p->stride_width,
                              p->dilation_height, p->dilation_width, p->groups};
  const int32_t limit = 1 << 24;
  for (size_t i = 0; i < sizeof positive / sizeof positive[0]; i++)
    if (positive[i] < 1 || positive[i] > limit) return CN_INVALID;
  const int32_t pads[] = {p->pad_top, p->pad_bottom, p->pad_left, p->pad_right};
  for (size_t i = 0; i < 4; i++)
    if (pads[i] < 0 || pads[i] > limit) return CN_INVALID;
  if (p->channels % p->groups != 0 || p->out_channels % p->groups != 0) return CN_INVALID;
  const int64_t height = output_size(p->height, p->kernel_height, p->stride_height, p->pad_top,
                                     p->pad_bottom, p->dilation_height);
  const int64_t width = output_size(p->width, p->kernel_width, p->stride_width, p->pad_left,
                                    p->pad_right, p->dilation_width);
  if (height < 1 || width < 1 || height > limit || width > limit) return CN_INVALID;
  if (!addressable(p->batch, p->channels, p->height, p->width) ||
      !addressable(p->batch, p->out_channels, height, width) ||
      !addressable(p->out_channels, p->channels / p->groups, p->kernel_height, p->kernel_width))
    return CN_INVALID;
  plan->out_height = (int32_t)height;
  plan->out_width = (int32_t)width;
  return CN_OK;
}

// Estimated cycles of direct float32 sums, one multiply-add of a vector per cycle; `skips`: products
// with the border are left out.
static double direct_products(const cn_convolution_plan *plan, bool skips) {
  const cn_convolution_problem *p = &plan->request.problem;
  const axis y = vertical_axis(plan), x = horizontal_axis(plan);
  const channel_map m = make_channel_map(plan);
  const double targets = (double)p->batch * axis_count(&y, 0) * axis_count(&x, 0);
  const double cost = targets * p->kernel_height * p->kernel_width * m.sources_per_group *
                      (double)ceil_div(m.targets, CN_VL);
  return skips ? cost * visible_part(&y) * visible_part(&x) : cost;
}

// The direct gradient skips what lies in the border, and so do many tiny images.
static double direct_cost(const cn_convolution_plan *plan) {
  const axis y = vertical_axis(plan), x = horizontal_axis(plan);
  const bool skips = plan->request.direction == CN_BACKWARD_WEIGHTS ||
                     direct_by_position(plan, visible_part(&y) * visible_part(&x));
  return direct_products(plan, skips);
}

// The same for Winograd with its transforms. Infinite where it cannot do it.
static double winograd_cost(const cn_convolution_plan *plan) {
  if (plan->request.exact_order || !winograd_fits(plan))
    return __builtin_inf();
  return winograd_cost_of(plan, choose_winograd_kind(plan));
}

static bool winograd_pays(const cn_convolution_plan *plan) {
  return winograd_cost(plan) < 0.9 * direct_cost(plan);
}

// bfloat16 factors against the best float32 algorithm: twice the products per cycle, less what
// rounding costs (0.55; weight gradients, which round and add up more, 0.65), and none skipped.
// Winograd reaches a smaller part of its estimate than direct sums do (1.3). All measured. Without the
// instruction nothing is faster, and bfloat16 is taken where direct sums would be.
static bool bf16_pays(const cn_convolution_plan *plan) {
  const double winograd = 1.3 * winograd_cost(plan), direct = direct_cost(plan);
  if (!bf16_is_native(plan->request.precision)) return direct < winograd;
  const bool gradient = plan->request.direction == CN_BACKWARD_WEIGHTS;
  const double cost = (gradient ? 0.65 : 0.55) * direct_products(plan, false);
  return cost < winograd && cost < direct;
}

// Forward and backward data: few groups of tiles would leave threads idle, large weights would be
// read once per group. (Narrow vectors make more groups, and each reads all of V again: with AVX2
// that cost more than the weights.) Gradient: many channels make a large dU, unless the tiles are many too.
static bool winograd_should_phase(const cn_convolution_plan *plan) {
  const winograd_shape s = make_winograd_shape(plan);
  const double weights = (double)s.channels.sources * s.channels.targets;
  if (plan->request.direction != CN_BACKWARD_WEIGHTS)
    return s.tiles < (CN_VL == 16 ? 8 * 28 : 2 * 28) || (CN_VL == 16 && weights > 256.0 * 256.0);
  const double bytes = 4.0 * WINOGRAD_POINTS * s.tiles * (s.source_blocks + s.target_blocks) * CN_VL;
  return bytes < 8e6 || (weights > 96.0 * 96.0 && bytes < 64e6);
}

static cn_status plan_convolution(const cn_convolution_request *request,
                                  cn_convolution_plan *plan) {
  *plan = (cn_convolution_plan){.request = *request};
  const cn_status status = check_problem(plan);
  if (status != CN_OK) return status;
  const bool weights = request->direction == CN_BACKWARD_WEIGHTS;
  const cn_convolution_plan checked = *plan;
  switch (request->algorithm) {
    case CN_AUTOMATIC:
      if (request->plain_source) return plan_stem(plan);
      if (depthwise_fits(plan))
        return weights ? plan_depthwise_gradient(plan) : plan_depthwise(plan);
      if (request->precision != CN_FLOAT32 && bf16_pays(plan)) {
        if ((weights ? plan_bf16_weights(plan) : plan_bf16(plan)) == CN_OK) return CN_OK;
        *plan = checked;
      }
      if (winograd_pays(plan)) {
        const bool phased = winograd_should_phase(plan);
        const cn_status found =
            weights ? plan_winograd_gradient(plan, phased) : plan_winograd(plan, phased);
        if (found == CN_OK) return CN_OK;
        *plan = checked;
      }
      return weights ? plan_direct_weights(plan) : plan_direct(plan);
    case CN_STEM:
      return plan_stem(plan);
    case CN_DEPTHWISE:
      return weights ? plan_depthwise_gradient(plan) : plan_depthwise(plan);
    case CN_DIRECT:
      return weights ? plan_direct_weights(plan) : plan_direct(plan);
    case CN_DIRECT_BFLOAT16:
      return weights ? plan_bf16_weights(plan) : plan_bf16(plan);
    case CN_WINOGRAD:
    case CN_WINOGRAD_PHASED:
      return weights ? plan_winograd_gradient(plan, request->algorithm == CN_WINOGRAD_PHASED)
                     : plan_winograd(plan, request->algorithm == CN_WINOGRAD_PHASED);
    default:
      return CN_UNSUPPORTED;
  }
}

static void pack_convolution(const cn_convolution_plan *plan, int32_t task, const float *weights,
                             float *packed) {
  switch (plan->algorithm) {
    case CN_WINOGRAD:
    case CN_WINOGRAD_PHASED:
      pack_winograd(plan, task, weights, packed);
      break;
    case CN_STEM:
      pack_stem(plan, task, weights, packed);
      break;
    case CN_DIRECT_BFLOAT16:
      pack_bf16(plan, task, weights, packed);
      break;
    case CN_DEPTHWISE:
      pack_depthwise(plan, task, weights, packed);
      break;
    default:
      pack_direct(plan, task, weights, packed);
  }
}

static void run_convolution(const cn_convolution_plan *plan, int32_t phase, int32_t task,
                            const cn_convolution_arguments *arguments, void *scratch) {
  const bool weights = plan->request.direction == CN_BACKWARD_WEIGHTS;
  switch (plan->algorithm) {
    case CN_WINOGRAD:
    case CN_WINOGRAD_PHASED:
      if (weights)
        run_winograd_gradient(plan, phase, task, arguments, scratch);
      else
        run_winograd(plan, phase, task, arguments, scratch);
      break;
    case CN_STEM:
      if (weights)
        run_stem_gradient(plan, phase, task, arguments, scratch);
      else
        run_stem(plan, phase, task, arguments, scratch);
      break;
    case CN_DEPTHWISE:
      if (weights)
        run_depthwise_gradient(plan, phase, task, arguments);
      else
        run_depthwise(plan, phase, task, arguments);
      break;
    case CN_DIRECT_BFLOAT16:
      if (weights)
        run_bf16_weights(plan, phase, task, arguments, scratch);
      else
        run_bf16(plan, phase, task, arguments, scratch);
      break;
    default:
      if (weights)
        run_direct_weights(plan, phase, task, arguments);
      else
        run_direct(plan, phase, task, arguments, scratch);
  }
}

static const cn_convolution_kernels convolution_kernels = {
    .plan = plan_convolution,
    .pack = pack_convolution,
    .run = run_convolution,
};
