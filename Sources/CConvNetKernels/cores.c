// How many cores this process may run on: the scheduler's affinity mask, which Swift cannot read.
#define _GNU_SOURCE
#include "cn_cores.h"

#if defined(__linux__)
#include <sched.h>
#endif
#include <unistd.h>

int32_t cn_allowed_cores(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    int count = CPU_COUNT(&set);
    if (count > 0) return count;
  }
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int32_t)online : 1;
}
