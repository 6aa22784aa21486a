// The choice of the instruction set, once per process or by name.

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "CConvNetKernels.h"

#if defined(__x86_64__)
extern const cn_kernel_table cn_kernel_table_avx512;
extern const cn_kernel_table cn_kernel_table_avx2;
#endif
extern const cn_kernel_table cn_kernel_table_portable;

// Best first; the last runs everywhere.
static const cn_kernel_table *const all_tables[] = {
#if defined(__x86_64__)
    &cn_kernel_table_avx512,
    &cn_kernel_table_avx2,
#endif
    &cn_kernel_table_portable,
};

static const size_t table_count = sizeof all_tables / sizeof all_tables[0];

// __builtin_cpu_supports also asks whether the operating system saves the wide registers.
static bool processor_runs(const cn_kernel_table *table) {
#if defined(__x86_64__)
  if (table == &cn_kernel_table_avx512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("fma");
  if (table == &cn_kernel_table_avx2)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return table == &cn_kernel_table_portable;
}

const cn_kernel_table *cn_available_kernels(int32_t index) {
  for (size_t i = 0; i < table_count; i++)
    if (processor_runs(all_tables[i]) && index-- == 0) return all_tables[i];
  return NULL;
}

const cn_kernel_table *cn_kernels_for(const char *isa) {
  if (isa == NULL) {
    isa = getenv("CONVNET_ISA");
    if (isa == NULL || isa[0] == '\0') return cn_available_kernels(0);
  }
  for (int32_t i = 0;; i++) {
    const cn_kernel_table *table = cn_available_kernels(i);
    if (table == NULL || strcmp(table->isa, isa) == 0) return table;
  }
}
