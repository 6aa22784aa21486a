import ConvNet
import ConvNetExplain

func activationCurves() async throws {
  struct Curve: Module {
    let function: @Sendable (Value) -> Value
    func forward(_ x: Value) -> Value { function(x) }
  }
  let x = try Tensor([1, 1, 1, 7], [-3, -1, -0.5, 0, 0.5, 1, 3])
  show("x", x)
  show("ReLU", try await apply(Curve(function: F.relu), to: x))
  show("Sigmoid", try await apply(Curve(function: F.sigmoid), to: x))
  show("Tanh", try await apply(Curve(function: F.tanh), to: x))
}

func activationLinear() async throws {
  struct Stack: Module {
    let bends: Bool
    let conv1 = Conv2d(inChannels: 1, outChannels: 8, kernelSize: 3, padding: 1, bias: false)
    let conv2 = Conv2d(inChannels: 8, outChannels: 1, kernelSize: 3, padding: 1, bias: false)
    func forward(_ x: Value) -> Value {
      bends ? conv2(F.relu(conv1(x))) : conv2(conv1(x))
    }
  }
  // Three pictures: a spot, a ramp, and the two added.
  var pictures = Tensor([3, 1, 8, 8])
  for y in 0..<8 {
    for x in 0..<8 {
      pictures[0, 0, y, x] = y == 3 && x == 3 ? 5 : 0
      pictures[1, 0, y, x] = Float(x) - 3.5
      pictures[2, 0, y, x] = pictures[0, 0, y, x] + pictures[1, 0, y, x]
    }
  }
  for bends in [false, true] {
    let answers = try await Model(Stack(bends: bends), input: [1, 8, 8], seed: 1).predictor()(
      pictures)
    var largest: Float = 0
    for y in 0..<8 {
      for x in 0..<8 {
        let apart = answers[0, 0, y, x] + answers[1, 0, y, x]
        largest = max(largest, (answers[2, 0, y, x] - apart).magnitude)
      }
    }
    print(bends ? "with ReLU   " : "without ReLU", "largest difference", short(largest))
  }
}

func activationZeros() throws {
  let starter = try Model(bytes: StarterModel.bytes, name: StarterModel.name)
  let run = try starter.explain(Image(path: "shirt.png"))
  for layer in run.layers where ["bn1", "relu1"].contains(layer.name) {
    let numbers = layer.statistics
    let share = (Double(numbers.zeros) * 100).rounded()
    print(
      "\(layer.name): from \(short(numbers.minimum)) to \(short(numbers.maximum)), \(Int(share)) % zeros"
    )
  }
}

func activationAnswer() async throws {
  struct Edge: Module {
    let kernel: Tensor
    func forward(_ x: Value) -> Value { F.relu(F.conv2d(x, weight: kernel)) }
  }
  // Bright on the left, dark on the right.
  let picture = try Tensor([1, 1, 3, 3], [9, 2, 2, 9, 2, 2, 9, 2, 2])
  let rising = try Tensor([1, 1, 3, 3], [-1, 0, 1, -1, 0, 1, -1, 0, 1])
  let falling = try Tensor([1, 1, 3, 3], [1, 0, -1, 1, 0, -1, 1, 0, -1])
  show("dark to bright", try await apply(Edge(kernel: rising), to: picture))
  show("bright to dark", try await apply(Edge(kernel: falling), to: picture))
}
