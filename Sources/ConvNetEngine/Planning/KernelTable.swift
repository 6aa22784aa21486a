internal import CConvNetKernels

/// The kernels of one instruction set.
///
/// `@unchecked Sendable`: the table is constant data of the program.
struct KernelTable: @unchecked Sendable {
  let pointer: UnsafePointer<cn_kernel_table>

  /// Channels in a block of the blocked layout.
  var vectorLength: Int { Int(pointer.pointee.vector_length) }
  var name: String { String(cString: pointer.pointee.isa) }
  var convolution: cn_convolution_kernels { pointer.pointee.convolution.pointee }
  var gemm: cn_gemm_kernels { pointer.pointee.gemm.pointee }
  var layout: cn_layout_kernels { pointer.pointee.layout.pointee }
  var elementwise: cn_elementwise_kernels { pointer.pointee.elementwise.pointee }
  var normalisation: cn_normalisation_kernels { pointer.pointee.normalisation.pointee }
  var loss: cn_loss_kernels { pointer.pointee.loss.pointee }
  var resample: cn_resample_kernels { pointer.pointee.resample.pointee }
  var pooling: cn_pooling_kernels { pointer.pointee.pooling.pointee }
}
