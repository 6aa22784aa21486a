import ConvNet

func drawShapes() throws {
  let random = CounterRandom(seed: 7, stream: "shapes")
  var next: UInt64 = 0
  func number(_ range: ClosedRange<Double>) -> Double {
    next += 1
    return range.lowerBound + random.uniform(at: next) * (range.upperBound - range.lowerBound)
  }
  for kind in ["circle", "square", "triangle"] {
    for index in 0..<160 {
      // Somewhere, of some size and brightness, on a noisy ground.
      let (middleX, middleY, radius) = (number(12...20), number(12...20), number(6...10))
      let (ground, light) = (number(20...90), number(130...230))
      var pixels: [UInt8] = []
      for y in 0..<32 {
        for x in 0..<32 {
          let (dx, dy) = (Double(x) - middleX, Double(y) - middleY)
          let isInside =
            switch kind {
            case "circle": dx * dx + dy * dy < radius * radius
            case "square": max(abs(dx), abs(dy)) < 0.9 * radius
            default: dy < 0.8 * radius && dy > 2 * abs(dx) - radius
            }
          pixels.append(UInt8((isInside ? light : ground) + number(-20...20)))
        }
      }
      let picture = try Image(width: 32, height: 32, channels: 1, pixels: pixels)
      try save(picture, to: "shapes/\(kind)/\(index).png")
    }
  }
  let examples = try ["circle", "square", "triangle"].flatMap { kind in
    try (0..<3).map { try Image(path: "shapes/\(kind)/\($0).png").tensor().reshaped(to: [32, 32]) }
  }
  try save(strip(examples), to: "pictures/shapes.png", scale: 2)
}

func trainInSwift() async throws {
  let data = try Dataset.detect("shapes")
  guard let training = data.training else { return }
  let net = StarterNet(classes: data.classNames.count, channels: 3)
  let model = try Model(net, input: [3, 32, 32], labels: data.classNames)

  var settings = TrainingConfiguration()
  settings.epochs = 3
  settings.batch = 32
  settings.optimizer = .adamW(weightDecay: 0.01)
  settings.learningRate = 0.003
  let trainer = try Trainer(
    model, training: training, evaluation: data.evaluation, configuration: settings)
  for try await event in trainer.events() {
    if case .epoch(let epoch) = event {
      let right = ((epoch.evaluationAccuracy ?? 0) * 100).rounded()
      print("epoch \(epoch.epoch): loss \(short(Float(epoch.trainingLoss))), \(Int(right)) % right")
    }
  }
  try trainer.bestModel.save(to: "in-swift.safetensors")
}
