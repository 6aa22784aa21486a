// Counts the allocations of the calling thread, for tests that allow none.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Whether this platform's allocations are counted: with glibc, whose allocator can be wrapped.
bool allocations_are_counted(void);

// The allocations of the calling thread since it began.
int64_t allocations_of_this_thread(void);
