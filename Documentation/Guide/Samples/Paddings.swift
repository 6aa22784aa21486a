import ConvNet

func paddingByHand() async throws {
  struct Sum: Module {
    let padding: Int
    // A kernel of ones adds up what it sees.
    func forward(_ x: Value) -> Value {
      F.conv2d(x, weight: Tensor([1, 1, 3, 3], repeating: 1), padding: padding)
    }
  }
  let ones = Tensor([1, 1, 4, 4], repeating: 1)
  show("padding 0", try await apply(Sum(padding: 0), to: ones))
  show("padding 1", try await apply(Sum(padding: 1), to: ones))
}

func paddingShrinks() throws {
  struct Stack: Module {
    let layers: Sequential
    init(padding: Int) {
      let layers = (0..<8).map { _ in
        Conv2d(inChannels: 1, outChannels: 1, kernelSize: 3, padding: padding)
      }
      self.layers = Sequential(layers)
    }
    func forward(_ x: Value) -> Value { layers(x) }
  }
  for padding in [0, 1] {
    let model = try Model(Stack(padding: padding), input: [1, 28, 28])
    print("eight 3x3 layers, padding \(padding): 28x28 becomes", model.outputShape)
  }
}

func paddingAnswer() throws {
  for kernel in [1, 3, 5, 7] {
    let window = SlidingWindow(
      kernel: Size2D(kernel), stride: Size2D(1), padding: ((kernel - 1) / 2).padding2D)
    let size = try window.outputSize(of: Size2D(28))
    print("kernel \(kernel), padding \((kernel - 1) / 2): 28 stays \(size.height)")
  }
}
