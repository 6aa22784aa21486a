internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// What `--pretrained` names: weights that a training begins with.
struct StartingPoint {
  private let name: String
  private let weights: Weights
  /// The zoo's network that the weights are known to belong to.
  let architecture: String?
  /// The network that the weights came with, where it is none of the zoo's: an imported one.
  let network: Model?
  private let preprocessing: Preprocessing?

  /// Reads a model file, an ONNX file, a state dict or a pretrained network of that name.
  ///
  /// - Parameter size: the pictures' size, where an ONNX file leaves it free.
  init(_ name: String, size: Size2D?, console: Console) throws(ConvNetError) {
    self.name = name.escapedForDisplay
    if let file = try? FileBytes(path: name), ONNXModel.isONNX(file, path: name) {
      let onnx = try ONNXModel(path: name)
      let channels = onnx.inputs.first?.sizes.flatMap { $0.count == 4 ? $0[1] : nil } ?? 3
      let model = try Model(
        onnx: onnx, input: size.map { [channels, $0.height, $0.width] })
      let isDescribed = onnx.metadata["convnet.preprocessing"] != nil
      weights = model.weights
      architecture = nil
      network = model
      preprocessing = isDescribed ? model.preprocessing : nil
      if !isDescribed {
        console.note(
          "\(self.name) does not say how pictures are prepared: their mean and deviation are "
            + "measured")
      }
      if !model.hasBatchNorm {
        console.note(
          "it has no batch norm (exporters fold it into the convolutions): what is trained of the "
            + "body moves on without it, in small steps")
      }
      return
    }
    do throws(ConvNetError) {
      let loaded = try WeightsFile.load(name)
      guard loaded.metadata["convnet.graph"] != nil else {
        for note in loaded.notes { console.warning(note) }
        weights = loaded.weights
        architecture = nil
        network = nil
        preprocessing = nil
        return
      }
    } catch {
      guard error.kind == .notFound else { throw error }
    }
    // A model file, or the name of a pretrained network.
    let model = try ModelArgument.load(name, console: console)
    weights = model.weights
    architecture = model.zooName
    network = architecture == nil ? model : nil
    preprocessing = model.preprocessing
  }

  /// Gives a model the weights that fit it; the layers for other classes begin anew.
  ///
  /// - Returns: Whether the model also took over how the colours are scaled.
  func apply(to model: inout Model, console: Console) throws(ConvNetError) -> Bool {
    let report = try model.load(weights, name: name, strict: false)
    let new = report.missing + report.misshapen.map(\.name)
    let shown = new.prefix(4).joined(separator: ", ") + (new.count > 4 ? ", …" : "")
    console.note(
      "begins with \(NumberFormat.grouped(report.loaded.count)) of "
        + "\(NumberFormat.grouped(model.weights.count)) tensors of \(name)"
        + (new.isEmpty ? "" : "; new are \(shown)"))
    guard let preprocessing, preprocessing.channels == model.preprocessing.channels else {
      return false
    }
    model.preprocessing.mean = preprocessing.mean
    model.preprocessing.standardDeviation = preprocessing.standardDeviation
    model.preprocessing.resampling = preprocessing.resampling
    let own = model.preprocessing
    if (own.height, own.width) == (preprocessing.height, preprocessing.width) {
      model.preprocessing.resize = preprocessing.resize
      model.preprocessing.resizeTo = preprocessing.resizeTo
    }
    return true
  }
}

extension Model {
  /// The zoo's network that this is, whatever its classes; nil where it only has the name of one.
  fileprivate var zooName: String? {
    let shape = inputShape
    guard shape.rank == 3, let entry = try? Zoo.entry(architecture),
      let net = try? entry.make(
        classes: outputShape.dimensions.last, channels: shape[0],
        size: Size2D(height: shape[1], width: shape[2])),
      let own = try? Graph(net, input: shape)
    else { return nil }
    return own.parameters.map(\.name) == graph.parameters.map(\.name) ? architecture : nil
  }

  /// What the names of the first layers' parameters begin with, for so many layers that have any.
  ///
  /// - Throws: An `invalidArgument` error where no layer would be left to train.
  func firstLayers(_ count: Int) throws(ConvNetError) -> [String] {
    var layers: [String] = []
    for name in graph.parameters.map(\.name) {
      let layer = name.lastIndex(of: ".").map { String(name[...$0]) } ?? name
      if !layers.contains(layer) { layers.append(layer) }
    }
    guard count < layers.count else {
      throw ConvNetError(
        .invalidArgument, "--freeze \(count) leaves nothing to train",
        reason: "\(architecture) has \(layers.count) layers with weights")
    }
    return Array(layers.prefix(count))
  }
}
