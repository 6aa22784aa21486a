// Which source pixel meets which tap, on one axis, forward and backward alike.
//
// Forward: output t reads source t * stride + k * dilation - pad for each tap k.
//
// Backward data turns this around: dx at position i collects dy at (i + pad - k * dilation) /
// stride for the taps k where that division is exact. So positions fall into `stride` classes by
// their remainder r, i = t * stride + r, each class has its own taps, and within a class
// everything is a convolution of stride one again:
//
//   stride 2, kernel 3, pad 1      dx:  0   1   2   3   4   5        class 0: tap 1
//                                       |  / \  |  / \  |  / \       class 1: taps 0 and 2
//                                  dy:  0       1       2      3
//
// Both cases: target t * target_step + class  sums  source t * source_step + offset(tap).

typedef struct axis {
  int32_t source_size, target_size;
  int32_t kernel, dilation, stride, pad;
  bool backward;
  int32_t classes, source_step, target_step;
  // The smallest and the largest offset of any tap that meets a target.
  int32_t first, last;
} axis;

// Targets of a class.
CN_INLINE int32_t axis_count(const axis *a, int32_t class) {
  if (class >= a->target_size) return 0;
  return (a->target_size - class + a->target_step - 1) / a->target_step;
}

// False when the tap does not meet the class.
CN_INLINE bool axis_offset(const axis *a, int32_t class, int32_t tap, int32_t *offset) {
  if (!a->backward) {
    *offset = tap * a->dilation - a->pad;
    return true;
  }
  const int32_t distance = class + a->pad - tap * a->dilation;
  if (distance % a->stride != 0) return false;
  *offset = distance / a->stride;
  return true;
}

// Taps that meet a class.
static int32_t axis_taps(const axis *a, int32_t class) {
  int32_t taps = 0, offset;
  for (int32_t k = 0; k < a->kernel; k++) taps += axis_offset(a, class, k, &offset);
  return taps;
}

// `input` and `output` are the sizes of x and y, whatever the direction.
static axis make_axis(bool backward, int32_t input, int32_t output, int32_t kernel, int32_t stride,
                      int32_t pad, int32_t dilation) {
  axis a = {
      .source_size = backward ? output : input,
      .target_size = backward ? input : output,
      .kernel = kernel,
      .dilation = dilation,
      .stride = stride,
      .pad = pad,
      .backward = backward,
      .classes = backward ? stride : 1,
      .source_step = backward ? 1 : stride,
      .target_step = backward ? stride : 1,
  };
  bool found = false;
  for (int32_t class = 0; class < a.classes; class ++) {
    if (axis_count(&a, class) == 0) break;
    for (int32_t k = 0; k < kernel; k++) {
      int32_t offset;
      if (!axis_offset(&a, class, k, &offset)) continue;
      if (!found || offset < a.first) a.first = offset;
      if (!found || offset > a.last) a.last = offset;
      found = true;
    }
  }
  return a;
}

CN_INLINE axis vertical_axis(const cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  return make_axis(plan->request.direction == CN_BACKWARD_DATA, p->height, plan->out_height,
                   p->kernel_height, p->stride_height, p->pad_top, p->dilation_height);
}

CN_INLINE axis horizontal_axis(const cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  return make_axis(plan->request.direction == CN_BACKWARD_DATA, p->width, plan->out_width,
                   p->kernel_width, p->stride_width, p->pad_left, p->dilation_width);
}

// The outputs first ..< end whose tap falls inside the source.
CN_INLINE void visible(int32_t outputs, int32_t size, int32_t stride, int32_t offset,
                       int32_t *first, int32_t *end) {
  // output * stride + offset in 0 ..< size
  *first = offset >= 0 ? 0 : (int32_t)ceil_div(-(int64_t)offset, stride);
  *end = size - 1 - offset < 0 ? 0 : (size - 1 - offset) / stride + 1;
  if (*end > outputs) *end = outputs;
}

// The part of all (target, tap) pairs on an axis whose tap falls inside the source.
static double visible_part(const axis *a) {
  double inside = 0, all = 0;
  for (int32_t class = 0; class < a->classes; class ++) {
    const int32_t count = axis_count(a, class);
    for (int32_t tap = 0; tap < a->kernel; tap++) {
      int32_t offset, first, end;
      if (!axis_offset(a, class, tap, &offset)) continue;
      visible(count, a->source_size, a->source_step, offset, &first, &end);
      all += count;
      if (end > first) inside += end - first;
    }
  }
  return all > 0 ? inside / all : 1;
}

// The same for channels: targets are output channels forward, input channels backward.
typedef struct channel_map {
  int32_t sources, targets;
  int32_t sources_per_group, targets_per_group;
} channel_map;

CN_INLINE channel_map make_channel_map(const cn_convolution_plan *plan) {
  const cn_convolution_problem *p = &plan->request.problem;
  const bool backward = plan->request.direction == CN_BACKWARD_DATA;
  channel_map m = {
      .sources = backward ? p->out_channels : p->channels,
      .targets = backward ? p->channels : p->out_channels,
  };
  m.sources_per_group = m.sources / p->groups;
  m.targets_per_group = m.targets / p->groups;
  return m;
}

// The source channels that targets first ..< end need, widened to whole quads.
CN_INLINE void source_quads(const channel_map *m, int32_t first, int32_t end, int32_t *first_quad,
                            int32_t *end_quad) {
  if (end > m->targets) end = m->targets;
  const int32_t first_group = first / m->targets_per_group;
  const int32_t end_group = (end - 1) / m->targets_per_group + 1;
  *first_quad = first_group * m->sources_per_group / 4;
  *end_quad = (int32_t)ceil_div((int64_t)end_group * m->sources_per_group, 4);
}
