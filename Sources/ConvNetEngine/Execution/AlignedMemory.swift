#if os(Linux)
  #if canImport(Musl)
    internal import Musl
  #else
    internal import Glibc
  #endif
#endif

/// Memory of Float32 elements, aligned to 64 bytes.
///
/// A large block comes from the system as pages that are zero already: they take memory when they are
/// first touched, by the thread that touches them, and in large pages where the system has them
/// (1 fault in place of 512).
///
/// `@unchecked Sendable`: it is a plain block; who owns it sees to it that tasks of one phase write
/// different parts.
final class AlignedMemory: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  /// The bytes that were mapped; 0 where the block was allocated.
  private let mappedBytes: Int

  /// Memory of at least so many bytes, filled with zeros.
  init(bytes: Int) {
    let bytes = max(bytes, 64)
    if let pages = AlignedMemory.map(bytes) {
      mappedBytes = bytes
      base = pages.bindMemory(to: Float.self, capacity: bytes / 4)
      return
    }
    mappedBytes = 0
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    base = raw.bindMemory(to: Float.self, capacity: bytes / 4)
    base.initialize(repeating: 0, count: bytes / 4)
  }

  deinit {
    #if os(Linux)
      if mappedBytes > 0 {
        munmap(base, mappedBytes)
        return
      }
    #endif
    UnsafeMutableRawPointer(base).deallocate()
  }

  /// Fresh pages, or nil where the block is small or the system has none.
  private static func map(_ bytes: Int) -> UnsafeMutableRawPointer? {
    #if os(Linux)
      guard bytes >= 1 << 20,
        let start = mmap(
          nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        start != MAP_FAILED
      else { return nil }
      // A wish; without it everything works with small pages.
      madvise(start, bytes, MADV_HUGEPAGE)
      return start
    #else
      return nil
    #endif
  }
}
