#include "CConvNetKernels.h"
