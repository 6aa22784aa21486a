internal import ConvNetGraph

/// An interpreter for the part of Python's pickle language that state dicts are written in.
///
/// A pickle is a program that may call any function of Python. This interpreter knows plain values,
/// containers, storages and tensors; at any other name it stops and says which. Work and memory are
/// bounded by a budget of values.
struct PickleMachine {
  var reader: ByteReader
  private(set) var heap = PickleHeap()
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var budget = 4_000_000

  init(_ reader: ByteReader) { self.reader = reader }

  /// Runs one pickle to its end; the reader then stands behind it.
  mutating func run() throws(ConvNetError) -> PickleValue {
    stack.removeAll()
    marks.removeAll()
    memo.removeAll()
    while true {
      let code = try byte()
      guard let operation = PickleOperation(rawValue: code) else {
        throw refusal("uses the pickle operation \(code)")
      }
      if operation == .stop { return try pop() }
      try execute(operation)
    }
  }

  private mutating func execute(_ operation: PickleOperation) throws(ConvNetError) {
    switch operation {
    case .stop: break
    case .proto:
      let version = try byte()
      guard version <= 5 else { throw damaged("pickle protocol \(version) is not known") }
    case .frame: _ = try reader.take(8, "a pickle")
    case .mark: marks.append(stack.count)
    case .pop: _ = try pop()
    case .popMark: _ = try popToMark()
    case .none: try push(.none)
    case .newTrue: try push(.bool(true))
    case .newFalse: try push(.bool(false))
    case .binInt: try push(.int(Int(try reader.littleEndian(Int32.self, "a pickle"))))
    case .binInt1: try push(.int(Int(try byte())))
    case .binInt2: try push(.int(Int(try reader.littleEndian(UInt16.self, "a pickle"))))
    case .long1: try pushLong(Int(try byte()))
    case .long4: try pushLong(Int(try reader.littleEndian(Int32.self, "a pickle")))
    case .int, .long: try pushDecimal()
    case .binFloat:
      try push(.float(Double(bitPattern: try reader.bigEndian(UInt64.self, "a pickle"))))
    case .float:
      guard let number = Double(try line()) else { throw damaged("a number is not one") }
      try push(.float(number))
    case .binUnicode: try pushString(Int(try reader.littleEndian(UInt32.self, "a pickle")))
    case .shortBinUnicode: try pushString(Int(try byte()))
    case .binUnicode8: try pushString(try reader.littleEndianSize("a string's length"))
    case .unicode: try push(.string(try line()))
    // Python 2 wrote keys as bytes.
    case .binString: try pushString(Int(try reader.littleEndian(Int32.self, "a pickle")))
    case .shortBinString: try pushString(Int(try byte()))
    case .binBytes: try pushBytes(Int(try reader.littleEndian(UInt32.self, "a pickle")))
    case .shortBinBytes: try pushBytes(Int(try byte()))
    case .binBytes8: try pushBytes(try reader.littleEndianSize("the length of some bytes"))
    case .emptyTuple: try push(.tuple(sequence([])))
    case .tuple: try push(.tuple(sequence(try popToMark())))
    case .tuple1: try pushTuple(1)
    case .tuple2: try pushTuple(2)
    case .tuple3: try pushTuple(3)
    case .emptyList, .emptySet: try push(.list(sequence([])))
    case .list, .frozenSet: try push(.list(sequence(try popToMark())))
    case .append: try appendToList([try pop()])
    case .appends, .addItems: try appendToList(try popToMark())
    case .emptyDict: try push(newDictionary())
    case .dict:
      let items = try popToMark()
      try push(newDictionary())
      try setItems(items)
    case .setItem:
      let value = try pop()
      try setItems([try pop(), value])
    case .setItems: try setItems(try popToMark())
    case .put: try remember(Int(try line()) ?? -1)
    case .binPut: try remember(Int(try byte()))
    case .longBinPut: try remember(Int(try reader.littleEndian(UInt32.self, "a pickle")))
    case .memoize: try remember(memo.count)
    case .get: try recall(Int(try line()) ?? -1)
    case .binGet: try recall(Int(try byte()))
    case .longBinGet: try recall(Int(try reader.littleEndian(UInt32.self, "a pickle")))
    case .global: try pushGlobal(module: try line(), name: try line())
    case .stackGlobal:
      guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
        throw damaged("a name is not a string")
      }
      try pushGlobal(module: module, name: name)
    case .inst: throw refusal("refers to \(try line()).\(try line())")
    case .reduce: try reduce()
    case .build: try build()
    case .binPersistentID: try pushStorage()
    }
  }

  // MARK: Stack and memo

  mutating func push(_ value: PickleValue) throws(ConvNetError) {
    try spend(1)
    stack.append(value)
  }

  mutating func pop() throws(ConvNetError) -> PickleValue {
    guard stack.count > (marks.last ?? 0), let value = stack.popLast() else {
      throw damaged("the stack is empty")
    }
    return value
  }

  private mutating func popToMark() throws(ConvNetError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw damaged("a mark is missing") }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  private mutating func remember(_ place: Int) throws(ConvNetError) {
    guard place >= 0, let value = stack.last else { throw damaged("nothing to remember") }
    try spend(1)
    memo[place] = value
  }

  private mutating func recall(_ place: Int) throws(ConvNetError) {
    guard let value = memo[place] else { throw damaged("nothing is remembered as \(place)") }
    try push(value)
  }

  private mutating func spend(_ count: Int) throws(ConvNetError) {
    budget -= count
    guard budget >= 0 else { throw damaged("there are too many values") }
  }

  // MARK: Plain values

  private mutating func byte() throws(ConvNetError) -> UInt8 { try reader.byte("a pickle") }

  /// The bytes up to the next line break.
  private mutating func line() throws(ConvNetError) -> String {
    var bytes: [UInt8] = []
    while true {
      let next = try byte()
      if next == 0x0A { break }
      bytes.append(next)
      guard bytes.count <= 4_096 else { throw damaged("a line is too long") }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private mutating func pushLong(_ count: Int) throws(ConvNetError) {
    guard count <= 1_024 else { throw damaged("a number of \(count) bytes") }
    let bytes = try reader.array(count, "a pickle")
    guard count <= 8 else { return try push(.long(bytes)) }
    let isNegative = (bytes.last ?? 0) & 0x80 != 0
    var value: UInt64 = isNegative ? .max : 0
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    try push(.int(Int(truncatingIfNeeded: value)))
  }

  private mutating func pushDecimal() throws(ConvNetError) {
    var text = try line()
    // Protocol 0 writes truth values as the numbers 00 and 01.
    if text == "00" || text == "01" { return try push(.bool(text == "01")) }
    if text.hasSuffix("L") { text.removeLast() }
    guard let value = Int(text) else { throw damaged("a number is not one or too large") }
    try push(.int(value))
  }

  private mutating func pushString(_ count: Int) throws(ConvNetError) {
    let bytes = try reader.array(count, "a string of a pickle")
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw damaged("a string is not UTF-8")
    }
    try push(.string(string))
  }

  private mutating func pushBytes(_ count: Int) throws(ConvNetError) {
    try push(.bytes(try reader.array(count, "bytes of a pickle")))
  }

  // MARK: Containers

  mutating func sequence(_ values: [PickleValue]) -> Int {
    heap.sequences.append(values)
    return heap.sequences.count - 1
  }

  private mutating func pushTuple(_ count: Int) throws(ConvNetError) {
    var values: [PickleValue] = []
    for _ in 0..<count { values.append(try pop()) }
    try push(.tuple(sequence(values.reversed())))
  }

  mutating func newDictionary() -> PickleValue {
    heap.dictionaries.append([])
    return .dictionary(heap.dictionaries.count - 1)
  }

  private mutating func appendToList(_ values: [PickleValue]) throws(ConvNetError) {
    guard stack.count > (marks.last ?? 0), case .list(let place)? = stack.last else {
      throw damaged("items for something that is no list")
    }
    heap.sequences[place].append(contentsOf: values)
  }

  private mutating func setItems(_ items: [PickleValue]) throws(ConvNetError) {
    guard stack.count > (marks.last ?? 0), case .dictionary(let place)? = stack.last else {
      throw damaged("items for something that is no dictionary")
    }
    guard items.count.isMultiple(of: 2) else { throw damaged("a key without a value") }
    for index in stride(from: 0, to: items.count, by: 2) {
      heap.dictionaries[place].append((items[index], items[index + 1]))
    }
  }

  // MARK: Names, calls, storages

  private mutating func pushGlobal(module: String, name: String) throws(ConvNetError) {
    guard let global = PickleGlobal(module: module, name: name) else {
      throw refusal("refers to \("\(module).\(name)".escapedForDisplay)")
    }
    try push(.global(global))
  }

  /// Calls one of the known names.
  private mutating func reduce() throws(ConvNetError) {
    guard case .tuple(let place) = try pop() else { throw damaged("arguments are no tuple") }
    guard case .global(let global) = try pop() else { throw refusal("calls something unknown") }
    let arguments = heap.sequences[place]
    switch global {
    case .orderedDictionary: try push(try orderedDictionary(arguments))
    case .rebuildTensor: try push(try tensor(arguments, ofBytes: false))
    case .rebuildTensorOfBytes: try push(try tensor(arguments, ofBytes: true))
    case .rebuildParameter:
      guard case .tensor(let tensor)? = arguments.first else {
        throw damaged("a parameter without a tensor")
      }
      try push(.tensor(tensor))
    case .size, .set:
      guard arguments.count <= 1 else { throw damaged("a size with several arguments") }
      try push(arguments.first ?? .tuple(sequence([])))
    case .device: try push(.none)
    case .storageType, .byteStorageType, .elementType: throw refusal("makes a storage of its own")
    }
  }

  private mutating func orderedDictionary(
    _ arguments: [PickleValue]
  ) throws(ConvNetError) -> PickleValue {
    let dictionary = newDictionary()
    guard let first = arguments.first else { return dictionary }
    guard case .dictionary(let place) = dictionary, case .list(let list) = first else {
      throw damaged("an ordered dictionary of something else than pairs")
    }
    for pair in heap.sequences[list] {
      guard let items = items(of: pair), items.count == 2 else {
        throw damaged("an ordered dictionary of something else than pairs")
      }
      try spend(1)
      heap.dictionaries[place].append((items[0], items[1]))
    }
    return dictionary
  }

  /// `_rebuild_tensor(storage, offset, size, stride, …)`; for plain bytes the element type is the
  /// seventh argument.
  private mutating func tensor(
    _ arguments: [PickleValue], ofBytes: Bool
  ) throws(ConvNetError) -> PickleValue {
    guard arguments.count >= 4, case .storage(let storage) = arguments[0],
      case .int(let offset) = arguments[1], let sizes = integers(arguments[2]),
      let strides = integers(arguments[3])
    else { throw damaged("a tensor's description is wrong") }
    var tensor = PickleHeap.Tensor(
      storage: storage, offset: offset, sizes: sizes, strides: strides)
    if ofBytes {
      guard arguments.count >= 7, case .global(.elementType(let type)) = arguments[6] else {
        throw damaged("a tensor of bytes has no type")
      }
      tensor.elementType = type
    } else if heap.storages[storage].elementType == nil {
      throw damaged("a tensor of bytes has no type")
    }
    heap.tensors.append(tensor)
    return .tensor(heap.tensors.count - 1)
  }

  /// Attributes for an object: those of an ordered dictionary (`_metadata`) have no meaning here.
  private mutating func build() throws(ConvNetError) {
    _ = try pop()
    guard case .dictionary? = stack.last else { throw refusal("sets the state of an object") }
  }

  /// `("storage", type, key, location, count[, view])`; the place of CUDA storages does not matter.
  private mutating func pushStorage() throws(ConvNetError) {
    guard let items = items(of: try pop()), items.count == 5 || items.count == 6,
      case .string("storage") = items[0]
    else { throw damaged("a storage's description is wrong") }
    let type: ElementType?
    switch items[1] {
    case .global(.storageType(let known)): type = known
    case .global(.byteStorageType): type = nil
    default: throw refusal("has a storage of an unknown type")
    }
    guard case .string(let key) = items[2], case .int(let count) = items[4], count >= 0 else {
      throw damaged("a storage's description is wrong")
    }
    var storage = PickleHeap.Storage(key: key, elementType: type, count: count, viewOffset: 0)
    if items.count == 6, let view = self.items(of: items[5]) {
      guard view.count == 3, case .int(let offset) = view[1], case .int(let count) = view[2],
        offset >= 0, count >= 0
      else { throw damaged("a storage's description is wrong") }
      storage = PickleHeap.Storage(
        key: key, elementType: type, count: count, viewOffset: offset)
    }
    heap.storages.append(storage)
    try push(.storage(heap.storages.count - 1))
  }

  /// The items of a tuple or list, nil for anything else.
  private func items(of value: PickleValue) -> [PickleValue]? {
    switch value {
    case .tuple(let place), .list(let place): heap.sequences[place]
    default: nil
    }
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    guard let items = items(of: value), items.count <= Shape.maximumRank else { return nil }
    var numbers: [Int] = []
    for item in items {
      guard case .int(let number) = item else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  // MARK: Errors

  private func damaged(_ what: String) -> ConvNetError {
    ConvNetError(
      .invalidData, "\(reader.bytes.name): is a damaged PyTorch file",
      reason: "\(what), at byte \(reader.offset)")
  }

  private func refusal(_ what: String) -> ConvNetError {
    ConvNetError(
      .unsupported, "\(reader.bytes.name): not a plain state dict: \(what)",
      reason: "only tensors, numbers, texts and containers are read; nothing is executed",
      advice: "export it in Python with torch.save(model.state_dict(), \"weights.pth\")")
  }
}
