/// A place in a graph that a named tensor of ``Weights`` fills.
public struct ParameterSlot: Sendable, Codable {
  /// What happens to the tensor while training.
  public enum Role: String, Sendable, Codable {
    /// The optimiser changes it along its gradient.
    case trained
    /// A node of the training form gives its next value (running statistics).
    case tracked
    /// It stays as it is.
    case constant
  }

  /// The name in the state dict: `layer1.0.conv1.weight`.
  public var name: String
  /// The sizes.
  public var shape: Shape
  /// What happens to it while training.
  public var role: Role
  /// How it gets its first numbers.
  public var initializer: Initializer
  /// The value that stands for it in the graph.
  public var value: ValueID
}

extension Graph {
  /// The slot of a value, nil where it is no parameter.
  public func parameter(_ value: ValueID) -> ParameterSlot? {
    parameters.first { $0.value == value }
  }

  /// The first numbers of every parameter; they depend on the seed and the parameter's name only.
  public func initialWeights(seed: UInt64) -> Weights {
    Weights(
      parameters.map { slot in
        (
          name: slot.name,
          tensor: slot.initializer.tensor(shape: slot.shape, name: slot.name, seed: seed)
        )
      })
  }
}
