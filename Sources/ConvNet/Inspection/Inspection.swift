public import ConvNetEngine
public import ConvNetFormats
public import ConvNetGraph

/// One run of a model on one picture with every intermediate result kept.
///
/// The layers ran one by one, nothing fused, by algorithms that add the products of the definition;
/// then the usual fused plan ran once on the same input, so that both answers can be compared.
public struct Inspection: Sendable {
  /// One layer of the run: a node of the graph and what it put out.
  public struct Layer: Sendable {
    /// The layer's path: `layer1.0.conv1`.
    public let name: String
    /// What it means.
    public let operation: any Operation
    /// The values that it reads, parameters included.
    public let inputs: [ValueID]
    /// The value that it makes.
    public let value: ValueID
    /// Its numbers, batch of one included.
    public let output: Tensor
    /// The multiply-adds of one evaluation.
    public let multiplyAdds: Int
    /// The pixels of the picture that its positions see; nil where they depend on none.
    public let receptiveField: ReceptiveField?
    /// Its numbers in brief.
    public let statistics: TensorStatistics
    /// How long it takes, unfused, the median of three runs; nil where it was not measured.
    public let time: Duration?
  }

  /// The model that ran.
  public let model: Model
  /// What the network saw: the prepared picture before its samples became numbers.
  public let picture: Image
  /// The picture's size before it was prepared, upright.
  public let originalSize: Size2D
  /// The network's input `[1, C, H, W]`.
  public let input: Tensor
  /// The layers in the order in which they ran.
  public let layers: [Layer]
  /// The score of each class before any softmax, `[classes]`.
  public let scores: Tensor
  /// The same from the fused plan that predictions use.
  public let fusedScores: Tensor
  /// The value in the graph that the scores are.
  public let scoreValue: ValueID
  /// The instruction set of the kernels.
  public let instructionSet: String
  /// The options that it ran with.
  public let options: EngineOptions

  /// The share of each class: softmax of the scores.
  public var probabilities: [Double] { scores.withUnsafeBufferPointer(Scores.softmax) }

  /// The positions of the classes, likeliest first.
  public func ranking(_ count: Int) -> [Int] {
    scores.withUnsafeBufferPointer { Scores.top(count, of: $0) }
  }

  /// The largest difference between the scores of the two ways to compute them, as a share of the
  /// largest score.
  public var fusedDifference: Double {
    let (a, b) = (scores.elements, fusedScores.elements)
    let largest = a.reduce(0) { max($0, Double($1.magnitude)) }
    let difference = zip(a, b).reduce(0) { max($0, Double(($1.0 - $1.1).magnitude)) }
    return largest > 0 ? difference / largest : difference
  }

  /// The numbers of a value: a layer's output or the input; nil for parameters.
  public func tensor(of value: ValueID) -> Tensor? {
    if value == model.graph.inputs[0] { return input }
    return layers.first { $0.value == value }?.output
  }

  /// The layer that makes a value; nil for the input and parameters.
  public func producer(of value: ValueID) -> Layer? { layers.first { $0.value == value } }

  /// All tensors by name: `input`, every layer's output, `scores`.
  public var tensors: Weights {
    var tensors = Weights([(name: "input", tensor: input)])
    for layer in layers { tensors[layer.name] = layer.output }
    tensors["scores"] = scores
    return tensors
  }
}
