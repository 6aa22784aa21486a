internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph

/// A block of a tensor that the page holds exactly: some channels, some rows, some columns.
struct PageBox: Hashable {
  /// The tensor: `input`, a layer's name, `weight:conv1`.
  var tensor: String
  /// The channels; all of them, in order, where nil.
  var channels: [Int]?
  /// The number of channels.
  var count: Int
  var row: Int
  var column: Int
  var height: Int
  var width: Int
  /// Whether this is all of a layer's output.
  var isWhole = false

  /// Whether another box of the same tensor holds all of this one.
  func isInside(_ other: PageBox) -> Bool {
    guard tensor == other.tensor, row >= other.row, column >= other.column,
      row + height <= other.row + other.height, column + width <= other.column + other.width
    else { return false }
    guard let others = other.channels else { return true }
    return channels.map { Set($0).isSubset(of: others) } ?? false
  }

  /// The block's numbers out of a tensor seen as `[channels, height, width]`.
  func numbers(_ tensor: Tensor, size: (channels: Int, height: Int, width: Int)) -> [Float] {
    tensor.withUnsafeBufferPointer { all in
      var result: [Float] = []
      result.reserveCapacity(count * height * width)
      for position in 0..<count {
        let channel = channels.map { $0[position] } ?? position
        for y in row..<row + height {
          let start = (channel * size.height + y) * size.width + column
          result += all[start..<start + width]
        }
      }
      return result
    }
  }
}

/// Numbers as the page's blobs: the bytes sorted by significance, made smaller, as text.
enum PageBlob {
  static func text(_ numbers: [Float]) -> String {
    Base64.encoded(Zlib.compressed(shuffled(numbers)))
  }

  static func shuffled(_ numbers: [Float]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: numbers.count * 4)
    for (index, number) in numbers.enumerated() {
      let bits = number.bitPattern
      for significance in 0..<4 {
        bytes[significance * numbers.count + index] = UInt8(
          truncatingIfNeeded: bits >> UInt32(8 * significance))
      }
    }
    return bytes
  }

  static func numbers(_ shuffled: [UInt8]) -> [Float] {
    let count = shuffled.count / 4
    return (0..<count).map { index in
      var bits: UInt32 = 0
      for significance in 0..<4 {
        bits |= UInt32(shuffled[significance * count + index]) << UInt32(8 * significance)
      }
      return Float(bitPattern: bits)
    }
  }

  static func sum(_ numbers: [Float]) -> String {
    numbers.withUnsafeBufferPointer { SHA256.hex($0) }
  }
}
