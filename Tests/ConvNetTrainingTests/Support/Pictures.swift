import ConvNet
import FoundationEssentials

/// Small pictures of three classes that a network can tell apart: stripes along rows, along columns,
/// and a bright middle, each with noise.
struct Pictures: LabeledImages {
  var count = 24
  var channels = 1
  var side = 8
  var seed: UInt64 = 1
  /// The numbers of pictures that cannot be read.
  var broken: Set<Int> = []
  let classNames = ["rows", "columns", "middle"]

  func label(at index: Int) -> Int { index % 3 }
  func name(at index: Int) -> String { "pictures/\(index).png" }

  func image(at index: Int) throws(ConvNetError) -> Image {
    if broken.contains(index) {
      throw ConvNetError(.invalidData, "\(name(at: index)): is cut short")
    }
    let random = CounterRandom(seed: seed, stream: UInt64(index))
    var pixels: [UInt8] = []
    for y in 0..<side {
      for x in 0..<side {
        let isBright =
          switch label(at: index) {
          case 0: y % 2 == 0
          case 1: x % 2 == 0
          default: abs(2 * x - side + 1) < side / 2 && abs(2 * y - side + 1) < side / 2
          }
        for channel in 0..<channels {
          let noise = random.integer(below: 60, at: UInt64((y * side + x) * channels + channel))
          pixels.append(UInt8((isBright ? 180 : 10) + noise))
        }
      }
    }
    return try Image(width: side, height: side, channels: channels, pixels: pixels)
  }
}

/// A network for ``Pictures`` with everything that trains: batch norm, dropout, a residual.
struct SmallClassifier: Module {
  let conv1: Conv2d
  let bn1 = BatchNorm2d(8)
  let conv2 = Conv2d(inChannels: 8, outChannels: 8, kernelSize: 3, padding: 1)
  let dropout: Dropout
  let fc: Linear

  init(channels: Int = 1, classes: Int = 3, dropout: Double = 0) {
    conv1 = Conv2d(inChannels: channels, outChannels: 8, kernelSize: 3, padding: 1, bias: false)
    self.dropout = Dropout(Float(dropout))
    fc = Linear(inFeatures: 8, outFeatures: classes)
  }

  func forward(_ x: Value) -> Value {
    let first = F.relu(bn1(conv1(x)))
    let second = F.relu(conv2(first) + first)
    return fc(dropout(F.flatten(F.globalAvgPool2d(second))))
  }
}

/// A folder of its own for one test, removed with the last reference.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/convnet-training-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a name inside the folder.
  func callAsFunction(_ name: String) -> String { path + "/" + name }
}

extension Weights {
  /// Whether names and numbers are the same, bit for bit.
  func isIdentical(to other: Weights) -> Bool {
    names == other.names
      && names.allSatisfy { name in
        guard let left = self[name], let right = other[name] else { return false }
        return left.shape == right.shape
          && zip(left.elements, right.elements).allSatisfy { $0.bitPattern == $1.bitPattern }
      }
  }
}
