public import ConvNetEngine
internal import ConvNetFormats
public import ConvNetGraph

/// A network with its numbers, and what belongs to it: class names, the preparation of pictures.
///
/// A value: copies are independent. ``Graph`` and ``Weights`` are the whole computation; a model comes
/// from a ``Module``, from the zoo, or from a file, and afterwards there is no difference.
///
/// ```swift
/// var model = try Model(Net(), input: [3, 32, 32], seed: 1)
/// try model.load("net.pth")
/// let predictor = try model.predictor()
/// let scores = try await predictor(image)
/// ```
public struct Model: Sendable {
  /// The network for a batch of one.
  public let graph: Graph
  /// The parameters by name.
  public var weights: Weights
  /// The names of the classes in the order of the scores; empty where they are not known.
  public var labels: [String] = []
  /// How a picture becomes the network's input.
  public var preprocessing: Preprocessing
  /// The name of the architecture: the zoo's, or the module's type.
  public var architecture: String
  /// How the model was trained, and how well; nil where that is not known.
  public var training: TrainingRecord?

  /// A network with new numbers.
  ///
  /// - Parameters:
  ///   - net: the network.
  ///   - input: one input without the batch: `[C, H, W]`.
  ///   - seed: another seed gives other first numbers.
  ///   - labels: the names of the classes in the order of the scores.
  /// - Throws: ``ConvNetError`` of kind `invalidNetwork` naming the layer, both shapes and a fix.
  public init(
    _ net: some Module, input: Shape, seed: UInt64 = 0, labels: [String] = []
  ) throws(ConvNetError) {
    let graph = try Graph(net, input: input)
    try self.init(
      graph, weights: graph.initialWeights(seed: seed), labels: labels,
      architecture: "\(type(of: net))")
  }

  /// A graph with its weights: what importers make.
  ///
  /// - Throws: ``ConvNetError`` where the weights do not fit the graph, or it has no single input.
  public init(
    _ graph: Graph, weights: Weights, labels: [String] = [], preprocessing: Preprocessing? = nil,
    architecture: String = "graph"
  ) throws(ConvNetError) {
    guard let input = graph.inputs.first, graph.inputs.count == 1, graph.outputs.count == 1 else {
      throw ConvNetError(
        .unsupported,
        "a network of \(counted(graph.inputs.count, "input")) and "
          + "\(counted(graph.outputs.count, "output")) is no model",
        reason: "a model has one input and one output",
        advice: "run it on tensors: convnet run FILE --inputs in.safetensors --outputs "
          + "out.safetensors, in Swift NetworkRun.outputs(of:inputs:)")
    }
    self.graph = try graph.reshaped(batch: 1)
    let tensors = try graph.matching(weights)
    self.weights = Weights(zip(graph.parameters, tensors).map { (name: $0.name, tensor: $1) })
    self.labels = labels
    self.preprocessing = preprocessing ?? Preprocessing(input: graph.shape(input))
    self.architecture = architecture
    try checkMetadata()
  }

  /// One input without the batch: `[C, H, W]`.
  public var inputShape: Shape { Shape(Array(graph.shape(graph.inputs[0]).dimensions.dropFirst())) }

  /// One output without the batch: `[classes]` for a classifier.
  public var outputShape: Shape {
    Shape(Array(graph.shape(graph.outputs[0]).dimensions.dropFirst()))
  }

  /// The number of trained numbers.
  public var parameterCount: Int {
    graph.parameters.reduce(0) { $0 + ($1.role == .trained ? $1.shape.count : 0) }
  }

  /// The class name of a score's position; its number where the names are not known.
  public func label(_ index: Int) -> String {
    labels.indices.contains(index) ? labels[index] : "\(index)"
  }

  /// A model ready to predict.
  ///
  /// - Parameters:
  ///   - batch: the pictures that are computed at once; any number can be asked for.
  ///   - options: the engine's options.
  ///   - concurrency: the most predictions at the same time; the allowed cores where nil.
  /// - Throws: ``ConvNetError`` where the batch or an option is not possible.
  public func predictor(
    batch: Int = 1, options: EngineOptions = EngineOptions(), concurrency: Int? = nil
  ) throws(ConvNetError) -> Predictor {
    try Predictor(self, batch: batch, options: options, concurrency: concurrency)
  }

  /// The parts fit each other.
  func checkMetadata() throws(ConvNetError) {
    try preprocessing.validate()
    let input = inputShape
    if input.rank == 3 {
      let prepared: Shape = [
        preprocessing.channels, preprocessing.height, preprocessing.width,
      ]
      guard prepared == input else {
        throw ConvNetError(
          .invalidArgument, "pictures are prepared as \(prepared), the network expects \(input)")
      }
    }
    let classes = outputShape
    if !labels.isEmpty, classes.rank == 1, classes[0] != labels.count {
      throw ConvNetError(
        .invalidArgument, "\(labels.count) class names for \(classes[0]) scores",
        advice: "make the network for \(labels.count) classes, or load another head")
    }
  }
}

/// "1 input", "2 inputs".
private func counted(_ count: Int, _ what: String) -> String {
  count == 1 ? "1 \(what)" : "\(count) \(what)s"
}

/// How a model was trained, for the model's file.
public struct TrainingRecord: Hashable, Sendable, Codable {
  /// The settings.
  public var configuration: TrainingConfiguration
  /// The epochs that led to the weights.
  public var epochs: Int
  /// The share of evaluation pictures whose class came first; nil where nothing was evaluated.
  public var accuracy: Double?
  /// The mean loss over the evaluation pictures; nil where nothing was evaluated.
  public var loss: Double?

  /// A record.
  public init(
    configuration: TrainingConfiguration, epochs: Int, accuracy: Double?, loss: Double?
  ) {
    self.configuration = configuration
    self.epochs = epochs
    self.accuracy = accuracy
    self.loss = loss
  }
}
