public import ConvNetGraph

/// A picture: 8-bit samples, rows from top to bottom, pixels from left to right, the channels of
/// one pixel next to each other (HWC).
public struct Image: Hashable, Sendable {
  /// The number of pixels per row.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// 1 for grey, 3 for red, green and blue, 4 for these and alpha (straight, not premultiplied).
  public let channels: Int
  /// The samples: `height * width * channels` of them.
  public private(set) var pixels: [UInt8]

  /// A picture of the given samples.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the samples do not fill the size.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) throws(ConvNetError) {
    guard width > 0, height > 0, [1, 3, 4].contains(channels),
      checkedProduct([width, height, channels]) == pixels.count
    else {
      throw ConvNetError(
        .invalidArgument,
        "\(pixels.count) samples do not make a picture of \(width) x \(height) with "
          + "\(channels) channels",
        reason: "width x height x channels must be the number of samples, channels 1, 3 or 4")
    }
    self.init(checkedWidth: width, height: height, channels: channels, pixels: pixels)
  }

  /// A picture whose size is known to fit its samples.
  init(checkedWidth width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// The samples of one pixel.
  public subscript(x x: Int, y y: Int) -> ArraySlice<UInt8> {
    precondition((0..<width).contains(x) && (0..<height).contains(y), "pixel outside the picture")
    let start = (y * width + x) * channels
    return pixels[start..<(start + channels)]
  }
}
