// Every family of kernels against plain loops in double precision, over random sizes, in one program
// without Swift: what Scripts/test-aarch64 runs on an emulated processor.
//
//   check [PROBLEMS [SEED]]     exit code 1 where a result is wrong; each problem is printed then

#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CConvNetKernels.h"

static const cn_kernel_table *table;
static int V;
static int failures, checks;

// ---- Random numbers (SplitMix64) and memory ----

static uint64_t state;

static uint64_t next(void) {
  uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static int between(int low, int high) { return low + (int)(next() % (uint64_t)(high - low + 1)); }

static float *memory(int64_t count, bool random) {
  float *p = aligned_alloc(64, ((size_t)count * 4 + 127) / 64 * 64);
  if (p == NULL) exit(2);
  // What a kernel forgets to write shows as not-a-number.
  for (int64_t i = 0; i < count; i++)
    p[i] = random ? (float)(next() >> 40) / 16777216.0f - 0.5f : NAN;
  return p;
}

// The largest difference over the root mean square of what is expected.
static void compare(const char *name, const char *problem, const float *got, const double *want,
                    int64_t count, double tolerance) {
  double worst = 0, squares = 0;
  for (int64_t i = 0; i < count; i++) {
    const double difference = fabs((double)got[i] - want[i]);
    worst = difference > worst || isnan(difference) ? difference : worst;
    squares += want[i] * want[i];
    if (isnan(worst)) break;
  }
  const double error = worst / sqrt(squares / (double)count + 1e-12);
  checks++;
  if (error <= tolerance) return;
  failures++;
  printf("WRONG %s: %s: error %.2e, allowed %.0e\n", name, problem, error, tolerance);
}

// ---- Blocked layout ----

static int64_t blocks(int channels) { return (channels + V - 1) / V; }
static int64_t blocked_count(int n, int c, int64_t plane) { return n * blocks(c) * plane * V; }

static float *blocked(const float *plain, int n, int c, int64_t plane) {
  float *y = memory(blocked_count(n, c, plane), false);
  const cn_planes shape = {n, c, plane};
  table->layout->block(plain, y, shape, 0, n * blocks(c));
  return y;
}

static float *unblocked(const float *x, int n, int c, int64_t plane) {
  float *y = memory((int64_t)n * c * plane, false);
  const cn_planes shape = {n, c, plane};
  table->layout->unblock(x, y, shape, 0, n * blocks(c));
  return y;
}

// ---- Convolution ----

static void convolve(const cn_convolution_plan *plan, const float *x, const float *w,
                     const float *dy, double *result) {
  const cn_convolution_problem *p = &plan->request.problem;
  const int cg = p->channels / p->groups, og = p->out_channels / p->groups;
  for (int n = 0; n < p->batch; n++)
    for (int o = 0; o < p->out_channels; o++)
      for (int oy = 0; oy < plan->out_height; oy++)
        for (int ox = 0; ox < plan->out_width; ox++)
          for (int c = 0; c < cg; c++)
            for (int ky = 0; ky < p->kernel_height; ky++)
              for (int kx = 0; kx < p->kernel_width; kx++) {
                const int iy = oy * p->stride_height + ky * p->dilation_height - p->pad_top;
                const int ix = ox * p->stride_width + kx * p->dilation_width - p->pad_left;
                if (iy < 0 || iy >= p->height || ix < 0 || ix >= p->width) continue;
                const int64_t xi =
                    (((int64_t)n * p->channels + o / og * cg + c) * p->height + iy) * p->width + ix;
                const int64_t wi =
                    (((int64_t)o * cg + c) * p->kernel_height + ky) * p->kernel_width + kx;
                const int64_t yi =
                    (((int64_t)n * p->out_channels + o) * plan->out_height + oy) *
                        plan->out_width + ox;
                switch (plan->request.direction) {
                  case CN_FORWARD: result[yi] += (double)x[xi] * (double)w[wi]; break;
                  case CN_BACKWARD_DATA: result[xi] += (double)dy[yi] * (double)w[wi]; break;
                  default: result[wi] += (double)x[xi] * (double)dy[yi]; break;
                }
              }
}

static void check_convolution(cn_convolution_request request) {
  static const char *directions[] = {"forward", "backward data", "backward weights"};
  const cn_convolution_problem *p = &request.problem;
  cn_convolution_plan plan;
  if (table->convolution->plan(&request, &plan) != CN_OK) return;
  const int64_t in_plane = (int64_t)p->height * p->width;
  const int64_t out_plane = (int64_t)plan.out_height * plan.out_width;
  const int64_t weight_count = (int64_t)p->out_channels * (p->channels / p->groups) *
                               p->kernel_height * p->kernel_width;
  const int64_t x_count = p->batch * p->channels * in_plane;
  const int64_t y_count = p->batch * p->out_channels * out_plane;
  const bool backward = request.direction == CN_BACKWARD_DATA;
  const bool weights_wanted = request.direction == CN_BACKWARD_WEIGHTS;
  const int targets = backward ? p->channels : p->out_channels;
  const int64_t plane = backward ? in_plane : out_plane;

  float *x = memory(x_count, true), *dy = memory(y_count, true), *w = memory(weight_count, true);
  float *x_blocked = blocked(x, p->batch, p->channels, in_plane);
  float *dy_blocked = blocked(dy, p->batch, p->out_channels, out_plane);
  float *result = memory(blocked_count(p->batch, targets, plane), false);
  float *gradient = memory(weight_count, false);
  float *packed = memory(plan.packed_weight_bytes / 4 + 64, false);
  float *workspace = memory(plan.workspace_bytes / 4 + 64, false);
  float *scratch = memory(plan.thread_scratch_bytes / 4 + 64, false);
  const cn_convolution_arguments arguments = {
      .source = backward ? dy_blocked : request.plain_source ? x : x_blocked,
      .destination = result,
      .packed_weights = packed,
      .weights = w,
      .workspace = workspace,
      .low = -INFINITY,
      .high = INFINITY,
      .out_gradient = dy_blocked,
      .weight_gradient = gradient,
  };
  for (int t = 0; t < plan.pack_tasks; t++) table->convolution->pack(&plan, t, w, packed);
  for (int phase = 0; phase < plan.phases; phase++)
    for (int t = plan.tasks[phase] - 1; t >= 0; t--)
      table->convolution->run(&plan, phase, t, &arguments, scratch);

  const int64_t count = weights_wanted ? weight_count : p->batch * targets * plane;
  double *want = calloc((size_t)count, sizeof(double));
  if (want == NULL) exit(2);
  convolve(&plan, x, w, dy, want);
  float *got = weights_wanted ? gradient : unblocked(result, p->batch, targets, plane);
  char text[200];
  snprintf(text, sizeof text, "%s algorithm %d n%d c%d h%d w%d o%d k%dx%d s%d d%d p%d g%d",
           directions[request.direction], plan.algorithm, p->batch, p->channels, p->height,
           p->width, p->out_channels, p->kernel_height, p->kernel_width, p->stride_height,
           p->dilation_height, p->pad_top, p->groups);
  compare("convolution", text, got, want, count, 1e-4);
  if (!weights_wanted) free(got);
  void *all[] = {x, dy, w, x_blocked, dy_blocked, result, gradient, packed, workspace, scratch, want};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) free(all[i]);
}

static void random_convolution(void) {
  cn_convolution_request request = {0};
  cn_convolution_problem *p = &request.problem;
  const int kind = between(0, 4);
  p->batch = between(1, 3);
  p->groups = 1;
  p->channels = between(1, 20);
  p->out_channels = between(1, 20);
  p->height = between(1, 17);
  p->width = between(1, 17);
  p->kernel_height = p->kernel_width = 3;
  p->stride_height = p->stride_width = p->dilation_height = p->dilation_width = 1;
  p->pad_top = p->pad_bottom = p->pad_left = p->pad_right = 1;
  if (kind == 0) {
    p->kernel_height = between(1, 5);
    p->kernel_width = between(1, 5);
    p->stride_height = between(1, 3);
    p->stride_width = between(1, 3);
    p->dilation_height = between(1, 2);
    p->pad_top = between(0, 2);
    p->pad_right = between(0, 2);
  } else if (kind == 1) {
    p->groups = p->channels;
    p->out_channels = p->channels;
    p->stride_height = p->stride_width = between(1, 2);
  } else if (kind == 2) {
    p->groups = between(1, 3);
    p->channels *= p->groups;
    p->out_channels *= p->groups;
  } else if (kind == 3) {
    p->channels = between(1, 4);
    p->kernel_height = p->kernel_width = between(3, 7);
    p->stride_height = p->stride_width = 2;
    request.plain_source = true;
  }
  for (int direction = 0; direction < 3; direction++)
    for (int algorithm = CN_AUTOMATIC; algorithm <= CN_WINOGRAD_PHASED; algorithm++) {
      request.direction = (cn_direction)direction;
      request.algorithm = (cn_algorithm)algorithm;
      request.constant_weights = between(0, 1) == 1;
      check_convolution(request);
    }
}

// ---- Matrices ----

static void random_gemm(void) {
  cn_gemm_request request = {
      .rows = between(1, 40), .columns = between(1, 70), .depth = between(1, 90),
      .a_transposed = between(0, 1) == 1, .b_transposed = between(0, 1) == 1,
      .constant_b = between(0, 1) == 1};
  cn_gemm_plan plan;
  if (table->gemm->plan(&request, &plan) != CN_OK) {
    failures++;
    printf("WRONG matrix product: refused\n");
    return;
  }
  const int m = request.rows, n = request.columns, k = request.depth;
  float *a = memory((int64_t)m * k, true), *b = memory((int64_t)k * n, true);
  float *c = memory((int64_t)m * n, false), *bias = memory(n, true);
  float *packed = memory(plan.packed_bytes / 4 + 64, false);
  float *workspace = memory(plan.workspace_bytes / 4 + 64, false);
  float *scratch = memory(plan.thread_scratch_bytes / 4 + 64, false);
  double *want = calloc((size_t)m * (size_t)n, sizeof(double));
  if (want == NULL) exit(2);
  for (int t = 0; t < plan.pack_tasks; t++) table->gemm->pack(&plan, t, b, packed);
  const cn_gemm_arguments arguments = {.a = a, .b = b, .packed_b = packed, .c = c, .bias = bias,
                                       .low = -INFINITY, .high = INFINITY, .workspace = workspace};
  for (int phase = 0; phase < plan.phases; phase++)
    for (int t = 0; t < plan.tasks[phase]; t++)
      table->gemm->run(&plan, phase, t, &arguments, scratch);
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      double sum = (double)bias[j];
      for (int d = 0; d < k; d++)
        sum += (double)a[request.a_transposed ? d * m + i : i * k + d] *
               (double)b[request.b_transposed ? j * k + d : d * n + j];
      want[i * n + j] = sum;
    }
  char text[100];
  snprintf(text, sizeof text, "%d x %d x %d, transposed %d %d, constant %d", m, n, k,
           request.a_transposed, request.b_transposed, request.constant_b);
  compare("matrix product", text, c, want, (int64_t)m * n, 1e-5);
  void *all[] = {a, b, c, bias, packed, workspace, scratch, want};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) free(all[i]);
}

// ---- Elementwise ----

static double activation(cn_activation_kind kind, double x) {
  switch (kind) {
    case CN_RELU: return x > 0 ? x : 0;
    case CN_SIGMOID: return 1 / (1 + exp(-x));
    case CN_TANH: return tanh(x);
    case CN_SILU: return x / (1 + exp(-x));
    case CN_HARD_SWISH: return x * fmin(fmax(x + 3, 0), 6) / 6;
    case CN_GELU: return x * (1 + erf(x / sqrt(2))) / 2;
    case CN_EXP: return exp(x);
    case CN_ERF: return erf(x);
    default: return fabs(x);
  }
}

static void random_elementwise(void) {
  static const cn_activation_kind kinds[] = {CN_RELU,       CN_SIGMOID, CN_TANH, CN_SILU,
                                             CN_HARD_SWISH, CN_GELU,    CN_EXP,  CN_ERF, CN_ABS};
  const int count = between(1, 300);
  float *x = memory(count, true), *b = memory(count, true), *y = memory(count, false);
  double *want = calloc((size_t)count, sizeof(double));
  if (want == NULL) exit(2);
  for (int i = 0; i < count; i++) x[i] *= 8;
  char text[100];
  for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
    const cn_activation f = {kinds[k], 0, 0};
    table->elementwise->activation(f, x, y, count);
    for (int i = 0; i < count; i++) want[i] = activation(kinds[k], (double)x[i]);
    snprintf(text, sizeof text, "kind %d, %d numbers", (int)kinds[k], count);
    compare("activation", text, y, want, count, 2e-6);
  }
  for (int kind = CN_ADD; kind <= CN_MULTIPLY; kind++) {
    table->elementwise->binary((cn_binary_kind)kind, x, b, y, count);
    for (int i = 0; i < count; i++) {
      const double p = (double)x[i], q = (double)b[i];
      want[i] = kind == CN_ADD ? p + q : kind == CN_SUBTRACT ? p - q : p * q;
    }
    snprintf(text, sizeof text, "kind %d, %d numbers", kind, count);
    compare("binary", text, y, want, count, 1e-6);
  }
  free(x), free(b), free(y), free(want);
}

// ---- Pooling ----

static void random_pooling(void) {
  const int n = between(1, 2), c = between(1, 11), k = between(2, 3), s = between(1, 3);
  const int h = between(k, 14), w = between(k, 14), pad = between(0, k / 2);
  const int oh = (h + 2 * pad - k) / s + 1, ow = (w + 2 * pad - k) / s + 1;
  const cn_window window = {
      .batch = n, .channels = c, .height = h, .width = w, .output_height = oh, .output_width = ow,
      .kernel_height = k, .kernel_width = k, .stride_height = s, .stride_width = s,
      .pad_top = pad, .pad_bottom = pad, .pad_left = pad, .pad_right = pad, .dilation_height = 1,
      .dilation_width = 1, .count_include_pad = true};
  const int64_t in_plane = (int64_t)h * w, out_plane = (int64_t)oh * ow, planes = n * blocks(c);
  float *x = memory(n * c * in_plane, true), *xb = blocked(x, n, c, in_plane);
  float *dy = memory(n * c * out_plane, true), *dyb = blocked(dy, n, c, out_plane);
  float *yb = memory(blocked_count(n, c, out_plane), false);
  float *dxb = memory(blocked_count(n, c, in_plane), false);
  uint16_t *tap = calloc((size_t)blocked_count(n, c, out_plane) + 64, sizeof(uint16_t));
  double *largest = calloc((size_t)(n * c * out_plane), sizeof(double));
  double *mean = calloc((size_t)(n * c * out_plane), sizeof(double));
  double *largest_dx = calloc((size_t)(n * c * in_plane), sizeof(double));
  double *mean_dx = calloc((size_t)(n * c * in_plane), sizeof(double));
  if (!tap || !largest || !mean || !largest_dx || !mean_dx) exit(2);
  for (int64_t plane = 0; plane < n * c; plane++)
    for (int oy = 0; oy < oh; oy++)
      for (int ox = 0; ox < ow; ox++) {
        const int64_t at = plane * out_plane + oy * ow + ox;
        double best = -INFINITY, sum = 0;
        int64_t place = -1;
        for (int ky = 0; ky < k; ky++)
          for (int kx = 0; kx < k; kx++) {
            const int iy = oy * s + ky - pad, ix = ox * s + kx - pad;
            if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
            const int64_t from = plane * in_plane + iy * w + ix;
            const double value = (double)x[from];
            sum += value;
            mean_dx[from] += (double)dy[at] / (k * k);
            if (value > best) best = value, place = from;
          }
        largest[at] = best;
        mean[at] = sum / (k * k);
        if (place >= 0) largest_dx[place] += (double)dy[at];
      }
  char text[100];
  snprintf(text, sizeof text, "n%d c%d h%d w%d k%d s%d p%d", n, c, h, w, k, s, pad);
  struct {
    const char *name;
    const double *want;
    bool backward;
  } const cases[] = {{"max", largest, false}, {"max backward", largest_dx, true},
                     {"average", mean, false}, {"average backward", mean_dx, true}};
  for (int i = 0; i < 4; i++) {
    if (i == 0) table->pooling->max(xb, yb, tap, window, 0, planes);
    if (i == 1) table->pooling->max_backward(dyb, tap, dxb, window, 0, planes);
    if (i == 2) table->pooling->average(xb, yb, window, 0, planes);
    if (i == 3) table->pooling->average_backward(dyb, dxb, window, 0, planes);
    const int64_t plane = cases[i].backward ? in_plane : out_plane;
    float *got = unblocked(cases[i].backward ? dxb : yb, n, c, plane);
    compare(cases[i].name, text, got, cases[i].want, n * c * plane, 2e-5);
    free(got);
  }
  void *all[] = {x, xb, dy, dyb, yb, dxb, tap, largest, mean, largest_dx, mean_dx};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) free(all[i]);
}

// ---- Batch norm in training ----

static void random_norm(void) {
  const int n = between(1, 4), c = between(1, 11);
  const int64_t pixels = between(2, 90), count = n * c * pixels;
  const cn_planes shape = {n, c, pixels};
  const int64_t items = cn_group_count(shape) * blocks(c), padded = blocks(c) * V;
  float *x = memory(count, true), *xb = blocked(x, n, c, pixels);
  float *yb = memory(blocked_count(n, c, pixels), false);
  float *partials = memory(items * 2 * V, false), *mean = memory(padded, false);
  float *squares = memory(padded, false), *deviation = memory(padded, false);
  float *gamma = memory(padded, true), *beta = memory(padded, true);
  double *want = calloc((size_t)count, sizeof(double));
  if (want == NULL) exit(2);
  const cn_normalisation_kernels *k = table->normalisation;
  k->statistics(xb, partials, shape, 0, items);
  k->merge_statistics(partials, shape, mean, squares, 0, blocks(c));
  k->finish_statistics(mean, squares, n * pixels, 1e-5, 0.1, deviation, NULL, NULL, 0, c);
  k->normalise(xb, mean, deviation, gamma, beta, NULL, false, yb, shape, 0, n * blocks(c));
  for (int channel = 0; channel < c; channel++) {
    double sum = 0, centred = 0;
#define AT(i, p) (((int64_t)(i) * c + channel) * pixels + (p))
    for (int i = 0; i < n; i++)
      for (int64_t p = 0; p < pixels; p++) sum += (double)x[AT(i, p)];
    const double average = sum / (double)(n * pixels);
    for (int i = 0; i < n; i++)
      for (int64_t p = 0; p < pixels; p++) centred += pow((double)x[AT(i, p)] - average, 2);
    const double scale = (double)gamma[channel] / sqrt(centred / (double)(n * pixels) + 1e-5);
    for (int i = 0; i < n; i++)
      for (int64_t p = 0; p < pixels; p++)
        want[AT(i, p)] = ((double)x[AT(i, p)] - average) * scale + (double)beta[channel];
  }
  char text[100];
  snprintf(text, sizeof text, "n%d c%d pixels %d", n, c, (int)pixels);
  float *got = unblocked(yb, n, c, pixels);
  compare("batch norm", text, got, want, count, 2e-5);
  void *all[] = {x, xb, yb, partials, mean, squares, deviation, gamma, beta, want, got};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) free(all[i]);
}

// ---- Softmax, and batch norm folded into weights ----

static void random_rows(void) {
  const int rows = between(1, 6), columns = between(1, 70);
  float *x = memory(rows * columns, true), *y = memory(rows * columns, false);
  double *want = calloc((size_t)(rows * columns), sizeof(double));
  if (want == NULL) exit(2);
  table->loss->softmax(x, y, columns, 0, rows);
  for (int r = 0; r < rows; r++) {
    double sum = 0;
    for (int i = 0; i < columns; i++) sum += exp((double)x[r * columns + i]);
    for (int i = 0; i < columns; i++) want[r * columns + i] = exp((double)x[r * columns + i]) / sum;
  }
  char text[100];
  snprintf(text, sizeof text, "%d x %d", rows, columns);
  compare("softmax", text, y, want, rows * columns, 1e-5);

  float *constants = memory(4 * rows, true), *bias = memory(rows, false);
  for (int r = 0; r < rows; r++) constants[3 * rows + r] += 1;
  cn_fold_batch_norm(x, NULL, constants, constants + rows, constants + 2 * rows,
                     constants + 3 * rows, 1e-3f, columns, 0, rows, y, bias);
  for (int r = 0; r < rows; r++)
    for (int i = 0; i < columns; i++)
      want[r * columns + i] = (double)x[r * columns + i] * (double)constants[r] /
                              sqrt((double)constants[3 * rows + r] + 1e-3);
  compare("folded batch norm", text, y, want, rows * columns, 1e-5);
  free(x), free(y), free(want), free(constants), free(bias);
}

int main(int argc, char **argv) {
  const int problems = argc > 1 ? atoi(argv[1]) : 150;
  state = argc > 2 ? (uint64_t)atoll(argv[2]) : 1;
  table = cn_kernels_for("portable");
  if (table == NULL) {
    fprintf(stderr, "check: there are no portable kernels\n");
    return 2;
  }
  V = table->vector_length;
  for (int i = 0; i < problems; i++) {
    random_convolution();
    random_gemm();
    random_elementwise();
    random_pooling();
    random_norm();
    random_rows();
  }
  printf("%s kernels, vectors of %d: %d results compared, %d wrong\n", table->isa, V, checks,
         failures);
  return failures > 0 || checks < problems ? 1 : 0;
}
