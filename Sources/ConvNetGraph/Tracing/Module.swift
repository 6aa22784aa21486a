/// A description of a network or a part of one: parts as properties, and `forward`.
///
/// ```swift
/// struct Net: Module {
///   let conv = Conv2d(inChannels: 3, outChannels: 64, kernelSize: 3, padding: 1)
///   let bn = BatchNorm2d(64)
///   func forward(_ x: Value) -> Value { F.relu(bn(conv(x))) }
/// }
/// ```
/// Property names become the state dict's names (`conv.weight`), as in PyTorch.
public protocol Module: Sendable {
  /// The network's output for an input; it runs once, while the network is traced.
  func forward(_ input: Value) -> Value
}

extension Module {
  /// Applies the module: what to write inside `forward`.
  public func callAsFunction(_ input: Value) -> Value {
    input.builder.enter(self)
    defer { input.builder.leave() }
    return forward(input)
  }
}

/// A module that is a single layer and knows itself again when copied.
public protocol Layer: Module {
  /// What tells this layer from another of the same kind; store it as a property.
  var identity: LayerIdentity { get }
}

/// A module whose children are numbered, not named by properties.
public protocol ModuleContainer: Module {
  /// The children with their names in the state dict.
  var namedChildren: [(name: String, module: any Module)] { get }
}
