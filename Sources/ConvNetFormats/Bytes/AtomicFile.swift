#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif
public import ConvNetGraph
internal import Synchronization

/// Writing a file so that its name always leads to the whole old or the whole new content.
///
/// The bytes go to a temporary file in the same folder, are forced to the disk, and only then take
/// the name; the folder is forced to the disk too. On failure nothing is left behind.
public enum AtomicFile {
  private static let counter = Atomic<Int>(0)

  /// Writes bytes under a name.
  ///
  /// - Throws: ``ConvNetError`` of kind `cannotWrite`.
  public static func write(_ bytes: some Collection<UInt8>, to path: String) throws(ConvNetError) {
    let array = Array(bytes)
    try write(to: path) { (writer) throws(ConvNetError) in
      try writer.write(array)
    }
  }

  /// Writes a text as UTF-8 under a name.
  ///
  /// - Throws: ``ConvNetError`` of kind `cannotWrite`.
  public static func write(_ text: String, to path: String) throws(ConvNetError) {
    try write(Array(text.utf8), to: path)
  }

  /// Writes under a name what a closure hands to the writer, piece by piece.
  ///
  /// - Throws: ``ConvNetError`` of kind `cannotWrite`, or what the closure throws.
  public static func write(
    to path: String, _ body: (FileWriter) throws(ConvNetError) -> Void
  ) throws(ConvNetError) {
    let name = path.escapedForDisplay
    guard !path.utf8.contains(0), !path.isEmpty else {
      throw ConvNetError(
        .cannotWrite, "\"\(name)\": cannot be written", reason: "this is no name for a file")
    }
    let (target, mode) = try destination(of: path, name: name)
    let folder = folderPath(of: target)
    // The temporary name does not contain the target's, which may be as long as names can be.
    let number = counter.add(1, ordering: .relaxed).newValue
    let temporary = folder + "/.convnet-\(getpid())-\(number).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure(name, errno) }

    do throws(ConvNetError) {
      let writer = FileWriter(descriptor, name: name)
      try body(writer)
      try writer.flush()
      if let mode { fchmod(descriptor, mode) }
      guard fsync(descriptor) == 0 else { throw failure(name, errno) }
    } catch {
      close(descriptor)
      unlink(temporary)
      throw error
    }
    // close() may report a write that failed late (network file systems).
    guard close(descriptor) == 0 else {
      let number = errno
      unlink(temporary)
      throw failure(name, number)
    }
    guard rename(temporary, target) == 0 else {
      let number = errno
      unlink(temporary)
      throw failure(name, number)
    }
    try synchronise(folder: folder, name: name)
  }

  /// Where the bytes go: a link is followed, so that it stays a link; anything but a regular file
  /// (a device, say) is refused, because the rename would replace it.
  private static func destination(
    of path: String, name: String
  ) throws(ConvNetError) -> (path: String, mode: mode_t?) {
    var information = stat()
    guard stat(path, &information) == 0 else {
      // Nothing there, or a link that leads nowhere, which the new file replaces.
      return (path, nil)
    }
    let kind = FileKind(mode: information.st_mode)
    guard case .regular = kind else {
      throw ConvNetError(
        .cannotWrite, "\(name): cannot be written", reason: "it is \(kind.description)")
    }
    let mode = information.st_mode & 0o7777
    guard let resolved = realpath(path, nil) else { return (path, mode) }
    defer { free(resolved) }
    return (String(cString: resolved), mode)
  }

  private static func folderPath(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    let folder = path[..<slash]
    return folder.isEmpty ? "/" : String(folder)
  }

  private static func synchronise(folder: String, name: String) throws(ConvNetError) {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    // Some file systems cannot do this for a folder and say so with EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure(name, errno) }
  }

  private static func failure(_ name: String, _ number: Int32) -> ConvNetError {
    ConvNetError(.cannotWrite, "\(name): cannot be written", reason: systemErrorText(number))
  }
}

/// The file that ``AtomicFile`` is writing, with a buffer in front of it.
public final class FileWriter {
  private let descriptor: Int32
  private let name: String
  private var pending: [UInt8] = []
  /// The number of bytes written so far.
  public private(set) var count = 0

  private static let bufferSize = 1 << 16

  init(_ descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
    pending.reserveCapacity(FileWriter.bufferSize)
  }

  /// Appends bytes.
  ///
  /// - Throws: ``ConvNetError`` of kind `cannotWrite`, for instance when the disk is full.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(ConvNetError) {
    count += bytes.count
    if pending.count + bytes.count <= FileWriter.bufferSize {
      pending.append(contentsOf: bytes)
      return
    }
    try flush()
    try writeThrough(bytes)
  }

  /// Appends the bytes of an array.
  ///
  /// - Throws: ``ConvNetError`` of kind `cannotWrite`.
  public func write(_ bytes: [UInt8]) throws(ConvNetError) {
    try bytes.withRawBytes { (raw) throws(ConvNetError) in try write(raw) }
  }

  func flush() throws(ConvNetError) {
    try pending.withRawBytes { (raw) throws(ConvNetError) in try writeThrough(raw) }
    pending.removeAll(keepingCapacity: true)
  }

  private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws(ConvNetError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest)
      let written = posixWrite(descriptor, part)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        throw ConvNetError(
          .cannotWrite, "\(name): cannot be written", reason: systemErrorText(errno))
      }
      rest = rest.dropFirst(written)
    }
  }
}

/// The system's `write`, under a name that does not collide with the methods above.
private func posixWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}
