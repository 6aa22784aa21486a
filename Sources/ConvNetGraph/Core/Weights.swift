/// Named tensors in a fixed order: PyTorch's state dict.
public struct Weights: Sendable {
  /// The names in order.
  public private(set) var names: [String] = []
  private var tensors: [Tensor] = []
  private var positions: [String: Int] = [:]

  /// No tensors.
  public init() {}

  /// The given tensors; a name that comes again replaces the earlier tensor.
  public init(_ pairs: some Sequence<(name: String, tensor: Tensor)>) {
    for (name, tensor) in pairs { self[name] = tensor }
  }

  /// The number of tensors.
  public var count: Int { names.count }

  /// The tensor of a name; a write of nil removes it.
  ///
  /// A change in place (`weights["fc.bias"]?[0] = 1`) does not copy the tensor.
  public subscript(name: String) -> Tensor? {
    get { positions[name].map { tensors[$0] } }
    _modify {
      let position = positions[name]
      var tensor: Tensor?
      if let position {
        tensor = tensors[position]
        // The stored copy must let go, or every write would copy the memory.
        tensors[position] = Weights.empty
      }
      defer { store(tensor, name: name, position: position) }
      yield &tensor
    }
  }

  /// The tensor at a position of the order.
  public subscript(position position: Int) -> Tensor {
    get { tensors[position] }
    _modify { yield &tensors[position] }
  }

  private static let empty = Tensor([0])

  private mutating func store(_ tensor: Tensor?, name: String, position: Int?) {
    switch (tensor, position) {
    case (let tensor?, let position?): tensors[position] = tensor
    case (let tensor?, nil):
      positions[name] = names.count
      names.append(name)
      tensors.append(tensor)
    case (nil, let position?):
      names.remove(at: position)
      tensors.remove(at: position)
      positions = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
    case (nil, nil): break
    }
  }
}

extension Weights: Sequence {
  /// The names and tensors in order.
  public func makeIterator() -> some IteratorProtocol<(name: String, tensor: Tensor)> {
    zip(names, tensors).lazy.map { (name: $0, tensor: $1) }.makeIterator()
  }
}
