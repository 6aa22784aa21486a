#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif
public import ConvNetGraph

/// The bytes of one file (or of an array), read-only and shareable between threads.
///
/// A large file is mapped into memory, so that only the parts that are looked at are read. While
/// it is mapped, another process must not shorten it: the system answers a look past the new end
/// with a signal. Files up to 1 MiB are copied and have no such weakness.
///
/// `@unchecked Sendable`: the memory is never written to after `init`.
public final class FileBytes: @unchecked Sendable {
  /// The file's name as it is shown in messages, escaped.
  public let name: String
  /// The bytes; alive as long as this object.
  let buffer: UnsafeRawBufferPointer
  private let owner: Owner

  private enum Owner {
    case mapping
    case allocation
    case parent(FileBytes)
  }

  /// Files up to this size are copied instead of mapped.
  private static let copyLimit = 1 << 20

  /// Opens a regular file.
  ///
  /// - Parameters:
  ///   - path: The file's path, absolute or relative to the working directory.
  ///   - limit: The largest size in bytes that is accepted.
  /// - Throws: ``ConvNetError`` of kind `notFound` where the file cannot be opened, `invalidData`
  ///   where it is not a regular file, is larger than the limit or cannot be read.
  public init(path: String, limit: Int = .max) throws(ConvNetError) {
    let name = path.escapedForDisplay
    self.name = name
    guard !path.utf8.contains(0) else {
      throw ConvNetError(.notFound, "\(name): no such file", reason: "the name holds a NUL byte")
    }
    // O_NONBLOCK: opening a named pipe without a writer would otherwise wait for ever.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileBytes.openError(name, errno) }
    defer { close(descriptor) }

    var information = stat()
    guard fstat(descriptor, &information) == 0 else {
      throw ConvNetError(
        .invalidData, "\(name): cannot be examined", reason: systemErrorText(errno))
    }
    let kind = FileKind(mode: information.st_mode)
    guard case .regular = kind else {
      throw ConvNetError(.invalidData, "\(name): is \(kind.description), not a file")
    }
    guard let size = Int(exactly: information.st_size), size >= 0 else {
      throw ConvNetError(.invalidData, "\(name): has an impossible size")
    }
    guard size <= limit else {
      throw ConvNetError(
        .invalidData, "\(name): has \(size) bytes", reason: "the limit is \(limit) bytes")
    }

    if size <= FileBytes.copyLimit {
      buffer = try FileBytes.copy(descriptor, size: size, name: name)
      owner = .allocation
    } else {
      guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0),
        start != MAP_FAILED
      else {
        throw ConvNetError(
          .invalidData, "\(name): cannot be mapped into memory", reason: systemErrorText(errno))
      }
      buffer = UnsafeRawBufferPointer(start: start, count: size)
      owner = .mapping
    }
  }

  /// Bytes that are in memory already, under a name for messages.
  public init(_ bytes: some Collection<UInt8>, name: String) {
    self.name = name.escapedForDisplay
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    copy.copyBytes(from: bytes)
    buffer = UnsafeRawBufferPointer(copy)
    owner = .allocation
  }

  private init(parent: FileBytes, range: Range<Int>, name: String) {
    self.name = name
    buffer = UnsafeRawBufferPointer(rebasing: parent.buffer[range])
    owner = .parent(parent)
  }

  deinit {
    switch owner {
    case .mapping:
      munmap(UnsafeMutableRawPointer(mutating: buffer.baseAddress), buffer.count)
    case .allocation:
      buffer.deallocate()
    case .parent:
      break
    }
  }

  /// The number of bytes.
  public var count: Int { buffer.count }

  /// Whether the bytes are those of a mapped file.
  var isMapped: Bool {
    switch owner {
    case .mapping: true
    case .allocation: false
    case .parent(let parent): parent.isMapped
    }
  }

  /// Calls a closure with the bytes, which are valid only during the call.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(buffer)
  }

  /// A part of the bytes under a name of its own, without a copy.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidData` where the range is not inside the bytes.
  public func slice(_ range: Range<Int>, name: String) throws(ConvNetError) -> FileBytes {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw ConvNetError(
        .invalidData, "\(self.name): is too short",
        reason: "bytes \(range.lowerBound)..<\(range.upperBound) are needed, it has \(count)")
    }
    return FileBytes(parent: self, range: range, name: name.escapedForDisplay)
  }

  /// Whether the bytes begin with the given ones.
  func hasPrefix(_ prefix: [UInt8]) -> Bool {
    withUnsafeBytes { $0.starts(with: prefix) }
  }

  private static func openError(_ name: String, _ number: Int32) -> ConvNetError {
    switch number {
    case ENOENT, ENOTDIR:
      ConvNetError(.notFound, "\(name): no such file")
    case ELOOP:
      ConvNetError(.notFound, "\(name): cannot be opened", reason: "its links lead in a circle")
    default:
      ConvNetError(.notFound, "\(name): cannot be opened", reason: systemErrorText(number))
    }
  }

  /// Reads exactly `size` bytes; a file that became shorter meanwhile is an error.
  private static func copy(
    _ descriptor: Int32, size: Int, name: String
  ) throws(ConvNetError) -> UnsafeRawBufferPointer {
    let target = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    var done = 0
    while done < size {
      let got = read(descriptor, target.baseAddress.map { $0 + done }, size - done)
      if got < 0, errno == EINTR { continue }
      guard got > 0 else {
        let reason = got < 0 ? systemErrorText(errno) : "it became shorter while it was read"
        target.deallocate()
        throw ConvNetError(.invalidData, "\(name): cannot be read", reason: reason)
      }
      done += got
    }
    return UnsafeRawBufferPointer(target)
  }
}
