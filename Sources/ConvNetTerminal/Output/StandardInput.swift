package import ConvNetGraph

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// The process's standard input.
package enum StandardInput {
  /// All bytes up to the end.
  ///
  /// - Throws: An `invalidData` error where it cannot be read or is longer than `limit` bytes.
  package static func readAll(limit: Int = 1 << 30) throws(ConvNetError) -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(STDIN_FILENO, &part, part.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw ConvNetError(
          .invalidData, "standard input cannot be read", reason: String(cString: strerror(errno)))
      }
      guard bytes.count + count <= limit else {
        throw ConvNetError(.invalidData, "standard input is longer than \(limit) bytes")
      }
      bytes += part.prefix(count)
    }
  }
}
