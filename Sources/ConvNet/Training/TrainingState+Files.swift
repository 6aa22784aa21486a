internal import ConvNetFormats
public import ConvNetGraph

extension TrainingState {
  private static let key = "convnet.state"

  /// What is not a tensor and not in the model's own metadata.
  private struct Description: Codable {
    var configuration: TrainingConfiguration
    var progress: Progress
    var data: DataFingerprint
  }

  /// Writes the state into a safetensors file, whole or not at all.
  ///
  /// - Throws: ``ConvNetError`` of kind `cannotWrite`.
  public func save(to path: String) throws(ConvNetError) {
    var tensors = Weights()
    for (name, tensor) in model.weights { tensors["weights/\(name)"] = tensor }
    for (name, tensor) in moments { tensors["moments/\(name)"] = tensor }
    for (name, tensor) in bestWeights ?? Weights() { tensors["best/\(name)"] = tensor }
    var metadata = try model.metadata()
    metadata[TrainingState.key] = try JSONValue(
      encoding: Description(configuration: configuration, progress: progress, data: data)
    ).serialized()
    try SafetensorsFile.write(tensors, metadata: metadata, to: path)
  }

  /// Reads a state.
  ///
  /// - Throws: ``ConvNetError``: the file's errors, or of kind `invalidData` naming what is damaged.
  public init(contentsOf path: String) throws(ConvNetError) {
    let file = try SafetensorsFile(path: path)
    let name = path.escapedForDisplay
    guard let text = file.metadata[TrainingState.key] else {
      throw ConvNetError(.invalidData, "\(name): is not the state of a training")
    }
    let place = "\(name): \(TrainingState.key)"
    let description = try JSONValue(parsing: text, name: place)
      .decode(Description.self, name: place)
    var parts: [Substring: Weights] = [:]
    for (name, tensor) in file.load().weights {
      guard let slash = name.firstIndex(of: "/") else { continue }
      parts[name[..<slash], default: Weights()][String(name[name.index(after: slash)...])] = tensor
    }
    model = try Model(metadata: file.metadata, weights: parts["weights"] ?? Weights(), name: name)
    configuration = description.configuration
    progress = description.progress
    data = description.data
    moments = parts["moments"] ?? Weights()
    bestWeights = parts["best"]
    if let bestWeights {
      do throws(ConvNetError) {
        _ = try model.graph.matching(bestWeights)
      } catch {
        throw ConvNetError(.invalidData, "\(name): best weights: \(error.summary)")
      }
    }
  }
}
