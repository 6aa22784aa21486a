/// Modules applied one after another: PyTorch's `nn.Sequential`.
///
/// Children are numbered in the state dict, layers without parameters too, so that a VGG reads
/// `features.0.weight`, `features.3.weight`, … as in torchvision.
///
/// ```swift
/// Sequential {
///   Conv2d(inChannels: 3, outChannels: 64, kernelSize: 3, padding: 1)
///   if batchNorm { BatchNorm2d(64) }
///   ReLU()
/// }
/// ```
public struct Sequential: Layer, ModuleContainer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  /// The children in order.
  public let modules: [any Module]
  private let names: [String]

  /// The given modules in order.
  public init(_ modules: [any Module]) {
    self.modules = modules
    self.names = modules.indices.map(String.init)
  }

  /// The given modules in order, named: PyTorch's `Sequential(OrderedDict(...))`.
  public init(named modules: [(name: String, module: any Module)]) {
    self.modules = modules.map(\.module)
    self.names = modules.map(\.name)
  }

  /// The modules that the block lists; `if`, `switch` and `for` work inside it.
  public init(@ModuleBuilder _ modules: () -> [any Module]) {
    self.init(modules())
  }

  /// The children with their names in the state dict.
  public var namedChildren: [(name: String, module: any Module)] {
    zip(names, modules).map { (name: $0, module: $1) }
  }

  /// The number of children: PyTorch's `len(sequential)`.
  public var count: Int { modules.count }

  /// The child at a position; it has to be in 0..<count.
  public subscript(position: Int) -> any Module { modules[position] }

  /// The children of some positions under their own names, so that the weights of the whole fit:
  /// PyTorch's `sequential[:5]`. The range has to be within 0..<count.
  public subscript(range: some RangeExpression<Int>) -> Sequential {
    Sequential(named: Array(namedChildren[range]))
  }

  /// The last module's output.
  public func forward(_ input: Value) -> Value {
    modules.reduce(input) { value, module in module(value) }
  }
}

/// Collects the modules that a ``Sequential``'s block lists.
@resultBuilder
public enum ModuleBuilder {
  /// One module.
  public static func buildExpression(_ module: any Module) -> [any Module] { [module] }
  /// Several modules at once.
  public static func buildExpression(_ modules: [any Module]) -> [any Module] { modules }
  /// All lines of a block.
  public static func buildBlock(_ parts: [any Module]...) -> [any Module] { parts.flatMap { $0 } }
  /// An `if` without `else`.
  public static func buildOptional(_ part: [any Module]?) -> [any Module] { part ?? [] }
  /// The first branch.
  public static func buildEither(first part: [any Module]) -> [any Module] { part }
  /// The second branch.
  public static func buildEither(second part: [any Module]) -> [any Module] { part }
  /// A `for` loop.
  public static func buildArray(_ parts: [[any Module]]) -> [any Module] { parts.flatMap { $0 } }
}
