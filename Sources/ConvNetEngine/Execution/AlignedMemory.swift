/// Memory of Float32 elements, aligned to 64 bytes.
///
/// `@unchecked Sendable`: it is a plain block; who owns it sees to it that tasks of one phase write
/// different parts.
final class AlignedMemory: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>

  /// Memory of at least so many bytes, filled with zeros.
  init(bytes: Int) {
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 64), alignment: 64)
    base = raw.bindMemory(to: Float.self, capacity: max(bytes, 64) / 4)
    base.initialize(repeating: 0, count: max(bytes, 64) / 4)
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }
}
