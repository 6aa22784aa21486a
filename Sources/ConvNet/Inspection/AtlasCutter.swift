internal import ConvNetEngine
internal import ConvNetFormats
internal import ConvNetGraph

/// Cuts the pieces of an atlas out of prepared pictures.
struct AtlasCutter {
  /// Where a piece begins, and how large it is in pixels of the picture.
  struct Cut: Hashable {
    var row: Int
    var column: Int
    var size: Size2D
  }

  /// The most pixels along a side of a piece.
  let limit: Int

  /// The size that a piece of so many pixels is kept in.
  func storedSize(_ size: Size2D) -> Size2D {
    let longer = max(size.height, size.width)
    guard longer > limit else { return size }
    func scaled(_ side: Int) -> Int { max(1, (side * limit + longer / 2) / longer) }
    return Size2D(height: scaled(size.height), width: scaled(size.width))
  }

  /// The largest side, up to `wanted`, with which all pieces fit so many bytes.
  ///
  /// - Parameter counts: for each layer the pieces' size in pixels of the picture, and their number.
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where even the smallest pieces do not fit.
  static func limit(
    wanted: Int, bytes: Int, channels: Int, _ counts: [(size: Size2D, count: Int)]
  ) throws(ConvNetError) -> Int {
    func total(_ limit: Int) -> Int {
      counts.reduce(0) { sum, layer in
        let size = AtlasCutter(limit: limit).storedSize(layer.size)
        return sum + layer.count * channels * size.height * size.width
      }
    }
    var limit = max(smallest, wanted)
    while limit > smallest, total(limit) > bytes { limit -= 1 }
    guard total(limit) <= bytes else {
      throw ConvNetError(
        .invalidArgument, "the atlas does not fit \(bytes) bytes",
        reason: "pieces of \(smallest) pixels would take \(total(limit)) bytes",
        advice: "allow more bytes, or fewer pieces per channel")
    }
    return limit
  }

  private static let smallest = 8

  /// The piece; what lies outside the picture is striped.
  func piece(of picture: Image, _ cut: Cut) throws(ConvNetError) -> Image {
    let stored = storedSize(cut.size)
    let rows = Span(cut.row, cut.size.height, picture.height, stored.height)
    let columns = Span(cut.column, cut.size.width, picture.width, stored.width)
    guard !rows.inside.isEmpty, !columns.inside.isEmpty else {
      return try Image(
        width: stored.width, height: stored.height, channels: picture.channels,
        pixels: Self.stripes(stored, picture.channels))
    }
    let part = try picture.cropped(
      x: columns.inside.lowerBound, y: rows.inside.lowerBound, width: columns.inside.count,
      height: rows.inside.count)
    let small =
      part.width == columns.target.count && part.height == rows.target.count
      ? part
      : try part.resized(width: columns.target.count, height: rows.target.count, .box)
    if small.width == stored.width, small.height == stored.height { return small }
    var pixels = Self.stripes(stored, picture.channels)
    let line = small.width * small.channels
    for row in 0..<small.height {
      let start =
        ((rows.target.lowerBound + row) * stored.width + columns.target.lowerBound)
        * small.channels
      pixels.replaceSubrange(
        start..<start + line, with: small.pixels[(row * line)..<((row + 1) * line)])
    }
    return try Image(
      width: stored.width, height: stored.height, channels: small.channels, pixels: pixels)
  }

  /// One side of a piece: which of the picture's cells are in it, and where they are kept.
  private struct Span {
    let inside: Range<Int>
    let target: Range<Int>

    init(_ start: Int, _ length: Int, _ limit: Int, _ stored: Int) {
      let first = max(0, min(limit, start))
      inside = first..<max(first, min(limit, start + length))
      func scaled(_ place: Int) -> Int { (place * stored * 2 + length) / (2 * length) }
      let begin = min(stored - 1, scaled(inside.lowerBound - start))
      target = begin..<max(begin + 1, min(stored, scaled(inside.upperBound - start)))
    }
  }

  /// Grey stripes, which no photograph has: here the picture has ended.
  static func stripes(_ size: Size2D, _ channels: Int) -> [UInt8] {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(size.height * size.width * channels)
    for row in 0..<size.height {
      for column in 0..<size.width {
        let shade: UInt8 = (row + column) % 4 < 2 ? 150 : 205
        for _ in 0..<channels { pixels.append(shade) }
      }
    }
    return pixels
  }
}

extension BatchLoader.Batch {
  /// One picture of the batch as it was prepared.
  func picture(_ position: Int, _ preprocessing: Preprocessing) throws(ConvNetError) -> Image {
    let (channels, plane) = (preprocessing.channels, preprocessing.height * preprocessing.width)
    let source = pixels + position * channels * plane
    var samples = [UInt8](repeating: 0, count: channels * plane)
    for channel in 0..<channels {
      for index in 0..<plane {
        samples[index * channels + channel] = source[channel * plane + index]
      }
    }
    return try Image(
      width: preprocessing.width, height: preprocessing.height, channels: channels,
      pixels: samples)
  }
}
