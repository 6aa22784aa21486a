import ConvNet
import ConvNetExplain

func batchNormByHand() {
  let x: [Float] = [2, 4, 4, 6]
  let mean = x.reduce(0, +) / 4
  let variance = x.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 4
  let normal = x.map { ($0 - mean) / (variance + 1e-5).squareRoot() }
  let (gamma, beta): (Float, Float) = (2, 1)
  print("mean", short(mean), "variance", short(variance))
  print("normalised", normal.map { short($0) }.joined(separator: " "))
  print("with gamma 2, beta 1:", normal.map { short(gamma * $0 + beta) }.joined(separator: " "))
}

func batchNormFolded() throws {
  let starter = try Model(bytes: StarterModel.bytes, name: StarterModel.name)
  guard let gamma = starter.weights["bn1.weight"], let beta = starter.weights["bn1.bias"],
    let mean = starter.weights["bn1.running_mean"],
    let variance = starter.weights["bn1.running_var"]
  else { return }
  let c = 5
  let factor = gamma[c] / (variance[c] + 1e-5).squareRoot()
  let shift = beta[c] - mean[c] * factor
  print("channel 5: y = \(short(factor)) x + \(short(shift))")

  let run = try starter.explain(Image(path: "shirt.png"))
  guard let before = run.layers.first(where: { $0.name == "conv1" })?.output[0, c, 10, 9],
    let after = run.layers.first(where: { $0.name == "bn1" })?.output[0, c, 10, 9]
  else { return }
  print("conv1", short(before), " by hand", short(factor * before + shift), " bn1", short(after))
}

func batchNormOrders() throws {
  struct Before: Module {
    let conv = Conv2d(inChannels: 3, outChannels: 64, kernelSize: 3, padding: 1)
    let bn = BatchNorm2d(64)
    func forward(_ x: Value) -> Value { F.relu(bn(conv(x))) }
  }
  struct After: Module {
    let conv = Conv2d(inChannels: 3, outChannels: 64, kernelSize: 3, padding: 1)
    let bn = BatchNorm2d(64)
    func forward(_ x: Value) -> Value { bn(F.relu(conv(x))) }
  }
  for model in [
    try Model(Before(), input: [3, 32, 32]), try Model(After(), input: [3, 32, 32]),
  ] {
    print(model.architecture, model.graph.nodes.map(\.name), model.parameterCount, "parameters")
  }
}

func batchNormAnswer() {
  var running: Float = 0
  for batch in 1...20 {
    running = 0.9 * running + 0.1 * 5
    if [1, 5, 20].contains(batch) { print("after \(batch): \(short(running))") }
  }
}
