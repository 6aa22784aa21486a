/// What a node means: its output shapes, its numbers, its gradient, its cost.
///
/// One operation is one file. Attributes (stride, epsilon, …) are its stored properties, and their
/// synthesised `Codable` form is what model files hold. An operation of a user's own conforms to the
/// same protocol and runs everywhere by its reference loops.
///
/// Everything is checked in ``outputShapes(for:)``, because attributes can come from a file: it throws
/// an error without the layer's path (the graph adds that), and the other functions are called only
/// with shapes that it accepted.
public protocol Operation: Sendable, Hashable, Codable {
  /// The field's name for it, PyTorch's where it has one: `Conv2d`.
  static var name: String { get }

  /// The attributes in a few characters for tables: `k3 s1 p1`; empty where there are none.
  var details: String { get }

  /// The number of outputs; 1 unless stated.
  var outputCount: Int { get }

  /// The shapes of the outputs, or why these inputs do not fit.
  func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape]

  /// The plain loops: the meaning that every fast path is tested against.
  func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>]

  /// The gradient with respect to each input, as nodes of the same graph; nil for an input that has
  /// none (a class index) or needs none.
  func gradient(_ context: GradientContext) -> [Value?]

  /// The outputs that take this node's place while training, or nil where it stays as it is.
  func trainingForm(_ context: TrainingContext) -> [Value]?

  /// The multiply-adds of one evaluation; bias additions and normalisation count none.
  func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int

  /// What one output cell sees of the input image.
  func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep
}

extension Operation {
  /// No attributes worth a table's space.
  public var details: String { "" }
  /// One output.
  public var outputCount: Int { 1 }
  /// Stays as it is.
  public func trainingForm(_ context: TrainingContext) -> [Value]? { nil }
  /// None.
  public func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int { 0 }
  /// Only the same position.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .pointwise }
}

/// An operation that stands for a gradient and is not differentiated again.
public protocol GradientOperation: Operation {}

extension GradientOperation {
  /// None: there are no second derivatives.
  public func gradient(_ context: GradientContext) -> [Value?] {
    context.inputs.map { _ in nil }
  }
}

/// What one output cell of an operation sees of its input.
public enum ReceptiveFieldStep: Hashable, Sendable {
  /// Only the same position.
  case pointwise
  /// A sliding window.
  case window(SlidingWindow)
  /// The window of a transposed convolution: its stride divides the jump.
  case transposedWindow(SlidingWindow)
  /// Cells that are listed for each output row and column: resized and adaptively pooled images.
  case regions(ImageRegions)
  /// The whole image.
  case global
  /// The result is not laid out as an image.
  case notSpatial
}

/// What an operation needs to express its gradient.
public struct GradientContext {
  /// The node's inputs.
  public let inputs: [Value]
  /// The node's outputs.
  public let outputs: [Value]
  /// The gradient that arrived at each output; nil where none did.
  public let outputGradients: [Value?]
  /// Whether each input's gradient is wanted.
  public let isNeeded: [Bool]

  /// The gradient of the first output; present whenever an operation with one output is asked.
  public var outputGradient: Value { outputGradients.compactMap { $0 }.first ?? outputs[0] }

  /// One gradient: the closure's where it is wanted, nil elsewhere.
  public func gradient(_ input: Int, _ make: () -> Value) -> Value? {
    isNeeded[input] ? make() : nil
  }
}

/// What an operation needs to express its training form.
public struct TrainingContext {
  /// The node's inputs.
  public let inputs: [Value]
  /// The node's number in the graph: tells its random numbers from those of others.
  public let nodeIndex: Int
  let builder: GraphBuilder

  /// Says that a tracked parameter takes this value after the step (running statistics).
  public func update(_ parameter: Value, to newValue: Value) {
    builder.addStateUpdate(parameter, newValue)
  }

  /// The step's random key, a `[4]` tensor of 16-bit numbers; the trainer feeds it.
  public var randomKey: Value { builder.randomKey() }
}
