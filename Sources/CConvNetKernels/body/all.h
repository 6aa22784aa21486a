// All kernel bodies in order of use, and the table that names them: included once per
// instruction set by isa_*.c, never compiled alone. README.md says how to add one.

#include <string.h>

#include "../include/CConvNetKernels.h"
#include "vector.h"
#include "planes.h"
#include "functions.h"
#include "activation.h"
#include "elementwise.h"
#include "transpose.h"
#include "layout.h"
#include "normalisation.h"
#include "pooling.h"
#include "lanes.h"
#include "loss.h"
#include "reduction.h"
#include "optimizer.h"
#include "resample.h"
#include "dropout.h"

#include "microkernel.h"
#include "outer_product.h"
#include "bf16.h"
#include "bf16_microkernel.h"

#include "geometry.h"
#include "weight_layout.h"
#include "limits.h"
#include "statistics.h"

#include "direct_plan.h"
#include "direct.h"
#include "direct_weights.h"
#include "bf16_direct.h"
#include "bf16_weights.h"
#include "depthwise.h"
#include "depthwise_gradient.h"
#include "stem.h"
#include "winograd_transforms.h"
#include "winograd_tiles.h"
#include "winograd.h"
#include "winograd_gradient.h"

#include "convolution.h"
#include "gemm.h"

#define CN_JOIN_(a, b) a##b
#define CN_JOIN(a, b) CN_JOIN_(a, b)
#define CN_TEXT_(a) #a
#define CN_TEXT(a) CN_TEXT_(a)

// Everything else in the bodies is static; this is the only symbol of an instruction set.
const cn_kernel_table CN_JOIN(cn_kernel_table_, CN_ISA) = {
    .isa = CN_TEXT(CN_ISA),
    .vector_length = CN_VL,
    .convolution = &convolution_kernels,
    .gemm = &gemm_kernels,
    .elementwise = &elementwise_kernels,
    .layout = &layout_kernels,
    .normalisation = &normalisation_kernels,
    .pooling = &pooling_kernels,
    .loss = &loss_kernels,
    .reduction = &reduction_kernels,
    .optimizer = &optimizer_kernels,
    .resample = &resample_kernels,
};
