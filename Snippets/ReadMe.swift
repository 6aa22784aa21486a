import ConvNet

// Python: self.conv = nn.Conv2d(in_channels=3, out_channels=64, kernel_size=3, stride=1, padding=1)
struct Net: Module {
  let conv = Conv2d(inChannels: 3, outChannels: 64, kernelSize: 3, stride: 1, padding: 1)
  let bn = BatchNorm2d(64)
  let fc = Linear(64, 10)

  func forward(_ x: Value) -> Value {
    let x = F.relu(bn(conv(x)))  // Python: F.relu(self.bn(self.conv(x)))
    return fc(F.flatten(F.globalAvgPool2d(x)))
  }
}

let model = try Model(Net(), input: [3, 32, 32], seed: 1)
print(model.summary())

let predictor = try model.predictor(batch: 8)
let pictures = Tensor([8, 3, 32, 32])
let scores = try await predictor(pictures)
print("scores \(scores.shape)")
