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

static cn_status plan_convolution(const cn_convolution_request *request,
                                  cn_convolution_plan *plan) {
  *plan = (cn_convolution_plan){.request = *request};
  const cn_status status = check_problem(plan);
  if (status != CN_OK) return status;
  const bool weights = request->direction == CN_BACKWARD_WEIGHTS;
  switch (request->algorithm) {
    case CN_AUTOMATIC:
    case CN_DIRECT:
      return weights ? plan_direct_weights(plan) : plan_direct(plan);
    default:
      return CN_UNSUPPORTED;
  }
}

static void pack_convolution(const cn_convolution_plan *plan, int32_t task, const float *weights,
                             float *packed) {
  switch (plan->algorithm) {
    default:
      pack_direct(plan, task, weights, packed);
  }
}

static void run_convolution(const cn_convolution_plan *plan, int32_t phase, int32_t task,
                            const cn_convolution_arguments *arguments, void *scratch) {
  const bool weights = plan->request.direction == CN_BACKWARD_WEIGHTS;
  switch (plan->algorithm) {
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
