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
  "onnx": { bytes in
    let network = try ONNXModel(bytes).network()
    let numbers = network.weights.reduce(0) { $0 + $1.tensor.count }
    guard numbers < 1 << 18, network.graph.nodes.count < 200 else { return }
    // What has a form in ONNX again is the same network then.
    guard let written = try? network.onnxBytes() else { return }
    let again = try ONNXModel(FileBytes(written, name: "again")).network()
    precondition(again.inputs == network.inputs && again.outputs == network.outputs)
    precondition(
      again.graph.outputs.map { again.graph.shape($0) }
        == network.graph.outputs.map { network.graph.shape($0) })
  },
  "idx": { bytes in
    let (pictures, labels) = try halves(of: bytes)
    try look(at: IDXImages(images: pictures, labels: labels))
  },
  "cifar": { bytes in
    let file = try scratch.file(bytes, "batch.bin")
    try look(at: CIFARImages(paths: [file], variant: .cifar10))
  },
  "list": { bytes in try detect(bytes, "list.csv") },
  "tar": { bytes in try detect(bytes, "pictures.tar") },
  "zlib": { bytes in
    let packed = bytes.withUnsafeBytes { Array($0) }
    let plain = try Zlib.decompressed(packed, limit: 1 << 20, name: "fuzz")
    let again = try Zlib.decompressed(Zlib.compressed(plain), limit: 1 << 20, name: "again")
    precondition(again == plain)
  },
]

/// Two files in one: two bytes say where the first one ends.
private func halves(of bytes: FileBytes) throws -> (first: String, second: String) {
  let raw = bytes.withUnsafeBytes { Array($0) }
  let length = raw.count < 2 ? 0 : Int(raw[0]) + Int(raw[1]) << 8
  let body = raw.dropFirst(2)
  return (
    try scratch.file(FileBytes(body.prefix(length), name: "first"), "first"),
    try scratch.file(FileBytes(body.dropFirst(length), name: "second"), "second")
  )
}

/// Opens a data set that is one file; its pictures are the reader `picture`'s matter.
private func detect(_ bytes: FileBytes, _ name: String) throws {
  let dataset = try Dataset.detect(scratch.file(bytes, name))
  for part in dataset.parts.values { try look(at: part, decodes: false) }
}

/// Reads the first and the last picture with their names and classes.
private func look(at pictures: some LabeledImages, decodes: Bool = true) throws {
  for index in Set([0, pictures.count - 1]) where pictures.count > 0 {
    precondition(pictures.classNames.indices.contains(pictures.label(at: index)))
    precondition(!pictures.name(at: index).isEmpty)
    guard decodes else { continue }
    let image = try pictures.image(at: index)
    precondition(image.pixels.count == image.width * image.height * image.channels)
  }
}

/// A folder of this process, in memory where there is such a place, for what is read by path.
private let scratch = ScratchFolder()

private struct ScratchFolder {
  let path: String

  init() {
    path = "\(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")/convnet-fuzz-\(getpid())"
    mkdir(path, 0o700)
  }

  /// The path of a file that holds the bytes.
  func file(_ bytes: FileBytes, _ name: String) throws -> String {
    let file = "\(path)/\(name)"
    try AtomicFile.write(bytes.withUnsafeBytes { Array($0) }, to: file)
    return file
  }
}

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
