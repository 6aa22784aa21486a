// Matrix products by the microkernel: its "pixels" are rows of A, its quads four steps of depth.
//
//   packed B  [column group][depth rounded up to 4][vectors][V]      once, or phase 0 of a run
//   A panel   [row of the task][depth of the slice]                  copied per task, zero-filled
//
// A task = some blocks of rows x some column groups. The depth is cut into slices of 1024: the
// panel stays in the cache and the sums of a slice start from zero, which also keeps the rounding
// error of very long sums small. The last, partial column group is computed in a tile in scratch.
// With bfloat16 factors the panel is rounded where it lies, and B is packed as words of two steps.

enum { GEMM_ROWS, GEMM_SPLIT, GEMM_GROUPS, GEMM_ROW_PARTS, GEMM_FORM };
enum { GEMM_SLICE = 1024, GEMM_WIDTH = 2 * CN_VL };

// How the factors are multiplied, and the words of four steps of depth in a row of the panel and in
// a column of packed B.
enum { GEMM_FLOAT32, GEMM_BFLOAT16, GEMM_BFLOAT16_EMULATED };
typedef struct gemm_form {
  const block_kernel (*kernels)[2][2];
  int32_t source_quad, weight_quad;
} gemm_form;

static gemm_form make_gemm_form(const cn_gemm_plan *plan) {
  switch (plan->blocking[GEMM_FORM]) {
    case GEMM_BFLOAT16: return (gemm_form){bf16_block_kernels(true), 2, 2};
    case GEMM_BFLOAT16_EMULATED: return (gemm_form){bf16_block_kernels(false), 4, 2};
    default: return (gemm_form){block_kernels, 4, 4};
  }
}

CN_INLINE int64_t padded_depth(const cn_gemm_plan *plan) {
  return ceil_div(plan->request.depth, 4) * 4;
}
CN_INLINE int64_t panel_depth(const cn_gemm_plan *plan) {
  return min64(GEMM_SLICE, padded_depth(plan));
}

static cn_status plan_gemm(const cn_gemm_request *request, cn_gemm_plan *plan) {
  *plan = (cn_gemm_plan){.request = *request};
  const int32_t limit = 1 << 30;
  if (request->rows < 1 || request->columns < 1 || request->depth < 1 || request->rows > limit ||
      request->columns > limit || request->depth > limit)
    return CN_INVALID;
  const double m = request->rows, n = request->columns, k = request->depth;
  // Offsets of the rows of a block are 32-bit.
  if (m * n > 1e12 || m * k > 1e12 || n * k > 1e12 || n * CN_MAX_PIXELS > 2e9) return CN_INVALID;
  const int64_t groups = ceil_div(request->columns, GEMM_WIDTH);
  const int64_t wanted = max64(1, min64(64, (int64_t)(m * n * k / 2e6)));
  int64_t rows = min64(ceil_div(request->rows, CN_MAX_PIXELS), 48 / CN_MAX_PIXELS + 1);
  int64_t split = groups;
  while (ceil_div(request->rows, rows * CN_MAX_PIXELS) * ceil_div(groups, split) < wanted) {
    if (split > 4)
      split = ceil_div(split, 2);
    else if (rows > 1)
      rows = ceil_div(rows, 2);
    else if (split > 1)
      split = ceil_div(split, 2);
    else
      break;
  }
  const int64_t row_parts = ceil_div(request->rows, rows * CN_MAX_PIXELS);
  if (row_parts * ceil_div(groups, split) > INT32_MAX) return CN_INVALID;
  plan->blocking[GEMM_ROWS] = (int32_t)ceil_div(request->rows, row_parts);
  plan->blocking[GEMM_SPLIT] = (int32_t)split;
  plan->blocking[GEMM_GROUPS] = (int32_t)groups;
  plan->blocking[GEMM_ROW_PARTS] =
      (int32_t)ceil_div(request->rows, plan->blocking[GEMM_ROWS]);
  if (request->precision != CN_FLOAT32)
    plan->blocking[GEMM_FORM] =
        bf16_is_native(request->precision) ? GEMM_BFLOAT16 : GEMM_BFLOAT16_EMULATED;
  const gemm_form form = make_gemm_form(plan);
  const int64_t packed = groups * padded_depth(plan) * form.weight_quad * GEMM_WIDTH;
  const int32_t tasks = plan->blocking[GEMM_ROW_PARTS] * (int32_t)ceil_div(groups, split);
  if (request->constant_b) {
    plan->pack_tasks = (int32_t)groups;
    plan->packed_bytes = packed;
    plan->phases = 1;
    plan->tasks[0] = tasks;
  } else {
    plan->workspace_bytes = packed;
    plan->phases = 2;
    plan->tasks[0] = (int32_t)groups;
    plan->tasks[1] = tasks;
  }
  plan->thread_scratch_bytes = 4 * (plan->blocking[GEMM_ROWS] * (panel_depth(plan) + GEMM_WIDTH) +
                                    panel_depth(plan) / 2);
  return CN_OK;
}

// Packs the columns of one group, zero beyond the last column and the last step of depth.
static void pack_gemm(const cn_gemm_plan *plan, int32_t group, const float *b, float *packed) {
  const cn_gemm_request *r = &plan->request;
  const int64_t depth = padded_depth(plan), first = (int64_t)group * GEMM_WIDTH;
  const int64_t columns = min64(GEMM_WIDTH, r->columns - first);
  // A group that fills one vector only is packed as one.
  const int64_t width = ceil_div(columns, CN_VL) * CN_VL;
  const gemm_form form = make_gemm_form(plan);
  float *at = packed + group * depth / 4 * form.weight_quad * GEMM_WIDTH;
  float quad_rows[4 * GEMM_WIDTH] __attribute__((aligned(64)));
  for (int64_t k = 0; k < depth; k += 4, at += form.weight_quad * width) {
    const int64_t steps = min64(4, r->depth - k);
    float *out = form.weight_quad == 4 ? at : quad_rows;
    for (int64_t i = 0; i < 4 * width; i += CN_VL) store(out + i, zero());
    if (r->b_transposed) {
      for (int64_t j = 0; j < columns; j++)
        for (int64_t i = 0; i < steps; i++)
          out[i * width + j] = b[(first + j) * r->depth + k + i];
    } else {
      for (int64_t i = 0; i < steps; i++)
        for (int64_t j = 0; j < columns; j++)
          out[i * width + j] = b[(k + i) * r->columns + first + j];
    }
    if (form.weight_quad == 4) continue;
    for (int64_t pair = 0; pair < 2; pair++)
      for (int64_t j = 0; j < width; j += CN_VL)
        store_words(at + pair * width + j, bf16_words(load(out + 2 * pair * width + j),
                                                      load(out + (2 * pair + 1) * width + j)));
  }
}

// Copies rows x (a slice of the depth) of A, zero beyond the last step.
static void pack_panel(const cn_gemm_request *r, const float *a, int64_t first_row, int64_t rows,
                       int64_t first_step, int64_t steps, int64_t padded, float *panel) {
  if (r->a_transposed) {
    for (int64_t k = 0; k < steps; k++)
      for (int64_t i = 0; i < rows; i++)
        panel[i * padded + k] = a[(first_step + k) * r->rows + first_row + i];
  } else {
    for (int64_t i = 0; i < rows; i++)
      __builtin_memcpy(panel + i * padded, a + (first_row + i) * r->depth + first_step,
                       (size_t)steps * 4);
  }
  for (int64_t i = 0; i < rows; i++)
    for (int64_t k = steps; k < padded; k++) panel[i * padded + k] = 0;
}

static void run_gemm(const cn_gemm_plan *plan, int32_t phase, int32_t task,
                     const cn_gemm_arguments *arguments, void *scratch) {
  const cn_gemm_request *r = &plan->request;
  if (!r->constant_b && phase == 0) {
    pack_gemm(plan, task, arguments->b, arguments->workspace);
    return;
  }
  const float *packed = r->constant_b ? arguments->packed_b : arguments->workspace;
  const int32_t row_parts = plan->blocking[GEMM_ROW_PARTS];
  const int64_t first_row = (int64_t)(task % row_parts) * plan->blocking[GEMM_ROWS];
  const int64_t rows = min64(plan->blocking[GEMM_ROWS], r->rows - first_row);
  const int64_t first_group = (int64_t)(task / row_parts) * plan->blocking[GEMM_SPLIT];
  const int64_t end_group =
      min64(plan->blocking[GEMM_GROUPS], first_group + plan->blocking[GEMM_SPLIT]);
  const int64_t depth = padded_depth(plan);
  float *tile = scratch;
  float *panel = tile + plan->blocking[GEMM_ROWS] * GEMM_WIDTH;
  quad *quads = (quad *)(panel + plan->blocking[GEMM_ROWS] * panel_depth(plan));
  const gemm_form form = make_gemm_form(plan);

  const target_limits unlimited = {.bias = {0}};
  for (int64_t k = 0; k < depth; k += GEMM_SLICE) {
    const int64_t slice = min64(GEMM_SLICE, depth - k);
    const bool last = k + slice == depth;
    pack_panel(r, arguments->a, first_row, rows, k, min64(slice, r->depth - k), slice, panel);
    if (plan->blocking[GEMM_FORM] != GEMM_FLOAT32)
      for (int64_t i = 0; i < rows; i++)
        bf16_run(plan->blocking[GEMM_FORM] == GEMM_BFLOAT16, panel + i * slice, slice);
    for (int64_t g = first_group; g < end_group; g++) {
      const int64_t columns = min64(GEMM_WIDTH, r->columns - g * GEMM_WIDTH);
      const int vectors = columns > CN_VL ? 2 : 1;
      for (int32_t q = 0; q < slice / 4; q++)
        quads[q] = (quad){form.source_quad * q, form.weight_quad * q * vectors * CN_VL};
      const bool partial = columns % CN_VL != 0;
      target_limits limits = unlimited;
      for (int64_t j = 0; j < columns; j++) {
        limits.bias[j] = k == 0 && arguments->bias ? arguments->bias[g * GEMM_WIDTH + j] : 0;
        limits.low[j] = arguments->low;
        limits.high[j] = arguments->high;
      }
      block b = {
          .quads = quads,
          .quad_count = slice / 4,
          .weights = packed + (g * depth * GEMM_WIDTH + k * vectors * CN_VL) / 4 * form.weight_quad,
          .vector_distance = CN_VL,
          .bias = limits.bias,
          .low = limits.low,
          .high = limits.high,
          .limited = last && (arguments->low > -__builtin_inff() ||
                              arguments->high < __builtin_inff()),
      };
      float *corner = arguments->c + first_row * r->columns + g * GEMM_WIDTH;
      const int64_t blocks = ceil_div(rows, CN_MAX_PIXELS);
      for (int64_t n = 0; n < blocks; n++) {
        const int64_t first = cut(rows, blocks, n), count = cut(rows, blocks, n + 1) - first;
        const int64_t row_distance = partial ? GEMM_WIDTH : r->columns;
        int32_t source_offsets[CN_MAX_PIXELS], destination_offsets[CN_MAX_PIXELS];
        for (int64_t i = 0; i < count; i++) {
          source_offsets[i] = (int32_t)(i * slice);
          destination_offsets[i] = (int32_t)(i * row_distance);
        }
        b.source = panel + first * slice;
        b.source_offsets = source_offsets;
        b.destination = (partial ? tile : corner) + first * row_distance;
        b.destination_offsets = destination_offsets;
        // Later slices add to what is there.
        b.residual = k > 0 ? b.destination : NULL;
        form.kernels[count - 1][vectors - 1][0](&b);
      }
      if (partial && last)
        for (int64_t i = 0; i < rows; i++)
          for (int64_t j = 0; j < columns; j++)
            corner[i * r->columns + j] = tile[i * GEMM_WIDTH + j];
    }
  }
}

static void column_sums(const float *matrix, int32_t rows, int32_t columns, int32_t first_column,
                        int32_t end_column, float *sums) {
  int32_t column = first_column;
  for (; column + CN_VL <= end_column; column += CN_VL) {
    vec sum = zero();
    for (int64_t i = 0; i < rows; i++) sum += load_unaligned(matrix + i * columns + column);
    store_unaligned(sums + column, sum);
  }
  for (; column < end_column; column++) {
    float sum = 0;
    for (int64_t i = 0; i < rows; i++) sum += matrix[i * columns + column];
    sums[column] = sum;
  }
}

static const cn_gemm_kernels gemm_kernels = {
    .plan = plan_gemm,
    .pack = pack_gemm,
    .run = run_gemm,
    .column_sums = column_sums,
};
