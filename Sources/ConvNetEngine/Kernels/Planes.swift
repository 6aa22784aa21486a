internal import CConvNetKernels
internal import ConvNetGraph

/// The blocked form of an image tensor: what kernels over planes need to know.
struct Planes: Sendable {
  let c: cn_planes
  /// Images times channel blocks.
  let count: Int
  let channelBlocks: Int
  /// Float32 elements of one plane.
  let elements: Int

  init(_ shape: Shape, _ table: KernelTable) {
    c = cn_planes(
      batch: Int64(shape[0]), channels: Int64(shape[1]), pixels: Int64(shape[2] * shape[3]))
    channelBlocks = (shape[1] + table.vectorLength - 1) / table.vectorLength
    count = shape[0] * channelBlocks
    elements = shape[2] * shape[3] * table.vectorLength
  }

  /// A phase over the planes.
  func phase(
    _ body: @escaping @Sendable (_ first: Int64, _ last: Int64, KernelMemory) -> Void
  ) -> RangeKernel.Phase {
    RangeKernel.Phase(items: count, elementsPerItem: elements) { range, memory in
      body(Int64(range.lowerBound), Int64(range.upperBound), memory)
    }
  }
}
