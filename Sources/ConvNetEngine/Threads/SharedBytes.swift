/// A block of bytes that several threads fill in different parts.
///
/// `@unchecked Sendable`: who owns it sees to it that no two threads touch the same part at a time.
package final class SharedBytes: @unchecked Sendable {
  /// The first byte; 64-byte aligned.
  package let base: UnsafeMutablePointer<UInt8>
  /// The number of bytes.
  package let count: Int

  /// A block of zeros.
  package init(count: Int) {
    self.count = count
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 64)
    base = raw.bindMemory(to: UInt8.self, capacity: max(count, 1))
    base.initialize(repeating: 0, count: max(count, 1))
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }
}
