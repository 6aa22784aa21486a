import ConvNet

// Python: self.conv = nn.Conv2d(in_channels=3, out_channels=64, kernel_size=3, stride=1, padding=1)
struct Net: Module {
  let conv = Conv2d(inChannels: 3, outChannels: 64, kernelSize: 3, stride: 1, padding: 1)
  let bn = BatchNorm2d(64)
  let fc = Linear(64, 10)

  func forward(_ x: Value) -> Value {
    let x = F.relu(bn(conv(x)))
    return fc(F.flatten(F.globalAvgPool2d(x)))
  }
}

let graph = try Graph(Net(), input: [3, 32, 32])
let executor = try Executor(Plan(graph), weights: graph.initialWeights(seed: 1))
let pictures = Tensor([1, 3, 32, 32])
print(try executor.run([pictures])[0])
