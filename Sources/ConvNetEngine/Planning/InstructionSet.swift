internal import CConvNetKernels
internal import ConvNetGraph

/// The instruction sets that kernels exist for.
public enum InstructionSet {
  /// Those that this processor can run, best first.
  public static let available: [String] = {
    var names: [String] = []
    while let table = cn_available_kernels(Int32(names.count)) {
      names.append(String(cString: table.pointee.isa))
    }
    return names
  }()

  /// The kernels of an instruction set; of `CONVNET_ISA` or the best where the name is nil.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where there are none.
  static func table(_ name: String?) throws(ConvNetError) -> KernelTable {
    guard let table = cn_kernels_for(name) else {
      throw ConvNetError(
        .invalidArgument,
        name.map { "instruction set '\($0)' is not available" }
          ?? "the instruction set named in CONVNET_ISA is not available",
        reason: "this processor can run: \(available.joined(separator: ", "))")
    }
    return KernelTable(pointer: table)
  }
}
