import ConvNet

func poolingByHand() async throws {
  let picture = try Tensor([1, 1, 4, 4], [1, 3, 2, 0, 4, 2, 1, 1, 0, 0, 5, 6, 1, 3, 7, 2])
  show("picture", picture)
  show("max", try await apply(MaxPool2d(kernelSize: 2, stride: 2), to: picture))
  show("average", try await apply(AvgPool2d(kernelSize: 2, stride: 2), to: picture))
}

func poolingShift() async throws {
  let pool = try Model(MaxPool2d(kernelSize: 2, stride: 2), input: [1, 4, 8]).predictor()
  for column in 2...4 {
    var picture = Tensor([1, 1, 4, 8])
    picture[0, 0, 1, column] = 9
    show("a spot in column \(column)", try await pool(picture))
  }
}

func poolingFields() throws {
  struct Net: Module {
    let pools: Bool
    let conv1 = Conv2d(inChannels: 1, outChannels: 8, kernelSize: 3, padding: 1)
    let conv2 = Conv2d(inChannels: 8, outChannels: 8, kernelSize: 3, padding: 1)
    let conv3 = Conv2d(inChannels: 8, outChannels: 8, kernelSize: 3, padding: 1)
    let pool1 = MaxPool2d(kernelSize: 2, stride: 2)
    let pool2 = MaxPool2d(kernelSize: 2, stride: 2)
    func forward(_ x: Value) -> Value {
      pools ? conv3(pool2(conv2(pool1(conv1(x))))) : conv3(conv2(conv1(x)))
    }
  }
  for pools in [false, true] {
    let model = try Model(Net(pools: pools), input: [1, 32, 32])
    print(pools ? "with pooling:   " : "without pooling:", terminator: "")
    for name in ["conv1", "conv2", "conv3"] {
      guard let field = try model.receptiveField(of: name) else { continue }
      print(" \(name) sees \(Int(field.height.size)) pixels", terminator: "")
    }
    print()
  }
}

func poolingAnswer() throws {
  struct Net: Module {
    let pools: Int
    let conv = Conv2d(inChannels: 3, outChannels: 64, kernelSize: 3, padding: 1)
    let fc: Linear
    init(pools: Int) {
      self.pools = pools
      let side = 32 >> pools  // halved so many times
      fc = Linear(inFeatures: 64 * side * side, outFeatures: 10)
    }
    func forward(_ x: Value) -> Value {
      var x = conv(x)
      for _ in 0..<pools { x = F.maxPool2d(x, kernelSize: 2, stride: 2) }
      return fc(F.flatten(x))
    }
  }
  for pools in 0...3 {
    print(
      "poolings \(pools): \(try Model(Net(pools: pools), input: [3, 32, 32]).parameterCount) parameters"
    )
  }
}
