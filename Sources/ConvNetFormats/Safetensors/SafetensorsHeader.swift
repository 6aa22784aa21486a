internal import ConvNetGraph

/// The first part of a safetensors file: eight bytes that give the length of a JSON object, and the
/// object, which names the tensors (format: huggingface/safetensors, README "Format").
struct SafetensorsHeader {
  private(set) var entries: [SafetensorsFile.Entry] = []
  private(set) var metadata: [String: String] = [:]

  /// The largest header that is read, the limit of the reference implementation.
  static let lengthLimit = 100_000_000

  /// Reads and checks a header; afterwards every entry's range lies inside the file.
  init(reading bytes: FileBytes) throws(ConvNetError) {
    let name = bytes.name
    var reader = ByteReader(bytes)
    let announced = try reader.littleEndian(UInt64.self, "the header's length")
    guard announced <= UInt64(SafetensorsHeader.lengthLimit), let length = Int(exactly: announced)
    else {
      throw ConvNetError(
        .invalidData, "\(name): is not a safetensors file",
        reason: "the header is said to have \(announced) bytes, the limit is "
          + "\(SafetensorsHeader.lengthLimit)")
    }
    let range = try reader.take(length, "the header")
    let header = try bytes.withUnsafeBytes { (raw) throws(ConvNetError) in
      guard raw[range].first == UInt8(ascii: "{") else {
        throw ConvNetError(
          .invalidData, "\(name): is not a safetensors file",
          reason: "the header does not begin with '{'")
      }
      return try JSONValue(
        parsing: UnsafeRawBufferPointer(rebasing: raw[range]), name: "\(name): header",
        depthLimit: 4)
    }
    guard let object = header.object else {
      throw ConvNetError(.invalidData, "\(name): header: is not an object")
    }
    for member in object.members {
      if member.key == "__metadata__" {
        metadata = try SafetensorsHeader.metadata(member.value, name: name)
      } else {
        entries.append(
          try SafetensorsHeader.entry(member, name: name, dataStart: range.upperBound))
      }
    }
    try checkCoverage(name: name, data: range.upperBound..<bytes.count)
  }

  private static func metadata(
    _ value: JSONValue, name: String
  ) throws(ConvNetError) -> [String: String] {
    guard let object = value.object else {
      throw ConvNetError(
        .invalidData, "\(name): header: __metadata__ is \(value.kindInWords), not an object")
    }
    var metadata: [String: String] = [:]
    for member in object.members {
      guard let text = member.value.string else {
        throw ConvNetError(
          .invalidData,
          "\(name): header: metadata \"\(member.key.escapedForDisplay)\" is "
            + "\(member.value.kindInWords), not a string")
      }
      metadata[member.key] = text
    }
    return metadata
  }

  private static func entry(
    _ member: JSONObject.Member, name: String, dataStart: Int
  ) throws(ConvNetError) -> SafetensorsFile.Entry {
    let place = "\(name): tensor \"\(member.key.escapedForDisplay)\""
    func invalid(_ what: String) -> ConvNetError { ConvNetError(.invalidData, "\(place): \(what)") }

    guard let object = member.value.object else {
      throw invalid("is \(member.value.kindInWords), not an object")
    }
    for key in object.keys where !["dtype", "shape", "data_offsets"].contains(key) {
      throw invalid("has an unknown field \"\(key.escapedForDisplay)\"")
    }
    guard let typeName = object["dtype"]?.string else { throw invalid("has no dtype") }
    guard let type = ElementType(rawValue: typeName) else {
      let known = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConvNetError(
        .unsupported, "\(place): has the unknown dtype \"\(typeName.escapedForDisplay)\"",
        reason: "known are \(known)")
    }
    guard let sizes = object["shape"]?.array else { throw invalid("has no shape") }
    var dimensions: [Int] = []
    for size in sizes {
      guard let size = size.int else { throw invalid("has a shape with \(size.kindInWords)") }
      dimensions.append(size)
    }
    let shape: Shape
    do throws(ConvNetError) {
      shape = try Shape(validating: dimensions)
    } catch {
      throw ConvNetError(.invalidData, "\(place): \(error.summary)", reason: error.reason)
    }
    guard let offsets = object["data_offsets"]?.array, offsets.count == 2,
      let start = offsets[0].int, let end = offsets[1].int, start >= 0, end >= start
    else { throw invalid("has no data_offsets [start, end]") }
    guard checkedProduct([shape.count, type.size]) == end - start else {
      throw ConvNetError(
        .invalidData, "\(place): has \(end - start) bytes of data",
        reason: "shape \(shape) of \(typeName) needs \(shape.count * type.size)")
    }
    guard let first = checkedSum([dataStart, start]), let last = checkedSum([dataStart, end]) else {
      throw invalid("has data_offsets that are too large")
    }
    return SafetensorsFile.Entry(
      name: member.key, elementType: type, shape: shape, byteRange: first..<last)
  }

  /// The data must be covered without overlap, without a hole, to the end: otherwise the file
  /// could carry something hidden, or two tensors would share bytes.
  private func checkCoverage(name: String, data: Range<Int>) throws(ConvNetError) {
    var position = data.lowerBound
    let ordered = entries.sorted {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound)
        < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    for entry in ordered {
      let shown = "tensor \"\(entry.name.escapedForDisplay)\""
      guard entry.byteRange.upperBound <= data.upperBound else {
        throw ConvNetError(
          .invalidData, "\(name): \(shown) reaches behind the end of the file",
          reason: "it ends at byte \(entry.byteRange.upperBound), the file has \(data.upperBound)")
      }
      guard entry.byteRange.lowerBound >= position else {
        throw ConvNetError(
          .invalidData, "\(name): \(shown) overlaps another tensor",
          reason: "it begins at byte \(entry.byteRange.lowerBound), the one before ends at byte "
            + "\(position)")
      }
      guard entry.byteRange.lowerBound == position else {
        throw ConvNetError(
          .invalidData,
          "\(name): bytes \(position)..<\(entry.byteRange.lowerBound) belong to no "
            + "tensor")
      }
      position = entry.byteRange.upperBound
    }
    guard position == data.upperBound else {
      throw ConvNetError(
        .invalidData,
        "\(name): \(data.upperBound - position) bytes follow the last tensor")
    }
  }
}
