// Speed and error of single convolutions; README.md says how to use it.

#define _POSIX_C_SOURCE 200809L  // clock_gettime under -std=c17

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CConvNetKernels.h"

// Time this thread computed: on a shared machine it leaves out what others took, on an idle one it
// is the time on the clock.
static clockid_t timer = CLOCK_THREAD_CPUTIME_ID;

static double seconds(void) {
  struct timespec t;
  clock_gettime(timer, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// ---- Peak: independent multiply-adds in registers ----

#define PROBE(name, lanes, attribute)                                                  \
  attribute static double name(void) {                                                 \
    typedef float vec __attribute__((ext_vector_type(lanes)));                         \
    vec sum[12];                                                                       \
    for (int i = 0; i < 12; i++) sum[i] = (vec)(float)i;                               \
    vec x = (vec)1e-6f, y = (vec)0.999999f;                                            \
    const int rounds = 100000;                                                         \
    const double start = seconds();                                                    \
    for (int r = 0; r < rounds; r++) {                                                 \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < 12; i++) sum[i] =         \
          sum[i] * y + x;                                                              \
      __asm__ volatile("" : "+r"(r));                                                  \
    }                                                                                  \
    const double time = seconds() - start;                                             \
    vec all = sum[0];                                                                  \
    for (int i = 1; i < 12; i++) all += sum[i];                                        \
    volatile float sink = all[0];                                                      \
    (void)sink;                                                                        \
    return 2.0 * 12 * lanes * rounds / time * 1e-9;                                    \
  }
#if defined(__x86_64__)
PROBE(probe_avx512, 16, __attribute__((target("avx512f,fma"))))
PROBE(probe_avx2, 8, __attribute__((target("avx2,fma"))))
#endif
PROBE(probe_portable, 4, )

static double probe(const char *isa) {
  double best = 0;
  for (int i = 0; i < 5; i++) {
    double rate;
#if defined(__x86_64__)
    if (strcmp(isa, "avx512") == 0)
      rate = probe_avx512();
    else if (strcmp(isa, "avx2") == 0)
      rate = probe_avx2();
    else
#endif
      rate = probe_portable();
    if (rate > best) best = rate;
  }
  return best;
}

// ---- Threads: tasks are taken one by one, a phase begins when the one before has ended ----

enum { MOST_THREADS = 64 };

typedef struct team {
  const cn_kernel_table *table;
  const cn_convolution_plan *plan;
  const cn_convolution_arguments *arguments;
  int threads;
  float *scratch[MOST_THREADS];
  // Of the run that is going on.
  atomic_int run, next[CN_MAX_PHASES], finished[CN_MAX_PHASES], left;
} team;

typedef struct member {
  team *team;
  int index;
} member;

static void take_part(team *t, int index) {
  for (int phase = 0; phase < t->plan->phases; phase++) {
    const int tasks = t->plan->tasks[phase];
    for (int task; (task = atomic_fetch_add(&t->next[phase], 1)) < tasks;) {
      t->table->convolution->run(t->plan, phase, task, t->arguments, t->scratch[index]);
      atomic_fetch_add(&t->finished[phase], 1);
    }
    while (atomic_load(&t->finished[phase]) < tasks) {
    }
  }
}

static void *member_main(void *argument) {
  const member *m = argument;
  for (int seen = 0;;) {
    int run;
    while ((run = atomic_load(&m->team->run)) == seen) {
    }
    if (run < 0) return NULL;
    seen = run;
    take_part(m->team, m->index);
    atomic_fetch_add(&m->team->left, 1);
  }
}

static void run_once(team *t) {
  for (int phase = 0; phase < t->plan->phases; phase++) {
    atomic_store(&t->next[phase], 0);
    atomic_store(&t->finished[phase], 0);
  }
  atomic_store(&t->left, 1);
  atomic_fetch_add(&t->run, 1);
  take_part(t, 0);
  while (atomic_load(&t->left) < t->threads) {
  }
}

// ---- Problems ----

static const char *algorithm_names[] = {"auto",     "direct", "depthwise", "stem",
                                        "winograd", "phased", "bf16"};
static const char *direction_names[] = {"fwd", "bwd-d", "bwd-w"};

// How a problem is run.
typedef struct conditions {
  int threads;
  // Each run finds the weights in memory, not in a cache: it has its own copy of many.
  bool cold;
} conditions;

static bool parse(char *line, cn_convolution_request *r, conditions *how) {
  *r = (cn_convolution_request){0};
  *how = (conditions){.threads = 1};
  cn_convolution_problem *p = &r->problem;
  int w = 0, k = 1, s = 1, pad = 0, d = 1;
  p->batch = p->groups = 1;
  bool any = false;
  for (char *word = strtok(line, " \t\n"); word; word = strtok(NULL, " \t\n")) {
    if (word[0] == '#') break;
    any = true;
    if (strncmp(word, "dir=", 4) == 0) {
      for (int i = 0; i < 3; i++)
        if (strcmp(word + 4, direction_names[i]) == 0) r->direction = (cn_direction)i;
    } else if (strncmp(word, "algo=", 5) == 0) {
      for (int i = 0; i < 7; i++)
        if (strcmp(word + 5, algorithm_names[i]) == 0) r->algorithm = (cn_algorithm)i;
    } else if (strncmp(word, "threads=", 8) == 0) {
      how->threads = atoi(word + 8);
      if (how->threads < 1 || how->threads > MOST_THREADS) {
        fprintf(stderr, "layer: from 1 to %d threads\n", MOST_THREADS);
        return false;
      }
    } else if (strcmp(word, "cold") == 0) {
      how->cold = true;
    } else if (strcmp(word, "cached") == 0) {
      r->constant_weights = true;
    } else if (strcmp(word, "plain") == 0) {
      r->plain_source = true;
    } else if (strcmp(word, "bf16") == 0) {
      r->precision = CN_BFLOAT16;
    } else if (strcmp(word, "emulated") == 0) {
      r->precision = CN_BFLOAT16_EMULATED;
    } else if (strcmp(word, "stats") == 0) {
      r->statistics = true;
    } else {
      const int value = atoi(word + 1);
      switch (word[0]) {
        case 'n': p->batch = value; break;
        case 'c': p->channels = value; break;
        case 'h': p->height = value; break;
        case 'w': w = value; break;
        case 'o': p->out_channels = value; break;
        case 'k': k = value; break;
        case 's': s = value; break;
        case 'p': pad = value; break;
        case 'd': d = value; break;
        case 'g': p->groups = value; break;
        default: fprintf(stderr, "layer: what is \"%s\"?\n", word); return false;
      }
    }
  }
  p->width = w ? w : p->height;
  p->kernel_height = p->kernel_width = k;
  p->stride_height = p->stride_width = s;
  p->pad_top = p->pad_bottom = p->pad_left = p->pad_right = pad;
  p->dilation_height = p->dilation_width = d;
  return any;
}

// ---- Data: a hash of the position, so that the check needs no second copy ----

static float value_at(uint64_t seed, int64_t index) {
  uint64_t z = seed + (uint64_t)index * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (float)((z ^ (z >> 31)) >> 40) / 16777216.0f - 0.5f;
}

enum { X_SEED = 11, W_SEED = 22, DY_SEED = 33 };

static float *memory(int64_t bytes) {
  const size_t size = ((size_t)bytes + 127) / 64 * 64;
  float *p = aligned_alloc(64, size);
  if (!p) {
    fprintf(stderr, "layer: out of memory\n");
    exit(1);
  }
  memset(p, 0, size);
  return p;
}

static float *tensor(uint64_t seed, int n, int c, int64_t plane, int vector, bool plain) {
  const int blocks = (c + vector - 1) / vector;
  float *t = memory(4 * (int64_t)n * blocks * vector * plane);
  for (int i = 0; i < n; i++)
    for (int j = 0; j < c; j++)
      for (int64_t k = 0; k < plane; k++) {
        const float v = value_at(seed, ((int64_t)i * c + j) * plane + k);
        if (plain)
          t[((int64_t)i * c + j) * plane + k] = v;
        else
          t[(((int64_t)i * blocks + j / vector) * plane + k) * vector + j % vector] = v;
      }
  return t;
}

// One result in float64, by the definition.
static double expected(const cn_convolution_plan *plan, int64_t index) {
  const cn_convolution_problem *p = &plan->request.problem;
  const int oh = plan->out_height, ow = plan->out_width;
  const int cg = p->channels / p->groups, og = p->out_channels / p->groups;
  const int taps = p->kernel_height * p->kernel_width;
  double sum = 0;
#define X(n, c, y, x) \
  value_at(X_SEED, (((int64_t)(n) * p->channels + (c)) * p->height + (y)) * p->width + (x))
#define DY(n, o, y, x) \
  value_at(DY_SEED, (((int64_t)(n) * p->out_channels + (o)) * oh + (y)) * ow + (x))
#define W(o, c, ky, kx) \
  value_at(W_SEED, (((int64_t)(o) * cg + (c)) * p->kernel_height + (ky)) * p->kernel_width + (kx))
  if (plan->request.direction == CN_FORWARD) {
    const int ox = (int)(index % ow), oy = (int)(index / ow % oh);
    const int o = (int)(index / ow / oh % p->out_channels);
    const int n = (int)(index / ow / oh / p->out_channels);
    for (int c = 0; c < cg; c++)
      for (int t = 0; t < taps; t++) {
        const int ky = t / p->kernel_width, kx = t % p->kernel_width;
        const int y = oy * p->stride_height + ky * p->dilation_height - p->pad_top;
        const int x = ox * p->stride_width + kx * p->dilation_width - p->pad_left;
        if (y < 0 || y >= p->height || x < 0 || x >= p->width) continue;
        sum += (double)X(n, o / og * cg + c, y, x) * (double)W(o, c, ky, kx);
      }
  } else if (plan->request.direction == CN_BACKWARD_DATA) {
    const int ix = (int)(index % p->width), iy = (int)(index / p->width % p->height);
    const int c = (int)(index / p->width / p->height % p->channels);
    const int n = (int)(index / p->width / p->height / p->channels);
    for (int o = c / cg * og; o < (c / cg + 1) * og; o++)
      for (int t = 0; t < taps; t++) {
        const int ky = t / p->kernel_width, kx = t % p->kernel_width;
        const int y = iy + p->pad_top - ky * p->dilation_height;
        const int x = ix + p->pad_left - kx * p->dilation_width;
        if (y < 0 || x < 0 || y % p->stride_height || x % p->stride_width) continue;
        if (y / p->stride_height >= oh || x / p->stride_width >= ow) continue;
        sum += (double)DY(n, o, y / p->stride_height, x / p->stride_width) *
               (double)W(o, c % cg, ky, kx);
      }
  } else {
    const int t = (int)(index % taps), c = (int)(index / taps % cg), o = (int)(index / taps / cg);
    const int ky = t / p->kernel_width, kx = t % p->kernel_width;
    for (int n = 0; n < p->batch; n++)
      for (int oy = 0; oy < oh; oy++)
        for (int ox = 0; ox < ow; ox++) {
          const int y = oy * p->stride_height + ky * p->dilation_height - p->pad_top;
          const int x = ox * p->stride_width + kx * p->dilation_width - p->pad_left;
          if (y < 0 || y >= p->height || x < 0 || x >= p->width) continue;
          sum += (double)X(n, o / og * cg + c, y, x) * (double)DY(n, o, oy, ox);
        }
  }
  return sum;
}

static int by_size(const void *a, const void *b) {
  const double d = *(const double *)a - *(const double *)b;
  return d < 0 ? -1 : d > 0;
}

static void measure(const cn_kernel_table *table, const cn_convolution_request *request,
                    const conditions *how) {
  const cn_convolution_problem *p = &request->problem;
  cn_convolution_plan plan;
  const cn_status status = table->convolution->plan(request, &plan);
  if (status != CN_OK) {
    printf("%s\n", status == CN_INVALID ? "no such convolution" : "algorithm cannot do this");
    return;
  }
  const int v = table->vector_length;
  const int64_t in_plane = (int64_t)p->height * p->width;
  const int64_t out_plane = (int64_t)plan.out_height * plan.out_width;
  const bool weights_wanted = request->direction == CN_BACKWARD_WEIGHTS;
  const bool backward = request->direction == CN_BACKWARD_DATA;
  const int cg = p->channels / p->groups;
  const int64_t weight_count = (int64_t)p->out_channels * cg * p->kernel_height * p->kernel_width;

  float *x = tensor(X_SEED, p->batch, p->channels, in_plane, v, request->plain_source);
  float *dy = tensor(DY_SEED, p->batch, p->out_channels, out_plane, v, false);
  // Copies of all that is read of the weights, so many that no cache holds them.
  const int64_t weight_bytes = (4 * weight_count + 63) / 64 * 64;
  const int64_t packed_bytes = (plan.packed_weight_bytes + 63) / 64 * 64;
  const int copies = how->cold ? (int)(1 + (256 << 20) / (weight_bytes + packed_bytes)) : 1;
  float *weights = memory(copies * weight_bytes), *gradient = memory(weight_bytes);
  for (int64_t i = 0; i < weight_count; i++) weights[i] = value_at(W_SEED, i);
  for (int i = 1; i < copies; i++)
    memcpy((char *)weights + i * weight_bytes, weights, (size_t)weight_bytes);
  const int targets = backward ? p->channels : p->out_channels;
  const int64_t target_plane = backward ? in_plane : out_plane;
  const int target_blocks = (targets + v - 1) / v;
  float *result = memory(4 * (int64_t)p->batch * target_blocks * v * target_plane);
  float *packed = memory(copies * packed_bytes), *workspace = memory(plan.workspace_bytes);
  float *bias = memory(4 * (p->out_channels + 64));
  float *mean = memory(4 * (targets + 64)), *squares = memory(4 * (targets + 64));
  cn_convolution_arguments arguments = {
      .source = backward ? dy : x,
      .destination = result,
      .packed_weights = packed,
      .weights = weights,
      .workspace = workspace,
      .low = -INFINITY,
      .high = INFINITY,
      .mean = mean,
      .centred_squares = squares,
      .out_gradient = dy,
      .weight_gradient = gradient,
      .bias_gradient = weights_wanted ? bias : NULL,
  };

  const int threads = how->threads;
  static team workers;
  static member members[MOST_THREADS];
  pthread_t handles[MOST_THREADS];
  workers = (team){.table = table, .plan = &plan, .arguments = &arguments, .threads = threads};
  for (int i = 0; i < threads; i++) workers.scratch[i] = memory(plan.thread_scratch_bytes);
  for (int i = 1; i < threads; i++) {
    members[i] = (member){&workers, i};
    if (pthread_create(&handles[i], NULL, member_main, &members[i]) != 0) {
      fprintf(stderr, "layer: no thread\n");
      exit(1);
    }
  }

  // One thread is timed by what it computed, several by the clock on the wall.
  timer = threads > 1 ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID;
  const double peak = threads * probe(table->isa);
  enum { MOST = 2000 };
  static double times[MOST];
  double pack_time = 1e9;
  int runs = 0;
  const double begin = seconds();
  for (int i = 0; i < copies; i++)
    for (int t = 0; t < plan.pack_tasks; t++)
      table->convolution->pack(&plan, t, weights, (float *)((char *)packed + i * packed_bytes));
  while (runs < 5 || (runs < MOST && seconds() - begin < (getenv("QUICK") ? 0.0 : 0.5))) {
    arguments.weights = (float *)((char *)weights + runs % copies * weight_bytes);
    arguments.packed_weights = (float *)((char *)packed + runs % copies * packed_bytes);
    const double start = seconds();
    if (runs < 5 || !request->constant_weights)
      for (int t = 0; t < plan.pack_tasks; t++) table->convolution->pack(&plan, t, weights, (float *)arguments.packed_weights);
    const double middle = seconds();
    run_once(&workers);
    const double end = seconds();
    if (runs < 5 || !request->constant_weights)
      if (middle - start < pack_time) pack_time = middle - start;
    times[runs++] = end - middle;
  }
  atomic_store(&workers.run, -1);
  for (int i = 1; i < threads; i++) pthread_join(handles[i], NULL);
  qsort(times, (size_t)runs, sizeof times[0], by_size);
  const double best = times[0], median = times[runs / 2];
  if (!plan.pack_tasks) pack_time = 0;

  const int64_t results = weights_wanted ? weight_count : (int64_t)p->batch * targets * target_plane;
  double error = 0, norm = 0;
  for (int i = 0; i < 300; i++) {
    const int64_t index =
        (int64_t)((value_at(7, i) + 0.5) * (double)results);
    double got;
    if (weights_wanted) {
      got = (double)gradient[index];
    } else {
      const int64_t pixel = index % target_plane, channel = index / target_plane % targets;
      const int64_t image = index / target_plane / targets;
      got = (double)result[((image * target_blocks + channel / v) * target_plane + pixel) * v +
                           channel % v];
    }
    const double want = expected(&plan, index);
    error += (got - want) * (got - want);
    norm += want * want;
  }
  const double work = 2e-9 * (double)p->batch * (double)out_plane * (double)weight_count;
  printf("n%d c%d h%d w%d o%d k%d s%d g%d %-5s %-9s best %8.3f ms median %8.3f pack %7.3f | "
         "%6.0f GF/s, packed %6.0f | %4.0f%% of %.0f | tasks %d error %.1e\n",
         p->batch, p->channels, p->height, p->width, p->out_channels, p->kernel_height,
         p->stride_height, p->groups, direction_names[request->direction],
         algorithm_names[plan.algorithm], best * 1e3, median * 1e3, pack_time * 1e3, work / best,
         work / (best + pack_time), 100 * work / best / peak, peak, plan.tasks[0],
         sqrt(error / (norm > 0 ? norm : 1)));
  fflush(stdout);
  float *all[] = {x, dy, weights, gradient, result, packed, workspace, bias, mean, squares};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) free(all[i]);
  for (int i = 0; i < threads; i++) free(workers.scratch[i]);
}

int main(void) {
  const cn_kernel_table *table = cn_kernels_for(NULL);
  if (!table) {
    fprintf(stderr, "layer: this processor has no CONVNET_ISA=%s\n", getenv("CONVNET_ISA"));
    return 1;
  }
  printf("%s\n", table->isa);
  char line[512];
  while (fgets(line, sizeof line, stdin)) {
    cn_convolution_request request;
    conditions how;
    if (parse(line, &request, &how)) measure(table, &request, &how);
  }
  return 0;
}
