public import ConvNetFormats
public import ConvNetGraph

/// How a picture becomes a network's input: channels, size, and the scale of its numbers.
///
/// A model file carries it, so that a picture is prepared for a prediction exactly as the pictures of
/// the training were.
public struct Preprocessing: Hashable, Sendable, Codable {
  /// How a picture of another size is brought to the network's size.
  public enum Resize: String, Hashable, Sendable, Codable {
    /// Both sides are scaled, each by its own factor.
    case stretch
    /// The picture is scaled until its shorter side fits ``Preprocessing/resizeTo``, and the middle
    /// is cut out: torchvision's `Resize` and `CenterCrop`.
    case crop
  }

  /// The channels: 1 for grey, 3 for red, green and blue.
  public var channels: Int
  /// The network's input in pixels.
  public var height: Int
  /// The network's input in pixels.
  public var width: Int
  /// How a picture of another size is brought to this size.
  public var resize: Resize
  /// With ``Resize/crop``, what the shorter side of the picture is scaled to before the middle is cut
  /// out; at least the input's size.
  public var resizeTo: Int
  /// How pixels between pixels are computed.
  public var resampling: Resampling
  /// What is subtracted from each channel, with 255 taken as 1.
  public var mean: [Double]
  /// What each channel is then divided by.
  public var standardDeviation: [Double]

  /// A preparation; numbers of 0...1 by default.
  public init(
    channels: Int, height: Int, width: Int, resize: Resize = .crop, resizeTo: Int? = nil,
    resampling: Resampling = .bilinear, mean: [Double]? = nil,
    standardDeviation: [Double]? = nil
  ) {
    self.channels = channels
    self.height = height
    self.width = width
    self.resize = resize
    self.resizeTo = resizeTo ?? min(height, width)
    self.resampling = resampling
    self.mean = mean ?? [Double](repeating: 0, count: channels)
    self.standardDeviation = standardDeviation ?? [Double](repeating: 1, count: channels)
  }

  /// The preparation for a network's input `[B, C, H, W]`, with numbers of 0...1.
  init(input: Shape) {
    let isImage = input.rank == 4
    self.init(
      channels: isImage ? input[1] : 1, height: isImage ? input[2] : 1,
      width: isImage ? input[3] : max(1, input.count))
  }

  /// The color mode that pictures are converted to.
  public var color: ColorMode { channels == 1 ? .gray : .rgb }

  /// Checks that the numbers can be used.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` naming the wrong one.
  public func validate() throws(ConvNetError) {
    func fail(_ what: String) -> ConvNetError {
      ConvNetError(.invalidArgument, "preprocessing: \(what)")
    }
    guard channels == 1 || channels == 3 else {
      throw fail("pictures have 1 or 3 channels, not \(channels)")
    }
    guard (1...65_536).contains(height), (1...65_536).contains(width) else {
      throw fail("an input of \(height) x \(width) pixels is not possible")
    }
    guard (1...65_536).contains(resizeTo) else {
      throw fail("a side of \(resizeTo) pixels is not possible")
    }
    guard mean.count == channels, standardDeviation.count == channels else {
      throw fail(
        "\(mean.count) means and \(standardDeviation.count) deviations for \(channels) channels")
    }
    guard mean.allSatisfy(\.isFinite),
      standardDeviation.allSatisfy({ $0.isFinite && $0 > 0 })
    else { throw fail("means must be finite and deviations above 0") }
  }

  /// The picture in the network's channels and scaled for a prediction, which then has less to do; a
  /// prepared picture prepared again stays as it is.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where its size is out of range.
  public func prepared(_ image: Image) throws(ConvNetError) -> Image { try scaled(image) }

  /// The picture in the network's channels, scaled so that the network's size can be cut out of it.
  ///
  /// - Parameter zoom: how much larger than usual; 1 for a prediction.
  func scaled(_ image: Image, zoom: Double = 1) throws(ConvNetError) -> Image {
    let image = try Preprocessing.withoutExtremes(image.converted(to: color))
    if zoom == 1, image.width == width, image.height == height { return image }
    var size = resize == .stretch ? (width: width, height: height) : coveringSize(image)
    if zoom > 1 {
      size.width = max(size.width, Int((Double(size.width) * zoom).rounded()))
      size.height = max(size.height, Int((Double(size.height) * zoom).rounded()))
    }
    if size == (image.width, image.height) { return image }
    return try image.resized(width: size.width, height: size.height, resampling)
  }

  /// The middle of a picture that is very long: scaling all of a picture of 1 x 60,000 pixels to a
  /// network's size would take gigabytes.
  private static func withoutExtremes(_ image: Image) throws(ConvNetError) -> Image {
    let limit = 32 * min(image.width, image.height)
    let (width, height) = (min(image.width, limit), min(image.height, limit))
    guard (width, height) != (image.width, image.height) else { return image }
    return try image.centerCropped(width: width, height: height)
  }

  /// The size before the middle is cut out; as in torchvision, the longer side is rounded down.
  private func coveringSize(_ image: Image) -> (width: Int, height: Int) {
    let shorter = max(1, min(image.width, image.height))
    var (width, height) = (
      image.width * resizeTo / shorter, image.height * resizeTo / shorter
    )
    // A long input may need more than that.
    if width < self.width || height < self.height {
      let factor = max(
        Double(self.width) / Double(image.width), Double(self.height) / Double(image.height))
      width = max(self.width, Int((Double(image.width) * factor).rounded()))
      height = max(self.height, Int((Double(image.height) * factor).rounded()))
    }
    return (max(1, width), max(1, height))
  }
}

// Coded by its name.
extension Resampling: Codable {}
