internal import ConvNetFormats

/// Turns samples of 0...255 into a network's numbers: (sample / 255 - mean) / deviation per channel.
///
/// A table per channel gives the same bits as the formula in Float32 and needs no arithmetic.
struct Normalizer: Sendable {
  private let tables: [[Float]]
  private let plane: Int

  init(_ preprocessing: Preprocessing) {
    tables = zip(preprocessing.mean, preprocessing.standardDeviation).map { mean, deviation in
      (0..<256).map { (Float($0) / 255 - Float(mean)) / Float(deviation) }
    }
    plane = preprocessing.height * preprocessing.width
  }

  /// The samples of one picture.
  var count: Int { tables.count * plane }

  /// Converts one picture, channel after channel.
  func convert(_ source: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<Float>) {
    for (channel, table) in tables.enumerated() {
      let start = channel * plane
      table.withUnsafeBufferPointer { table in
        for index in start..<start + plane { target[index] = table[Int(source[index])] }
      }
    }
  }
}
