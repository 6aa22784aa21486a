public import ConvNetGraph

/// A few numbers that describe many: smallest, largest, mean, deviation, share of zeros.
public struct TensorStatistics: Hashable, Sendable, Codable {
  /// The smallest number; 0 where there are none.
  public var minimum: Float
  /// The largest number; 0 where there are none.
  public var maximum: Float
  /// The mean, summed in double precision.
  public var mean: Double
  /// The standard deviation over all numbers (divided by their count).
  public var standardDeviation: Double
  /// The share of numbers that are exactly 0, in 0...1.
  public var zeros: Double

  /// Describes the numbers of a tensor.
  public init(_ tensor: Tensor) {
    self = tensor.withUnsafeBufferPointer { TensorStatistics($0) }
  }

  /// Describes numbers in memory.
  public init(_ numbers: UnsafeBufferPointer<Float>) {
    var (smallest, largest) = (Float.infinity, -Float.infinity)
    var (sum, zeroCount) = (0.0, 0)
    for number in numbers {
      smallest = Swift.min(smallest, number)
      largest = Swift.max(largest, number)
      sum += Double(number)
      if number == 0 { zeroCount += 1 }
    }
    let count = Double(Swift.max(1, numbers.count))
    let mean = sum / count
    var squares = 0.0
    for number in numbers {
      let distance = Double(number) - mean
      squares += distance * distance
    }
    minimum = numbers.isEmpty ? 0 : smallest
    maximum = numbers.isEmpty ? 0 : largest
    self.mean = mean
    standardDeviation = (squares / count).squareRoot()
    zeros = Double(zeroCount) / count
  }
}
