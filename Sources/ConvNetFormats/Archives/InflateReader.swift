internal import ConvNetGraph

#if Zlib
  internal import CZlib
#endif

/// Deflated bytes that are unpacked piece by piece, so that their size is known before memory is
/// taken.
struct InflateReader: ~Copyable {
  /// What is around the deflated bytes.
  enum Container {
    /// A gzip file, with a checksum; several may follow each other.
    case gzip
    /// Nothing, as in a zip file, whose directory has the checksum.
    case none
  }

  /// How a gzip file begins.
  static let signature: [UInt8] = [0x1F, 0x8B]

  private let bytes: FileBytes
  private let container: Container
  #if Zlib
    /// On the heap, because zlib remembers its address and refuses a stream that has moved.
    private let stream: UnsafeMutablePointer<z_stream>
    private var consumed = 0
    private var isFinished = false

    /// Starts at the beginning.
    init(_ bytes: FileBytes, in container: Container = .gzip) throws(ConvNetError) {
      self.bytes = bytes
      self.container = container
      stream = .allocate(capacity: 1)
      stream.initialize(to: z_stream())
      try start()
    }

    deinit {
      inflateEnd(stream)
      stream.deallocate()
    }

    /// The next bytes, at most `limit`; fewer only at the end.
    ///
    /// Memory grows with what is really there, not with what is announced.
    mutating func read(upTo limit: Int) throws(ConvNetError) -> [UInt8] {
      var result: [UInt8] = []
      while result.count < limit, !isFinished {
        let piece = min(limit - result.count, 1 << 20)
        var failure: ConvNetError?
        let chunk = [UInt8](unsafeUninitializedCapacity: piece) { target, initialized in
          do throws(ConvNetError) {
            initialized = try inflatePiece(
              UnsafeMutableBufferPointer(rebasing: target[..<piece]))
          } catch {
            failure = error
          }
        }
        if let failure { throw failure }
        result.append(contentsOf: chunk)
      }
      return result
    }

    /// Fills a buffer, or what of it the stream still holds.
    private mutating func inflatePiece(
      _ target: UnsafeMutableBufferPointer<UInt8>
    ) throws(ConvNetError) -> Int {
      var filled = 0
      while filled < target.count, !isFinished {
        let input = min(bytes.count - consumed, 1 << 24)
        let output = min(target.count - filled, 1 << 24)
        let status = bytes.withUnsafeBytes { raw -> Int32 in
          // zlib's input pointer is not const for historical reasons; it only reads.
          let start = raw.bindMemory(to: UInt8.self).baseAddress.map { $0 + consumed }
          stream.pointee.next_in = UnsafeMutablePointer(mutating: start)
          stream.pointee.avail_in = UInt32(input)
          stream.pointee.next_out = target.baseAddress.map { $0 + filled }
          stream.pointee.avail_out = UInt32(output)
          return inflate(stream, Z_NO_FLUSH)
        }
        let (taken, made) = (
          input - Int(stream.pointee.avail_in), output - Int(stream.pointee.avail_out)
        )
        consumed += taken
        filled += made
        switch status {
        case Z_STREAM_END: try nextMember()
        case Z_OK where taken > 0 || made > 0: break
        default:
          let isShort = consumed == bytes.count
          throw ConvNetError(
            .invalidData,
            "\(bytes.name): is \(container == .gzip ? "a damaged gzip file" : "damaged")",
            reason: isShort
              ? "it ends too early" : stream.pointee.msg.map { "zlib says: \(String(cString: $0))" }
          )
        }
      }
      return filled
    }

    /// A gzip file may consist of several, one behind the other.
    private mutating func nextMember() throws(ConvNetError) {
      inflateEnd(stream)
      stream.pointee = z_stream()
      guard container == .gzip, consumed < bytes.count else {
        isFinished = true
        return
      }
      try start()
    }

    private mutating func start() throws(ConvNetError) {
      // 15 bits of window; + 16: expect a gzip header and check the checksum at the end; negative:
      // expect neither.
      let status = inflateInit2_(
        stream, container == .gzip ? 15 + 16 : -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)
      )
      guard status == Z_OK else { throw ConvNetError(.internal, "zlib cannot be started") }
    }
  #else
    /// Starts at the beginning.
    init(_ bytes: FileBytes, in container: Container = .gzip) throws(ConvNetError) {
      self.bytes = bytes
      self.container = container
      var error = missingLibrary(
        bytes.name, is: container == .gzip ? "a gzip file" : "compressed", trait: "Zlib",
        packages: "zlib1g-dev")
      if container == .gzip {
        error.advice = "unpack it with gunzip, or " + (error.advice ?? "")
      }
      throw error
    }

    /// Never called: the initialiser throws.
    mutating func read(upTo limit: Int) throws(ConvNetError) -> [UInt8] { [] }
  #endif
}
