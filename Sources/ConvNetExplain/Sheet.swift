internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph

/// Feature maps of a layer as one picture: a tile per channel, each in its own range of colours.
struct Sheet {
  let channels: [Int]
  let columns: Int
  let tileHeight: Int
  let tileWidth: Int
  let ranges: [(low: Float, high: Float)]
  let png: [UInt8]
  let width: Int
  let height: Int

  /// - Parameter limit: the most pixels along a tile's side; larger maps are averaged down.
  init(_ maps: Tensor, channels: [Int], isSigned: Bool, limit: Int) {
    let (_, height, width) = (maps.shape[1], maps.shape[2], maps.shape[3])
    let shrink = max(1, Double(max(height, width)) / Double(limit))
    tileHeight = max(1, Int((Double(height) / shrink).rounded()))
    tileWidth = max(1, Int((Double(width) / shrink).rounded()))
    columns = max(1, Int(Double(channels.count).squareRoot().rounded(.up)))
    let rows = (channels.count + columns - 1) / max(1, columns)
    self.channels = channels
    self.width = columns * tileWidth
    self.height = max(1, rows * tileHeight)
    var indices = [UInt8](repeating: isSigned ? 128 : 0, count: self.width * self.height)
    var ranges: [(low: Float, high: Float)] = []
    for (position, channel) in channels.enumerated() {
      let plane = Self.plane(maps, channel)
      let smallest = plane.min() ?? 0
      let range = Palette.range(
        isSigned ? min(smallest, -.leastNormalMagnitude) : 0, plane.max() ?? 0)
      ranges.append(range)
      let (top, left) = (position / columns * tileHeight, position % columns * tileWidth)
      for row in 0..<tileHeight {
        let rowCells =
          row * height
          / tileHeight..<max(
            row * height / tileHeight + 1, (row + 1) * height / tileHeight)
        for column in 0..<tileWidth {
          let columnCells =
            column * width
            / tileWidth..<max(
              column * width / tileWidth + 1, (column + 1) * width / tileWidth)
          var sum: Float = 0
          for y in rowCells { for x in columnCells { sum += plane[y * width + x] } }
          let mean = sum / Float(rowCells.count * columnCells.count)
          indices[(top + row) * self.width + left + column] = Palette.index(
            mean, low: range.low, high: range.high)
        }
      }
    }
    self.ranges = ranges
    let (used, palette) = Self.compact(indices, isSigned ? Palette.signed : Palette.positive)
    png = IndexedPNG.bytes(width: self.width, height: self.height, indices: used, palette: palette)
  }

  /// One channel's numbers.
  private static func plane(_ maps: Tensor, _ channel: Int) -> [Float] {
    let size = maps.shape[2] * maps.shape[3]
    return maps.withUnsafeBufferPointer { Array($0[(channel * size)..<((channel + 1) * size)]) }
  }

  /// The same picture with only the colours that are in it.
  private static func compact(_ indices: [UInt8], _ palette: [UInt8]) -> ([UInt8], [UInt8]) {
    let used = Set(indices).sorted()
    var places = [UInt8](repeating: 0, count: 256)
    for (place, index) in used.enumerated() { places[Int(index)] = UInt8(place) }
    return (
      indices.map { places[Int($0)] },
      used.flatMap { palette[(Int($0) * 3)..<(Int($0) * 3 + 3)] }
    )
  }
}
