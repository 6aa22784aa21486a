/// Checks that the normalising operations share.
enum Normalisation {
  /// Epsilon is a number that keeps the root above 0.
  static func check(epsilon: Float, _ operation: String) throws(ConvNetError) {
    guard epsilon >= 0, epsilon.isFinite else {
      throw ConvNetError(
        .invalidNetwork, "\(operation) cannot use epsilon \(epsilon)",
        reason: "it is added to a variance and must be 0 or more",
        advice: "the usual value is 1e-5")
    }
  }

  /// One number per channel of the image.
  static func checkChannels(
    _ shape: Shape, _ what: String, of image: Shape, _ operation: String
  ) throws(ConvNetError) {
    guard shape == [image[1]] else {
      throw ConvNetError(
        .invalidNetwork,
        "\(operation) expects \(shape.rank == 1 ? "\(shape[0])" : "other") channels, got \(image[1])",
        reason: "\(what) is \(shape), the input is \(image)",
        advice: "use \(operation)(\(image[1])): as many as the layer before it gives")
    }
  }

  /// The inputs (g, x, one number per channel …) of a gradient; the shapes of x, weight and bias.
  static func checkGradient(
    _ inputs: [Shape], _ operation: String, channelInputs: Int
  ) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, operation, (2 + channelInputs)...(2 + channelInputs))
    try Arity.checkRank(inputs[1], operation, 4, layout: "[B, C, H, W]")
    try Arity.checkShape(inputs[0], operation, "a gradient", inputs[1])
    let channels: Shape = [inputs[1][1]]
    for shape in inputs.dropFirst(2) {
      try Arity.checkShape(shape, operation, "one number per channel", channels)
    }
    return [inputs[1], channels, channels]
  }
}

/// Where the numbers of each channel of `[B, C, ...]` are.
struct ChannelGeometry {
  /// The number of channels.
  let count: Int
  /// The numbers in each.
  let size: Int
  private let batch: Int
  private let plane: Int

  init(_ shape: Shape) {
    batch = shape[0]
    count = shape[1]
    plane = shape.dimensions.dropFirst(2).reduce(1, *)
    size = batch * plane
  }

  /// Calls `body` with the index of every number of a channel.
  @inline(__always)
  func forEachIndex(of channel: Int, _ body: (Int) -> Void) {
    for image in 0..<batch {
      let start = (image * count + channel) * plane
      for index in start..<start + plane { body(index) }
    }
  }
}
