import ConvNet
import ConvNetExplain
import ConvNetFormats
import ConvNetGraph
import Foundation

/// Two branches that are added, two that are laid side by side, and a gate that no panel knows.
struct BranchingNet: Module {
  let stem = Conv2d(inChannels: 3, outChannels: 8, kernelSize: 3, padding: 1)
  let bn = BatchNorm2d(8)
  let near = Conv2d(inChannels: 8, outChannels: 8, kernelSize: 1)
  let far = Conv2d(inChannels: 8, outChannels: 8, kernelSize: 5, padding: 2, groups: 2)
  let pool = AvgPool2d(kernelSize: 3, stride: 2, padding: 1)
  let last = Conv2d(inChannels: 16, outChannels: 12, kernelSize: 3, stride: 2, dilation: 2)
  let fc = Linear(12, 4)

  func forward(_ x: Value) -> Value {
    let a = F.relu(bn(stem(x)))
    let b = a + far(a)
    let c = F.cat([near(b), F.maxPool2d(b, kernelSize: 3, stride: 1, padding: 1)], dim: 1)
    let d = F.silu(last(pool(c)))
    let gate = F.sigmoid(F.globalAvgPool2d(d))
    return fc(F.flatten(F.globalAvgPool2d(d * gate)))
  }
}

enum Samples {
  /// A picture whose samples follow from their places.
  static func picture(_ size: Int, channels: Int = 3) throws -> Image {
    let pixels = (0..<size * size * channels).map { index in
      UInt8(truncatingIfNeeded: (index &* 2_654_435_761) >> 13 ^ index / 3)
    }
    return try Image(width: size, height: size, channels: channels, pixels: pixels)
  }

  static func branching(labels: [String] = ["a", "b", "c", "d"]) throws -> Model {
    var model = try Model(BranchingNet(), input: [3, 20, 20], seed: 3, labels: labels)
    model.weights["bn.running_mean"] = try Tensor([8], (0..<8).map { Float($0) / 10 - 0.3 })
    model.weights["bn.running_var"] = try Tensor([8], (0..<8).map { 0.5 + Float($0) / 8 })
    model.preprocessing.mean = [0.5, 0.45, 0.4]
    model.preprocessing.standardDeviation = [0.25, 0.2, 0.3]
    return model
  }

  static func starter() throws -> Model { try Model(bytes: StarterModel.bytes, name: "starter") }
}

/// A file for one test, removed at its end.
final class TemporaryFile {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("convnet-\(UUID().uuidString)").path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
