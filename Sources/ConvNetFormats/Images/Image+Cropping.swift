public import ConvNetGraph

extension Image {
  /// A part of the picture; what lies outside it is black.
  ///
  /// - Parameters:
  ///   - x: The column of the part's left edge; may be negative.
  ///   - y: The row of the part's upper edge; may be negative.
  ///   - width: The part's pixels per row.
  ///   - height: The part's rows.
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the size is not in 1...100 million
  ///   pixels.
  public func cropped(
    x: Int, y: Int, width: Int, height: Int
  ) throws(ConvNetError) -> Image {
    guard width > 0, height > 0, let count = checkedProduct([width, height]),
      count <= 100_000_000, x.magnitude <= UInt(Int32.max), y.magnitude <= UInt(Int32.max)
    else {
      throw ConvNetError(
        .invalidArgument, "a part of \(width) x \(height) cannot be cut out at (\(x), \(y))",
        reason: "it must have 1...100000000 pixels")
    }
    var part = [UInt8](repeating: 0, count: count * channels)
    let columns = max(0, x)..<max(0, x, min(self.width, x + width))
    for row in max(0, y)..<max(0, y, min(self.height, y + height)) {
      let source = (row * self.width + columns.lowerBound) * channels
      let target = ((row - y) * width + columns.lowerBound - x) * channels
      let length = columns.count * channels
      part.replaceSubrange(target..<(target + length), with: pixels[source..<(source + length)])
    }
    return Image(checkedWidth: width, height: height, channels: channels, pixels: part)
  }

  /// The middle of the picture, as torchvision's `CenterCrop` takes it: a smaller picture is
  /// surrounded with black, and half a pixel is rounded to the even side.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the size is out of range.
  public func centerCropped(width: Int, height: Int) throws(ConvNetError) -> Image {
    func start(_ old: Int, _ new: Int) -> Int {
      // Padding comes first, and its smaller half is in front.
      old < new ? -((new - old) / 2) : Int((Double(old - new) / 2).rounded(.toNearestOrEven))
    }
    guard width > 0, height > 0, width <= Int(Int32.max), height <= Int(Int32.max) else {
      throw ConvNetError(
        .invalidArgument, "a middle of \(width) x \(height) cannot be cut out",
        reason: "it must have 1...100000000 pixels")
    }
    return try cropped(
      x: start(self.width, width), y: start(self.height, height), width: width, height: height)
  }
}
