// CConvNetKernels: the arithmetic of ConvNet, one small header per concept.
//
// Nothing here allocates, starts a thread or keeps state between calls: the caller owns memory,
// layout, planning and threads. The kernels of every instruction set stand in one table
// (cn_table.h), chosen at run time.
#pragma once

#include "cn_cores.h"
#include "cn_fold.h"
#include "cn_probe.h"
#include "cn_spin.h"
#include "cn_table.h"
