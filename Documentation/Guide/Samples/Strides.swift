import ConvNet

func strideByHand() async throws {
  struct Every: Module {
    let stride: Int
    // A kernel of one cell copies the picture, so only the steps are seen.
    func forward(_ x: Value) -> Value {
      F.conv2d(x, weight: Tensor([1, 1, 1, 1], repeating: 1), stride: stride)
    }
  }
  let numbers = try Tensor([1, 1, 6, 6], (0..<36).map(Float.init))
  show("stride 1 (all of it)", try await apply(Every(stride: 1), to: numbers))
  show("stride 2", try await apply(Every(stride: 2), to: numbers))
}

func strideOnPhoto() async throws {
  struct Edge: Module {
    let stride: Int
    let kernel: Tensor
    func forward(_ x: Value) -> Value {
      F.conv2d(x, weight: kernel, stride: stride, padding: 1, paddingMode: .replicate)
    }
  }
  let kernel = try Tensor([1, 1, 3, 3], [-1, 0, 1, -1, 0, 1, -1, 0, 1])
  let gray = try Image(path: "garden.png").converted(to: .gray).tensor()
  let input = try gray.reshaped(to: [1, 1, 80, 120])
  for stride in [1, 2, 4] {
    let model = try Model(Edge(stride: stride, kernel: kernel), input: [1, 80, 120])
    let answer = try await model.predictor()(input)
    print("stride \(stride): \(answer.shape), \(model.graph.multiplyAdds) multiply-adds")
    try save(strip([strength(answer)]), to: "pictures/stride-\(stride).png", scale: 2 * stride)
  }
}

func strideAnswer() throws {
  struct Net: Module {
    let conv1 = Conv2d(inChannels: 3, outChannels: 16, kernelSize: 3, stride: 2, padding: 1)
    let conv2 = Conv2d(inChannels: 16, outChannels: 32, kernelSize: 3, stride: 2, padding: 1)
    let conv3 = Conv2d(inChannels: 32, outChannels: 64, kernelSize: 3, stride: 2, padding: 1)
    func forward(_ x: Value) -> Value { conv3(conv2(conv1(x))) }
  }
  print(try Model(Net(), input: [3, 64, 64]).outputShape)
}
