// How many cores this process may run on.
#pragma once

#include <stdint.h>

// The size of the scheduler's affinity mask, or the number of cores online; at least 1.
int32_t cn_allowed_cores(void);
