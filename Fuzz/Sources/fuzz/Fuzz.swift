import ConvNet

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The readers that damaged bytes are given to, by the word that chooses them.
private let readers: [String: @Sendable (FileBytes) throws -> Void] = [
  "safetensors": { bytes in
    let file = try SafetensorsFile(bytes)
    _ = file.load()
    // What was read can be written, and is the same then.
    let tensors = file.loadData()
    guard tensors.reduce(0, { $0 + $1.bytes.count }) < 1 << 20 else { return }
    let written = try SafetensorsFile.bytes(of: tensors, metadata: file.metadata)
    let again = try SafetensorsFile(FileBytes(written, name: "again"))
    precondition(again.loadData() == tensors && again.metadata == file.metadata)
  },
  "pytorch": { bytes in _ = try PyTorchFile(bytes).load() },
  "picture": { bytes in
    var options = ImageDecodingOptions()
    options.pixelLimit = 1 << 20
    options.keepsAlpha = true
    let image = try Image(decoding: bytes, options: options)
    precondition(image.pixels.count == image.width * image.height * image.channels)
  },
  "json": { bytes in
    let value = try bytes.withUnsafeBytes { (raw) throws(ConvNetError) in
      try JSONValue(parsing: raw, name: "fuzz")
    }
    let again = try JSONValue(parsing: value.serialized(), name: "again")
    precondition(again == value)
  },
  "model": { bytes in
    let model = try bytes.withUnsafeBytes { try Model(bytes: Array($0), name: "fuzz") }
    // A network of any shape can be described and planned, if it is not too large for that.
    _ = "\(model.summary())"
  },
]

/// The reader that `CONVNET_FUZZ` names.
private let reader: @Sendable (FileBytes) throws -> Void = {
  let name = getenv("CONVNET_FUZZ").map { String(cString: $0) } ?? ""
  guard let reader = readers[name] else {
    print("set CONVNET_FUZZ to one of \(readers.keys.sorted().joined(separator: ", "))")
    exit(64)
  }
  return reader
}()

/// What libFuzzer calls. A reader may refuse bytes with its documented error and in no other way.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = FileBytes(UnsafeBufferPointer(start: data, count: count), name: "fuzz")
  do {
    try reader(bytes)
  } catch is ConvNetError {
    // Refused.
  } catch {
    print("another error: \(error)")
    abort()
  }
  return 0
}
