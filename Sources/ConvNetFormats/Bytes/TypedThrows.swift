internal import ConvNetGraph

extension Array where Element == UInt8 {
  /// As the standard library's `withUnsafeBytes`, which forgets the type of the error.
  func withRawBytes<Success>(
    _ body: (UnsafeRawBufferPointer) throws(ConvNetError) -> Success
  ) throws(ConvNetError) -> Success {
    let result = withUnsafeBytes { raw in
      Result { () throws(ConvNetError) -> Success in try body(raw) }
    }
    return try result.get()
  }
}
