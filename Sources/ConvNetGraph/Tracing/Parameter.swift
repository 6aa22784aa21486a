internal import Synchronization

/// A slot that a layer declares: its shape, how it starts, and whether it is trained or tracked.
///
/// A parameter holds no numbers. Its name is the path of properties that leads to it, found by
/// reflection; so it has to be a stored property of a layer, and layers stored properties of modules.
/// A copied layer is the same layer (as in PyTorch, where a module used twice shares its weights).
public struct Parameter: Sendable {
  let identity = LayerIdentity()
  /// The sizes.
  public let shape: Shape
  /// How it gets its first numbers.
  public let initializer: Initializer
  /// What happens to it while training.
  public let role: ParameterSlot.Role

  /// A parameter of this shape.
  public init(_ shape: Shape, _ initializer: Initializer, role: ParameterSlot.Role = .trained) {
    self.shape = shape
    self.initializer = initializer
    self.role = role
  }
}

/// What tells one layer from another: a number that every copy of the layer keeps.
public struct LayerIdentity: Hashable, Sendable {
  private let number: UInt64

  /// A new identity.
  public init() {
    number = LayerIdentity.counter.add(1, ordering: .relaxed).newValue
  }

  private static let counter = Atomic<UInt64>(0)
}
