import ConvNetEngine
import ConvNetGraph
import Testing

/// A network from a list of layers, run forward, and in its training form forward and backward, on
/// every instruction set and several thread counts against the float64 reference.
@Suite struct LayerAgreementTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let input: Shape
    let batch: Int
    let make: @Sendable () -> any Module

    init(
      _ name: String, _ input: Shape, batch: Int = 3, _ make: @escaping @Sendable () -> any Module
    ) {
      testDescription = name
      self.input = input
      self.batch = batch
      self.make = make
    }
  }

  struct Residual: Module {
    let conv1: Conv2d
    let bn1: BatchNorm2d
    let conv2: Conv2d
    let bn2: BatchNorm2d
    let downsample: Sequential?

    init(_ inputs: Int, _ outputs: Int, stride: Int) {
      conv1 = Conv2d(
        inChannels: inputs, outChannels: outputs, kernelSize: 3, stride: stride, padding: 1,
        bias: false)
      bn1 = BatchNorm2d(outputs)
      conv2 = Conv2d(
        inChannels: outputs, outChannels: outputs, kernelSize: 3, padding: 1, bias: false)
      bn2 = BatchNorm2d(outputs)
      downsample =
        stride == 1 && inputs == outputs
        ? nil
        : Sequential {
          Conv2d(
            inChannels: inputs, outChannels: outputs, kernelSize: 1, stride: stride, bias: false)
          BatchNorm2d(outputs)
        }
    }

    func forward(_ x: Value) -> Value {
      let y = bn2(conv2(F.relu(bn1(conv1(x)))))
      return F.relu(y + (downsample.map { $0(x) } ?? x))
    }
  }

  static let cases: [Case] = [
    Case("conv bn relu", [3, 9, 7]) {
      Sequential {
        Conv2d(inChannels: 3, outChannels: 20, kernelSize: 3, padding: 1)
        BatchNorm2d(20)
        ReLU()
        Conv2d(inChannels: 20, outChannels: 5, kernelSize: 3)
      }
    },
    Case("bn alone", [19, 5, 6]) { BatchNorm2d(19) },
    Case("residual blocks", [16, 12, 10]) {
      Sequential {
        Residual(16, 16, stride: 1)
        Residual(16, 24, stride: 2)
        Residual(24, 24, stride: 1)
      }
    },
    Case("conv relu pool linear", [1, 12, 12]) {
      Sequential {
        Conv2d(inChannels: 1, outChannels: 6, kernelSize: 5)
        ReLU()
        MaxPool2d(kernelSize: 2)
        Conv2d(inChannels: 6, outChannels: 17, kernelSize: 3)
        ReLU()
        Flatten()
        Linear(inFeatures: 17 * 4, outFeatures: 33)
        ReLU()
        Linear(inFeatures: 33, outFeatures: 10)
      }
    },
    Case("pools", [18, 13, 11]) {
      Sequential {
        MaxPool2d(kernelSize: 3, stride: 2, padding: 1)
        AvgPool2d(kernelSize: 2, stride: 1)
        AdaptiveAvgPool2d(3)
        AdaptiveAvgPool2d(1)
      }
    },
    Case("activations", [5, 4, 7]) {
      Sequential {
        Conv2d(inChannels: 5, outChannels: 18, kernelSize: 1)
        Sigmoid()
        Conv2d(inChannels: 18, outChannels: 18, kernelSize: 1)
        Tanh()
        Conv2d(inChannels: 18, outChannels: 18, kernelSize: 1)
        SiLU()
        Conv2d(inChannels: 18, outChannels: 18, kernelSize: 1)
        ReLU6()
        Conv2d(inChannels: 18, outChannels: 18, kernelSize: 1)
        GELU()
        Conv2d(inChannels: 18, outChannels: 18, kernelSize: 1)
        LeakyReLU()
        Conv2d(inChannels: 18, outChannels: 18, kernelSize: 1)
        ELU()
      }
    },
  ]

  @Test(arguments: cases) func inference(_ test: Case) throws {
    let graph = try Graph(erased: test.make(), input: test.input).reshaped(batch: test.batch)
    try expectAgreement(graph, seed: 21)
  }

  @Test(arguments: cases) func training(_ test: Case) throws {
    let graph = try Graph(erased: test.make(), input: test.input).reshaped(batch: test.batch)
    try expectAgreement(
      try withGradients(graph.trainingForm()), purpose: .training, seed: 22, tolerance: 1e-4)
  }
}

extension Graph {
  fileprivate init(erased module: any Module, input: Shape) throws {
    try self.init(module, input: input)
  }
}
