internal import ConvNetFormats
internal import ConvNetGraph

extension Preprocessing {
  /// The most pictures that are looked at; evenly spread over the whole.
  private static let measuredPictures = 10_000

  /// Sets mean and deviation to those of the channels of pictures, in the network's size.
  ///
  /// Of more than 10,000 pictures every n-th is looked at.
  ///
  /// - Throws: the ``ConvNetError`` of a picture that cannot be read, unless it is to be skipped.
  mutating func measureNormalization(
    of images: any LabeledImages, skipsUnreadable: Bool, threads: Int
  ) throws(ConvNetError) {
    let step = max(1, (images.count + Self.measuredPictures - 1) / Self.measuredPictures)
    let loader = BatchLoader(
      BatchLoader.Request(
        images: images, order: Array(stride(from: 0, to: images.count, by: step)), batch: 64,
        preprocessing: self, threads: threads))
    let plane = height * width
    // Whole numbers: the result does not depend on the order.
    var sums = [UInt64](repeating: 0, count: channels)
    var squares = [UInt64](repeating: 0, count: channels)
    var count: UInt64 = 0
    while let loaded = loader.nextBatch() {
      if let failure = loaded.failures.first, !skipsUnreadable { throw failure.error }
      for position in 0..<loaded.count
      where !loaded.failures.contains(where: { $0.position == position }) {
        count += UInt64(plane)
        for channel in 0..<channels {
          let start = loaded.pixels + (position * channels + channel) * plane
          var (sum, square): (UInt64, UInt64) = (0, 0)
          for index in 0..<plane {
            let sample = UInt64(start[index])
            sum &+= sample
            square &+= sample &* sample
          }
          sums[channel] += sum
          squares[channel] += square
        }
      }
    }
    guard count > 0 else { return }
    mean = sums.map { Double($0) / Double(count) / 255 }
    standardDeviation = zip(mean, squares).map { mean, square in
      let variance = Double(square) / Double(count) / (255 * 255) - mean * mean
      // Pictures of one colour have no deviation to divide by.
      return variance > 1e-8 ? variance.squareRoot() : 1
    }
  }
}
