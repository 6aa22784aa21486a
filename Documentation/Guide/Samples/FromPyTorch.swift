import ConvNet

func pytorchNetwork() throws {
  struct Net: Module {
    let conv = Conv2d(inChannels: 3, outChannels: 64, kernelSize: 3, stride: 1, padding: 1)
    let bn = BatchNorm2d(64)
    let pool = MaxPool2d(kernelSize: 2, stride: 2)
    let fc = Linear(64, 10)

    func forward(_ x: Value) -> Value {
      let x = pool(F.relu(bn(conv(x))))
      return fc(F.flatten(F.globalAvgPool2d(x)))
    }
  }
  let model = try Model(Net(), input: [3, 32, 32], seed: 0)
  for (name, tensor) in model.weights { print(name, tensor.shape) }
}

func pytorchLoop() async throws {
  let data = try Dataset.detect("shapes")
  guard let training = data.training else { return }
  let model = try Model(zoo: "lenet5", classes: 3, channels: 3, size: 32)

  var settings = TrainingConfiguration()
  settings.epochs = 2
  settings.batch = 32
  settings.optimizer = .sgd(momentum: 0.9, nesterov: true, weightDecay: 5e-4)
  settings.learningRate = 0.02
  settings.schedule = .cosine
  settings.loss = .crossEntropy()
  settings.augmentation = .none
  settings.seed = 0

  let trainer = try Trainer(
    model, training: training, evaluation: data.evaluation, configuration: settings)
  try trainer.fit { event in
    if case .epoch(let epoch) = event {
      print("epoch \(epoch.epoch): loss \(short(Float(epoch.trainingLoss)))")
    }
  }
}

func pytorchLoad() throws {
  var model = try Model(zoo: "lenet5", seed: 5)
  try model.load("lenet5.safetensors")  // or a .pth file

  // Names as torch.nn.DataParallel writes them: module.conv1.weight, …
  let wrapped = Weights(model.weights.map { (name: "module." + $0.name, tensor: $0.tensor) })
  try SafetensorsFile.write(wrapped, to: "parallel.safetensors")
  let report = try model.load(
    "parallel.safetensors",
    renaming: { $0.hasPrefix("module.") ? String($0.dropFirst(7)) : $0 })
  print(report.loaded.count, "tensors loaded,", report.missing.count, "missing")
}

func pytorchCopies() async throws {
  // A copy is independent at once.
  let model = try Model(zoo: "lenet5", seed: 0)
  let before = model.weights["fc3.bias"]
  var copy = model
  copy.weights["fc3.bias"] = Tensor([10], repeating: 1)
  let picture = Tensor([1, 1, 28, 28])
  let scores = try await model.predictor()(picture)
  let others = try await copy.predictor()(picture)
  print("the copy gives other scores:", scores != others)
  print("the original is as it was:", model.weights["fc3.bias"] == before)
}
