public import ConvNetGraph

/// Mean and spread of each channel, and the number of pictures of each class.
///
/// The sums are whole numbers, so the result does not depend on the order of the pictures.
public struct DatasetStatistics: Hashable, Sendable {
  private var pixelCount: UInt64 = 0
  private var sums: [UInt64]
  private var squares: [UInt64]
  /// The number of pictures of each class.
  public private(set) var classCounts: [Int]
  /// The number of pictures.
  public private(set) var count = 0

  /// Statistics of no pictures.
  public init(channels: Int, classes: Int) {
    sums = [UInt64](repeating: 0, count: channels)
    squares = [UInt64](repeating: 0, count: channels)
    classCounts = [Int](repeating: 0, count: classes)
  }

  /// Reads all pictures of a source.
  ///
  /// - Throws: ``ConvNetError`` of the first picture that cannot be read.
  public init(of source: any LabeledImages) throws(ConvNetError) {
    self.init(channels: source.channels, classes: source.classNames.count)
    for index in 0..<source.count {
      add(try source.image(at: index), label: source.label(at: index))
    }
  }

  /// Takes a picture into account; it has the statistics' number of channels.
  public mutating func add(_ image: Image, label: Int) {
    let channels = sums.count
    precondition(image.channels == channels, "a picture of \(image.channels) channels")
    count += 1
    classCounts[label] += 1
    pixelCount += UInt64(image.width * image.height)
    image.pixels.withUnsafeBufferPointer { pixels in
      for channel in 0..<channels {
        var sum: UInt64 = 0
        var square: UInt64 = 0
        for index in stride(from: channel, to: pixels.count, by: channels) {
          let value = UInt64(pixels[index])
          sum += value
          square += value * value
        }
        sums[channel] += sum
        squares[channel] += square
      }
    }
  }

  /// Takes the pictures of other statistics into account.
  public mutating func merge(_ other: DatasetStatistics) {
    count += other.count
    pixelCount += other.pixelCount
    for channel in sums.indices {
      sums[channel] += other.sums[channel]
      squares[channel] += other.squares[channel]
    }
    for label in classCounts.indices { classCounts[label] += other.classCounts[label] }
  }

  /// The mean of each channel, with 255 taken as 1.
  public var mean: [Double] {
    sums.map { pixelCount == 0 ? 0 : Double($0) / Double(pixelCount) / 255 }
  }

  /// The standard deviation of each channel over all pixels, with 255 taken as 1.
  public var standardDeviation: [Double] {
    zip(sums, squares).map { sum, square in
      guard pixelCount > 0 else { return 0 }
      let count = Double(pixelCount)
      let variance = Double(square) / count - (Double(sum) / count) * (Double(sum) / count)
      return max(0, variance).squareRoot() / 255
    }
  }
}
