/// A value that a pickle describes.
///
/// Containers are places in the ``PickleHeap``: a pickle may make them contain themselves or nest
/// them a million deep, which references between Swift objects would not survive.
enum PickleValue: Sendable {
  case none
  case bool(Bool)
  case int(Int)
  /// A whole number too large for `Int`, its lowest byte first.
  case long([UInt8])
  case float(Double)
  case string(String)
  case bytes([UInt8])
  case tuple(Int)
  case list(Int)
  case dictionary(Int)
  case global(PickleGlobal)
  case storage(Int)
  case tensor(Int)
}

/// The containers, storages and tensors of a pickle.
struct PickleHeap: Sendable {
  /// Numbers that several tensors may share.
  struct Storage: Sendable {
    let key: String
    /// The type of the elements; nil for plain bytes, whose tensors say the type.
    let elementType: ElementType?
    let count: Int
    /// For a part of another storage (old files only): where it begins, in elements.
    let viewOffset: Int

    /// The size in bytes of one of the counted elements.
    var elementSize: Int { elementType?.size ?? 1 }
    /// The type's name for messages.
    var typeName: String { elementType?.rawValue ?? "bytes" }
  }

  /// A view of a storage.
  struct Tensor: Sendable {
    let storage: Int
    let offset: Int
    let sizes: [Int]
    let strides: [Int]
    /// The type of the elements where the storage is plain bytes.
    var elementType: ElementType?
  }

  var sequences: [[PickleValue]] = []
  var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  var storages: [Storage] = []
  var tensors: [Tensor] = []
}

/// The few names of Python that a state dict needs; every other name is refused.
enum PickleGlobal: Hashable, Sendable {
  case orderedDictionary
  case rebuildTensor
  case rebuildTensorOfBytes
  case rebuildParameter
  case storageType(ElementType)
  case byteStorageType
  case elementType(ElementType)
  case size
  case device
  case set

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"):
      self = .rebuildTensor
    // Since PyTorch 2.3 for types that have no storage class: uint16, uint32, uint64.
    case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildTensorOfBytes
    case ("torch.storage", "UntypedStorage"): self = .byteStorageType
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch", "Size"): self = .size
    case ("torch", "device"): self = .device
    case ("builtins", "set"), ("__builtin__", "set"): self = .set
    case ("torch", _), ("torch.cuda", _), ("torch.storage", _):
      if module == "torch", let type = Self.elementTypes[name] {
        self = .elementType(type)
        return
      }
      guard let type = Self.storageTypes[name] else { return nil }
      self = .storageType(type)
    default: return nil
    }
  }

  private static let storageTypes: [String: ElementType] = [
    "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16,
    "BFloat16Storage": .bfloat16, "LongStorage": .int64, "IntStorage": .int32,
    "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
  ]

  private static let elementTypes: [String: ElementType] = [
    "float64": .float64, "float32": .float32, "float16": .float16, "bfloat16": .bfloat16,
    "int64": .int64, "int32": .int32, "int16": .int16, "int8": .int8, "uint64": .uint64,
    "uint32": .uint32, "uint16": .uint16, "uint8": .uint8, "bool": .bool,
  ]
}
