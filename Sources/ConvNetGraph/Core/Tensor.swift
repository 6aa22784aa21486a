/// Numbers with a shape: a value of Float32 elements in row-major order.
///
/// Copies share their memory until one of them is written to. Images are `[B, C, H, W]`.
public struct Tensor: Sendable {
  /// The sizes, outermost first.
  public let shape: Shape
  private var storage: TensorStorage

  /// A tensor filled with one number.
  public init(_ shape: Shape, repeating value: Float = 0) {
    self.shape = shape
    self.storage = TensorStorage(count: shape.count)
    storage.base.initialize(repeating: value, count: shape.count)
  }

  /// A tensor of the given numbers in row-major order.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the numbers do not fill the shape.
  public init(_ shape: Shape, _ elements: some Collection<Float>) throws(ConvNetError) {
    guard elements.count == shape.count else {
      throw ConvNetError(
        .invalidArgument, "\(elements.count) numbers do not fill shape \(shape)",
        reason: "the shape has \(shape.count) elements")
    }
    self.init(uninitialized: shape) { buffer in
      _ = buffer.update(fromContentsOf: elements)
    }
  }

  /// A tensor whose memory the closure fills; it must write every element.
  public init<Failure: Error>(
    uninitialized shape: Shape,
    _ initialize: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    self.shape = shape
    self.storage = TensorStorage(count: shape.count)
    try initialize(UnsafeMutableBufferPointer(start: storage.base, count: shape.count))
  }

  /// A tensor of numbers that lie in somebody else's read-only memory, such as a mapped file; a write
  /// copies them first.
  ///
  /// - Parameters:
  ///   - shape: the sizes; their product is the count of numbers at `base`.
  ///   - base: the numbers, row-major and 64-byte aligned.
  ///   - owner: what keeps the memory alive.
  package init(_ shape: Shape, viewing base: UnsafePointer<Float>, owner: any AnyObject & Sendable)
  {
    self.shape = shape
    self.storage = TensorStorage(viewing: base, owner: owner)
  }

  private init(_ shape: Shape, sharing storage: TensorStorage) {
    self.shape = shape
    self.storage = storage
  }

  /// The number of elements.
  public var count: Int { shape.count }

  /// The elements in row-major order, as an array.
  public var elements: [Float] { withUnsafeBufferPointer { Array($0) } }

  /// The same numbers under another shape, without a copy.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the element counts differ.
  public func reshaped(to shape: Shape) throws(ConvNetError) -> Tensor {
    guard shape.count == count else {
      throw ConvNetError(
        .invalidArgument, "shape \(self.shape) cannot be seen as \(shape)",
        reason: "\(count) elements against \(shape.count)")
    }
    return Tensor(shape, sharing: storage)
  }

  /// One element; the indices are in the shape's order and inside it.
  public subscript(indices: Int...) -> Float {
    get { storage.base[offset(of: indices)] }
    set {
      let offset = offset(of: indices)
      makeUnique()
      storage.base[offset] = newValue
    }
  }

  /// Reads the elements in row-major order; the pointer is 64-byte aligned.
  public func withUnsafeBufferPointer<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: storage.base, count: count))
  }

  /// The address of the elements; valid as long as a copy of the tensor lives and is not written to.
  package var address: UnsafeMutablePointer<Float> { storage.base }

  /// Whether the elements lie in memory of another owner, mapped from a file.
  package var isMapped: Bool { storage.owner != nil }

  /// Writes the elements in row-major order; the pointer is 64-byte aligned.
  public mutating func withUnsafeMutableBufferPointer<Result, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    makeUnique()
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeMutableBufferPointer(start: storage.base, count: count))
  }

  private mutating func makeUnique() {
    if storage.owner == nil, isKnownUniquelyReferenced(&storage) { return }
    let copy = TensorStorage(count: count)
    copy.base.initialize(from: storage.base, count: count)
    storage = copy
  }

  private func offset(of indices: [Int]) -> Int {
    precondition(indices.count == shape.rank, "\(indices.count) indices for shape \(shape)")
    var offset = 0
    for (index, size) in zip(indices, shape.dimensions) {
      precondition(index >= 0 && index < size, "index \(indices) outside shape \(shape)")
      offset = offset * size + index
    }
    return offset
  }
}

extension Tensor: Equatable {
  /// Whether shapes and numbers are the same (NaN differs from itself).
  public static func == (left: Tensor, right: Tensor) -> Bool {
    guard left.shape == right.shape else { return false }
    return left.withUnsafeBufferPointer { a in
      right.withUnsafeBufferPointer { b in a.elementsEqual(b) }
    }
  }
}

extension Tensor: CustomStringConvertible {
  /// The shape and the first numbers.
  public var description: String {
    let shown = withUnsafeBufferPointer { $0.prefix(8).map { "\($0)" } }
    return "Tensor\(shape) [" + shown.joined(separator: ", ") + (count > 8 ? ", …]" : "]")
  }
}

/// The memory of a tensor: a class with one `let` pointer, which the optimiser sees through
/// (elements behind an array in a class cost 150 times as much).
///
/// `@unchecked Sendable`: it is written only while one tensor holds it alone.
final class TensorStorage: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  /// What the memory belongs to; nil where it is the storage's own. Foreign memory is never written.
  let owner: (any AnyObject & Sendable)?

  init(viewing base: UnsafePointer<Float>, owner: any AnyObject & Sendable) {
    self.base = UnsafeMutablePointer(mutating: base)
    self.owner = owner
  }

  init(count: Int) {
    owner = nil
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    base = raw.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  deinit {
    if owner == nil { UnsafeMutableRawPointer(base).deallocate() }
  }
}
