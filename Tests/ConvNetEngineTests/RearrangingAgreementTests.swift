import ConvNetEngine
import ConvNetGraph
import Testing

/// What imported networks are made of besides convolutions: gates, fixed lines, rows less their mean,
/// slices, transposes, joins and products of matrices, in blocks and plain, against the reference.
@Suite struct RearrangingAgreementTests {
  struct Net: Module {
    let conv: Conv2d
    let body: @Sendable (Value) -> Value

    func forward(_ x: Value) -> Value { body(conv(x)) }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let body: @Sendable (Value) -> Value

    init(_ name: String, _ body: @escaping @Sendable (Value) -> Value) {
      testDescription = name
      self.body = body
    }
  }

  static let cases: [Case] = [
    Case("gate") { $0 * F.sigmoid($0.applying(GlobalAvgPool2dOperation())) },
    Case("gate on the left") { F.sigmoid($0.applying(GlobalAvgPool2dOperation())) * $0 },
    Case("lines") { ($0 * 0.5 + 0.25) * 3 - 1 },
    Case("line before a convolution's kind of sum") { F.relu($0 + 0.5) + $0 * -2 },
    Case("rows less their mean") { x in
      let centred = x - x.applying(ReduceMeanOperation(dims: [-1], keepDims: true))
      return centred / F.exp(x.applying(ReduceMeanOperation(dims: [2, 3], keepDims: true)))
    },
    Case("images less the mean of channels") { x in
      let one = x.applying(SliceOperation([SliceOperation.Range(dim: 1, start: 1, end: 2)]))
      return (one - x) / F.exp(one)
    },
    Case("sums of everything") { x in
      x + x.applying(ReduceSumOperation(dims: [], keepDims: true)) * 0.01
    },
    Case("cut and turned") { x in
      let cut = x.applying(
        SliceOperation([
          SliceOperation.Range(dim: 2, step: 2), SliceOperation.Range(dim: 3, start: 1, end: -1),
        ]))
      return cut.applying(TransposeOperation([0, 2, 3, 1]))
    },
    Case("turned there and back") { x in
      x.applying(TransposeOperation([3, 0, 1, 2])).applying(TransposeOperation([1, 2, 3, 0]))
    },
    Case("joined along rows") { x in
      Value.apply(ConcatOperation(dim: 2), to: [x, x * 2, x])[0]
        .applying(TransposeOperation([0, 1, 3, 2]))
    },
    Case("repeated") { x in
      x.applying(ReduceMeanOperation(dims: [3], keepDims: true)).applying(
        ExpandOperation([1, 1, 1, 5]))
    },
    Case("products of matrices") { x in
      let rows = x.applying(ReshapeOperation([0, x.shape[1], -1]))
      let turned = rows.applying(TransposeOperation([0, 2, 1]))
      return rows.applying(MatMulOperation(), turned).applying(MatMulOperation(), rows)
    },
    Case("matrices that repeat") { x in
      let one = x.applying(SliceOperation([SliceOperation.Range(dim: 1, end: 1)]))
      return one.applying(TransposeOperation([0, 1, 3, 2])).applying(MatMulOperation(), x)
    },
  ]

  static let shapes: [Shape] = [[19, 5, 7], [3, 4, 4], [16, 2, 9], [33, 12, 6]]

  @Test(arguments: cases, shapes) func agrees(_ test: Case, _ shape: Shape) throws {
    let net = Net(
      conv: Conv2d(inChannels: shape[0], outChannels: shape[0], kernelSize: 1), body: test.body)
    let graph = try Graph(net, input: shape).reshaped(batch: 3)
    try expectAgreement(graph, seed: 31)
  }

  @Test(arguments: cases) func agreesInTraining(_ test: Case) throws {
    let net = Net(conv: Conv2d(inChannels: 5, outChannels: 18, kernelSize: 1), body: test.body)
    let graph = try Graph(net, input: [5, 6, 7]).reshaped(batch: 2)
    try expectAgreement(
      try withGradients(graph.trainingForm()), purpose: .training, seed: 32, tolerance: 1e-4)
  }
}
