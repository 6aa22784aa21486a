import ConvNetGraph
import Testing

/// A network that is wrong in one way.
struct Mistake: Sendable, CustomTestStringConvertible {
  /// The name of the file that holds its error's text.
  let name: String
  /// Throws the error.
  let make: @Sendable () throws -> Void

  var testDescription: String { name }

  private init(_ name: String, _ make: @escaping @Sendable () throws -> Void) {
    self.name = name
    self.make = make
  }

  /// A mistake of a function of one value.
  private static func function(
    _ name: String, _ shapes: Shape..., trace: @escaping @Sendable ([Value]) -> Value
  ) -> Mistake {
    Mistake(name) { _ = try Graph(inputs: shapes) { [trace($0)] } }
  }

  /// A mistake of a module.
  private static func module(_ name: String, _ input: Shape, _ module: some Module) -> Mistake {
    Mistake(name) { _ = try Graph(module, input: input) }
  }

  static let all: [Mistake] = convolution + pooling + normalisation + features + shapes + graphs

  private static let convolution: [Mistake] = [
    module("convolution-channels", [3, 8, 8], WrongChannels()),
    module(
      "convolution-groups", [6, 8, 8],
      Conv2d(inChannels: 6, outChannels: 8, kernelSize: 3, groups: 3)),
    module(
      "convolution-group-channels", [6, 8, 8],
      Conv2d(inChannels: 8, outChannels: 8, kernelSize: 3, groups: 4)),
    module(
      "convolution-window", [3, 5, 8],
      Sequential {
        Conv2d(inChannels: 3, outChannels: 4, kernelSize: 3)
        Conv2d(inChannels: 4, outChannels: 4, kernelSize: 3, dilation: 2)
      }),
    module(
      "convolution-stride", [3, 8, 8],
      Conv2d(inChannels: 3, outChannels: 4, kernelSize: 3, stride: 0)),
    module(
      "convolution-padding", [3, 8, 8],
      Conv2d(inChannels: 3, outChannels: 4, kernelSize: 3, padding: -1)),
    module(
      "convolution-after-flatten", [3, 8, 8],
      Sequential {
        Flatten()
        Conv2d(inChannels: 3, outChannels: 4, kernelSize: 3)
      }),
    function("convolution-bias", [1, 3, 8, 8], [4, 3, 3, 3], [3]) {
      F.conv2d($0[0], weight: $0[1], bias: $0[2])
    },
    module(
      "transposed-channels", [8, 4, 4],
      ConvTranspose2d(inChannels: 16, outChannels: 8, kernelSize: 2, stride: 2)),
    module(
      "transposed-output-padding", [4, 4, 4],
      ConvTranspose2d(
        inChannels: 4, outChannels: 4, kernelSize: 3, stride: 2, padding: 1, outputPadding: 2)),
    module(
      "transposed-padding", [4, 2, 2],
      ConvTranspose2d(inChannels: 4, outChannels: 4, kernelSize: 3, padding: 2)),
  ]

  private static let pooling: [Mistake] = [
    module(
      "pooling-padding", [3, 8, 8],
      Sequential { MaxPool2d(kernelSize: 2, stride: 2, padding: Size2D(height: 0, width: 2)) }),
    module(
      "pooling-window", [3, 4, 4],
      Sequential { for _ in 0..<3 { MaxPool2d(kernelSize: 2, stride: 2) } }),
    module(
      "pooling-divisor", [3, 4, 4],
      Sequential { AvgPool2d(kernelSize: 2, divisorOverride: 0) }),
    module("pooling-adaptive", [3, 4, 4], Sequential { AdaptiveAvgPool2d(0) }),
    function("pooling-features", [2, 64]) { F.globalAvgPool2d($0[0]) },
  ]

  private static let normalisation: [Mistake] = [
    module(
      "batch-norm-channels", [3, 8, 8],
      Sequential {
        Conv2d(inChannels: 3, outChannels: 32, kernelSize: 3, padding: 1)
        BatchNorm2d(64)
      }),
    Mistake("batch-norm-one-value") {
      let net = Sequential {
        Conv2d(inChannels: 3, outChannels: 8, kernelSize: 4)
        BatchNorm2d(8)
      }
      _ = try Graph(net, input: [3, 4, 4]).trainingForm()
    },
    module("batch-norm-momentum", [3, 8, 8], Sequential { BatchNorm2d(3, momentum: 99) }),
    module("batch-norm-epsilon", [3, 8, 8], Sequential { BatchNorm2d(3, epsilon: -1) }),
    module("group-norm-groups", [6, 8, 8], Sequential { GroupNorm(groups: 4, channels: 6) }),
    module("instance-norm-channels", [6, 8, 8], Sequential { InstanceNorm2d(8) }),
    module("local-response-size", [6, 8, 8], Sequential { LocalResponseNorm(0) }),
  ]

  private static let features: [Mistake] = [
    module(
      "linear-flatten", [3, 32, 32],
      Sequential {
        Conv2d(inChannels: 3, outChannels: 64, kernelSize: 3, padding: 1)
        MaxPool2d(kernelSize: 4)
        Flatten()
        Linear(inFeatures: 64, outFeatures: 10)
      }),
    module(
      "linear-image", [3, 4, 4], Sequential { Linear(inFeatures: 48, outFeatures: 10) }),
    module(
      "linear-image-features", [3, 4, 4], Sequential { Linear(inFeatures: 64, outFeatures: 10) }),
    module(
      "linear-image-channels", [64, 4, 4], Sequential { Linear(inFeatures: 64, outFeatures: 10) }),
    function("linear-bias", [2, 8], [10, 8], [8]) {
      F.linear($0[0], weight: $0[1], bias: $0[2])
    },
  ]

  private static let shapes: [Mistake] = [
    module("add-shortcut", [8, 8, 8], WrongShortcut()),
    function("concat-sizes", [1, 4, 8, 8], [1, 4, 4, 8]) { F.cat($0, dim: 1) },
    function("softmax-dimension", [2, 10]) { F.softmax($0[0], dim: 2) },
    function("pad-reflect", [1, 3, 2, 4]) { F.pad($0[0], [1, 1, 2, 2], mode: .reflect) },
  ]

  private static let graphs: [Mistake] = [
    module("graph-unnamed-parameter", [3, 8, 8], UnnamedLayer()),
    module("graph-input-size", [3, 1 << 20, 1 << 20], ReLU()),
    Mistake("graph-no-output") { _ = try Graph(inputs: [[1, 3]]) { _ in [] } },
    Mistake("graph-batch") {
      _ = try Graph(ReLU(), input: [3, 8, 8]).reshaped(batch: 0)
    },
    Mistake("graph-other-image") {
      let net = Sequential { Conv2d(inChannels: 3, outChannels: 4, kernelSize: 3) }
      _ = try Graph(net, input: [3, 8, 8]).reshaped(inputs: [[1, 3, 2, 8]])
    },
    Mistake("graph-loss") {
      let graph = try Graph(ReLU(), input: [3, 8, 8])
      _ = try graph.differentiated(graph.outputs[0], withRespectTo: graph.inputs)
    },
  ]
}

private struct WrongChannels: Module {
  let conv1 = Conv2d(inChannels: 3, outChannels: 8, kernelSize: 3)
  let conv2 = Conv2d(inChannels: 16, outChannels: 8, kernelSize: 3)
  // The second mistake comes after the first and is not reported.
  let conv3 = Conv2d(inChannels: 5, outChannels: 8, kernelSize: 3)

  func forward(_ x: Value) -> Value { conv3(F.relu(conv2(conv1(x)))) }
}

private struct WrongShortcut: Module {
  struct Block: Module {
    let conv = Conv2d(inChannels: 8, outChannels: 16, kernelSize: 3, stride: 2, padding: 1)
    func forward(_ x: Value) -> Value { conv(x) + x }
  }
  let layer1 = Sequential { Block() }

  func forward(_ x: Value) -> Value { layer1(x) }
}

private struct UnnamedLayer: Module {
  func forward(_ x: Value) -> Value { Conv2d(inChannels: 3, outChannels: 4, kernelSize: 1)(x) }
}
