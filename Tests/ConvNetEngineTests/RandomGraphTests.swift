import ConvNetEngine
import ConvNetGraph
import Testing

/// Random networks: layers, branches, sums and joins drawn from a seed, compared with the float64
/// reference forward, in training form, and backward.
@Suite struct RandomGraphTests {
  /// A network that draws its parts when it is made.
  struct RandomNet: Module {
    enum Part: Sendable {
      case layer(any Module)
      /// Adds or joins the value of an earlier part.
      case add(Int)
      case join(Int)
    }
    let layers: [any Module]
    let parts: [Part]
    let input: Shape

    init(seed: UInt64) {
      let random = CounterRandom(seed: seed, stream: "random graph")
      var drawn: UInt64 = 0
      func pick<T>(_ values: [T]) -> T {
        drawn += 1
        return values[random.integer(below: values.count, at: drawn)]
      }
      let (first, height, width) = (pick([1, 3, 4, 16, 17]), pick([8, 11, 14]), pick([7, 12]))
      input = [first, height, width]
      var channels = first
      var sizes = [0: channels]
      var parts: [Part] = []
      // Sizes stay as they are, so that any two parts can meet; the end shrinks.
      for _ in 0..<pick([4, 7, 10]) {
        switch pick([0, 1, 1, 2, 3, 4, 5, 6]) {
        case 0, 1:
          let outputs = pick([4, 8, 16, 19])
          let kernel = pick([1, 3, 5])
          parts.append(
            .layer(
              Conv2d(
                inChannels: channels, outChannels: outputs, kernelSize: kernel,
                padding: kernel / 2, bias: pick([true, false]))))
          channels = outputs
        case 2: parts.append(.layer(BatchNorm2d(channels)))
        case 3:
          parts.append(
            .layer(pick([ReLU(), ReLU(), Sigmoid(), SiLU(), Tanh(), ReLU6()] as [any Module])))
        case 4:
          parts.append(
            .layer(
              pick(
                [
                  MaxPool2d(kernelSize: 3, stride: 1, padding: 1),
                  AvgPool2d(kernelSize: 3, stride: 1, padding: 1),
                ] as [any Module])))
        case 5:
          let other = pick(Array(0...parts.count))
          let same = sizes.filter { $0.value == channels }.keys.sorted()
          parts.append(.add(same.contains(other) ? other : same.last ?? parts.count))
        default:
          let other = pick(Array(0...parts.count))
          channels += sizes[other] ?? 0
          parts.append(.join(other))
        }
        sizes[parts.count] = channels
      }
      parts.append(.layer(MaxPool2d(kernelSize: 2, stride: 2)))
      parts.append(.layer(Conv2d(inChannels: channels, outChannels: 5, kernelSize: 3, stride: 2)))
      parts.append(.layer(Flatten()))
      self.parts = parts
      layers = parts.compactMap { if case .layer(let module) = $0 { module } else { nil } }
    }

    func forward(_ x: Value) -> Value {
      var values = [x]
      for part in parts {
        let last = values[values.count - 1]
        switch part {
        case .layer(let module): values.append(module(last))
        case .add(let other): values.append(last + values[other])
        case .join(let other): values.append(F.cat([last, values[other]], dim: 1))
        }
      }
      return values[values.count - 1]
    }
  }

  static let seeds = Array(UInt64(1)...24)

  @Test(arguments: seeds) func inference(seed: UInt64) throws {
    let net = RandomNet(seed: seed)
    try expectAgreement(
      try Graph(net, input: net.input).reshaped(batch: 2), seed: seed, tolerance: 1e-4)
  }

  @Test(arguments: seeds) func trainingForwardAndBackward(seed: UInt64) throws {
    let net = RandomNet(seed: seed)
    let graph = try Graph(net, input: net.input).reshaped(batch: 3).trainingForm()
    try expectAgreement(
      try withGradients(graph), purpose: .training, seed: seed, tolerance: 5e-4)
  }

  @Test(arguments: seeds.prefix(8)) func exactOrder(seed: UInt64) throws {
    let net = RandomNet(seed: seed)
    let graph = try Graph(net, input: net.input).reshaped(batch: 2).trainingForm()
    try expectAgreement(
      try withGradients(graph), purpose: .training, seed: seed, tolerance: 5e-4,
      algorithms: .exactOrder)
  }
}
