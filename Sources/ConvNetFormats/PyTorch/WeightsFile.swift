public import ConvNetGraph

/// Reading weights from a file of any known kind.
public enum WeightsFile {
  /// Reads all tensors of a safetensors or PyTorch file, told apart by their first bytes.
  ///
  /// - Throws: ``ConvNetError`` as ``SafetensorsFile/init(path:)`` and ``PyTorchFile/init(path:)``.
  public static func load(_ path: String) throws(ConvNetError) -> LoadedWeights {
    let bytes = try FileBytes(path: path)
    if PyTorchFile.isPyTorch(bytes) { return try PyTorchFile(bytes).load() }
    guard bytes.count > 0 else { throw ConvNetError(.invalidData, "\(bytes.name): is empty") }
    guard bytes.count > 8, bytes.withUnsafeBytes({ $0[8] }) == UInt8(ascii: "{") else {
      throw ConvNetError(
        .invalidData, "\(bytes.name): is no weights file that is known",
        reason: "read are safetensors and the files of torch.save (.pth, .pt, .th)")
    }
    return try SafetensorsFile(bytes).load()
  }
}
