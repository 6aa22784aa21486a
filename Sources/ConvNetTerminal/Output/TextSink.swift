#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// A place that text is written to.
package protocol TextSink: Sendable {
  /// Writes text; the result is nil, or why it could not be written.
  func write(_ text: String) -> String?
}

/// A file descriptor of this process, written without a buffer: what was written is out.
package struct FileDescriptorSink: TextSink {
  private let fileDescriptor: Int32

  package init(_ fileDescriptor: Int32) { self.fileDescriptor = fileDescriptor }

  package static let standardOutput = FileDescriptorSink(STDOUT_FILENO)
  package static let standardError = FileDescriptorSink(STDERR_FILENO)

  package func write(_ text: String) -> String? {
    var text = text
    return text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let start = rest.baseAddress, !rest.isEmpty {
        #if canImport(Darwin)
          let count = Darwin.write(fileDescriptor, start, rest.count)
        #elseif canImport(Musl)
          let count = Musl.write(fileDescriptor, start, rest.count)
        #else
          let count = Glibc.write(fileDescriptor, start, rest.count)
        #endif
        if count > 0 {
          rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        } else if errno == EAGAIN {
          // The other end made the pipe non-blocking: wait until it takes more.
          var waiting = pollfd(fd: fileDescriptor, events: Int16(POLLOUT), revents: 0)
          _ = poll(&waiting, 1, 1000)
        } else if errno != EINTR {
          return String(cString: strerror(errno))
        }
      }
      return nil
    }
  }
}
