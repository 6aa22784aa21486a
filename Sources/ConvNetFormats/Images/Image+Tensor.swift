public import ConvNetGraph

extension Image {
  /// The picture as numbers [C, H, W]: (sample / 255 - mean) / deviation, in the order of PyTorch's
  /// `ToTensor` and `Normalize`, so that the results are the same bits.
  ///
  /// - Parameters:
  ///   - mean: One number per channel, with 255 taken as 1.
  ///   - standardDeviation: One number per channel, with 255 taken as 1.
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the lists do not have one number per
  ///   channel, or a deviation is not above zero.
  public func tensor(
    mean: [Float]? = nil, standardDeviation: [Float]? = nil
  ) throws(ConvNetError) -> Tensor {
    try Tensor(uninitialized: [channels, height, width]) { (target) throws(ConvNetError) in
      try writeNormalized(into: target, mean: mean, standardDeviation: standardDeviation)
    }
  }

  /// Writes the numbers of ``tensor(mean:standardDeviation:)`` into memory for C * H * W of them.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` as there, or where the memory has another
  ///   size.
  public func writeNormalized(
    into target: UnsafeMutableBufferPointer<Float>, mean: [Float]? = nil,
    standardDeviation: [Float]? = nil
  ) throws(ConvNetError) {
    let mean = mean ?? [Float](repeating: 0, count: channels)
    let deviation = standardDeviation ?? [Float](repeating: 1, count: channels)
    guard mean.count == channels, deviation.count == channels,
      deviation.allSatisfy({ $0 > 0 })
    else {
      throw ConvNetError(
        .invalidArgument,
        "mean \(mean) and deviation \(deviation) do not fit \(channels) channels",
        reason: "one number per channel is needed, deviations above zero")
    }
    guard target.count == pixels.count else {
      throw ConvNetError(
        .invalidArgument, "\(target.count) places for a picture of \(pixels.count) samples")
    }
    let plane = width * height
    pixels.withUnsafeBufferPointer { source in
      for channel in 0..<channels {
        // A sample has 256 values only.
        let values = (0..<256).map { (Float($0) / 255 - mean[channel]) / deviation[channel] }
        values.withUnsafeBufferPointer { values in
          for index in 0..<plane {
            target[channel * plane + index] = values[Int(source[index * channels + channel])]
          }
        }
      }
    }
  }

  /// A picture of numbers [C, H, W] between 0 and 1; what is outside is cut off, NaN is black.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the shape is not that of a picture
  ///   with 1, 3 or 4 channels.
  public init(_ tensor: Tensor) throws(ConvNetError) {
    let sizes = tensor.shape.dimensions
    guard sizes.count == 3, [1, 3, 4].contains(sizes[0]), sizes[1] > 0, sizes[2] > 0 else {
      throw ConvNetError(
        .invalidArgument, "a tensor of shape \(tensor.shape) is no picture",
        reason: "expected is [C, H, W] with C = 1, 3 or 4")
    }
    let (channels, plane) = (sizes[0], sizes[1] * sizes[2])
    var pixels = [UInt8](repeating: 0, count: channels * plane)
    tensor.withUnsafeBufferPointer { source in
      for channel in 0..<channels {
        for index in 0..<plane {
          let value = source[channel * plane + index] * 255 + 0.5
          pixels[index * channels + channel] = value > 0 ? UInt8(min(value, 255)) : 0
        }
      }
    }
    self.init(checkedWidth: sizes[2], height: sizes[1], channels: channels, pixels: pixels)
  }
}
