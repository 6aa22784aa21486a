internal import ConvNetGraph

/// One kernel on its buffers.
struct Step: Sendable {
  /// The node's name, or what was inserted: `conv1: blocked`.
  let name: String
  let kernel: any Kernel
  let reads: [BufferID]
  /// The results, then the work space.
  let writes: [BufferID]
  /// Why faster kernels were refused.
  let refusals: [String]
  /// The input whose memory each result may take over.
  let inPlace: [Int?]
}
