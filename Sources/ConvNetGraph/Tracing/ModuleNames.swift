/// The names of a module's parameters and parts, found by reflection once per trace.
struct ModuleNames {
  private(set) var parameters: [(name: String, parameter: Parameter)] = []
  private var parameterPositions: [LayerIdentity: Int] = [:]
  private var paths: [Key: [String]] = [:]

  /// A part is recognised by its type and the first layer or parameter in it.
  private struct Key: Hashable {
    let type: ObjectIdentifier
    let first: LayerIdentity?
  }

  init() {}

  init(root: any Module) {
    _ = visit(root, path: "")
  }

  func name(of parameter: Parameter) -> String? {
    parameterPositions[parameter.identity].map { parameters[$0].name }
  }

  func position(of parameter: Parameter) -> Int? { parameterPositions[parameter.identity] }

  /// The path of a part that is entered while `parent` is the innermost known path.
  func path(of module: any Module, inside parent: String) -> String? {
    let key = Key(type: ObjectIdentifier(type(of: module)), first: ModuleNames.first(in: module))
    guard let candidates = paths[key] else { return nil }
    let prefix = parent.isEmpty ? "" : parent + "."
    return candidates.first { $0.hasPrefix(prefix) && $0 != parent }
      ?? candidates.first { !$0.isEmpty }
  }

  /// Records a value and everything below it; returns the first identity found.
  private mutating func visit(_ value: Any, path: String) -> LayerIdentity? {
    if let parameter = value as? Parameter {
      if parameterPositions[parameter.identity] == nil {
        parameterPositions[parameter.identity] = parameters.count
        parameters.append((name: path, parameter: parameter))
      }
      return parameter.identity
    }
    if let identity = value as? LayerIdentity { return identity }
    var first: LayerIdentity?
    for (label, child) in ModuleNames.children(of: value) {
      let found = visit(child, path: path.isEmpty ? label : "\(path).\(label)")
      if first == nil { first = found }
    }
    if let module = value as? any Module {
      if let layer = module as? any Layer { first = layer.identity }
      // Children were recorded first, so a part's own path goes in front: the shortest comes first.
      paths[Key(type: ObjectIdentifier(type(of: module)), first: first), default: []]
        .insert(path, at: 0)
    }
    return first
  }

  private static func first(in value: Any) -> LayerIdentity? {
    if let layer = value as? any Layer { return layer.identity }
    if let parameter = value as? Parameter { return parameter.identity }
    for (_, child) in children(of: value) {
      if let found = first(in: child) { return found }
    }
    return nil
  }

  /// The parts of a value that can hold parameters, with their names.
  private static func children(of value: Any) -> [(label: String, value: Any)] {
    if let container = value as? any ModuleContainer {
      return container.namedChildren.map { (label: $0.name, value: $0.module) }
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional:
      // The content has the property's own name, so it is looked through.
      return mirror.children.flatMap { children(of: $0.value) }
    case .struct, .class, .collection, .tuple, .enum:
      return mirror.children.enumerated().compactMap { position, child in
        let label = child.label.flatMap { $0.first == "." ? nil : $0 } ?? "\(position)"
        return isLeaf(child.value) ? nil : (label: label, value: unwrapped(child.value))
      }
    default:
      return []
    }
  }

  /// An optional's content, so that `downsample: Sequential?` is found under its own name.
  private static func unwrapped(_ value: Any) -> Any {
    let mirror = Mirror(reflecting: value)
    guard mirror.displayStyle == .optional, let child = mirror.children.first else { return value }
    return child.value
  }

  private static func isLeaf(_ value: Any) -> Bool {
    value is Int || value is Float || value is Double || value is Bool || value is String
      || value is Shape || value is Tensor || value is Size2D || value is Padding2D
  }
}
