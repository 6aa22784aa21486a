/// A picture of 8-bit pixels: rows from the top, pixels from the left, one (grey) or three (red,
/// green, blue) numbers each.
package struct Picture: Sendable, Equatable {
  package let width: Int
  package let height: Int
  package let channels: Int
  package let pixels: [UInt8]

  /// A picture, or nil where the count of numbers does not fit the sizes.
  package init?(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    guard width > 0, height > 0, channels == 1 || channels == 3,
      pixels.count / channels / width == height,
      pixels.count % (channels * width) == 0
    else { return nil }
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// The picture in another size, each new pixel the mean of the area that it covers.
  func resized(width newWidth: Int, height newHeight: Int) -> [Colour] {
    var result: [Colour] = []
    result.reserveCapacity(newWidth * newHeight)
    for row in 0..<newHeight {
      let rows = Self.covered(by: row, of: newHeight, from: height)
      for column in 0..<newWidth {
        let columns = Self.covered(by: column, of: newWidth, from: width)
        result.append(mean(rows: rows, columns: columns))
      }
    }
    return result
  }

  /// The old pixels that a new one touches; at least one, so that pictures can grow too.
  private static func covered(by index: Int, of count: Int, from size: Int) -> Range<Int> {
    let first = index * size / count
    return first..<max(first + 1, (index + 1) * size / count)
  }

  private func mean(rows: Range<Int>, columns: Range<Int>) -> Colour {
    var sums = [0, 0, 0]
    for row in rows {
      for column in columns {
        let place = (row * width + column) * channels
        for channel in 0..<3 { sums[channel] += Int(pixels[place + channel % channels]) }
      }
    }
    let count = rows.count * columns.count
    let parts = sums.map { UInt8(clamping: ($0 + count / 2) / count) }
    return Colour(red: parts[0], green: parts[1], blue: parts[2])
  }
}
