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
}
