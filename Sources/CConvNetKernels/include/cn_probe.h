// How fast this processor multiplies and adds, as the yardstick of the kernels.
#pragma once

#include <stdint.h>

#pragma clang assume_nonnull begin

// Runs independent multiply-adds in registers, in the vectors of the instruction set ("avx512",
// "avx2", anything else: portable), `rounds` times over. The processor must have it.
// Returns the floating-point operations that were done: two for each multiply-add.
int64_t cn_probe_multiply_adds(const char *isa, int64_t rounds);

#pragma clang assume_nonnull end
