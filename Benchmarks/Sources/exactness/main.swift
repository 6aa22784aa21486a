// Whether speed costs accuracy.
//
//   exactness networks [--size PIXELS]      each network's scores against float64, random weights
//   exactness training DATA [--epochs 3] [--seeds 3]
//                                          the same training with Winograd and without it

import ConvNet

#if canImport(Glibc)
  import Glibc
#endif

let arguments = Array(CommandLine.arguments.dropFirst())

func option(_ name: String, _ standard: Int) -> Int {
  guard let position = arguments.firstIndex(of: name), position + 1 < arguments.count else {
    return standard
  }
  return Int(arguments[position + 1]) ?? standard
}

func show(_ text: String) {
  print(text)
  fflush(nil)
}

/// A number with three digits, and its exponent.
func scientific(_ number: Double) -> String {
  guard number > 0, number.isFinite else { return "\(number)" }
  var (digits, exponent) = (number, 0)
  while digits < 1 { (digits, exponent) = (digits * 10, exponent - 1) }
  while digits >= 10 { (digits, exponent) = (digits / 10, exponent + 1) }
  return "\((digits * 100).rounded() / 100)e\(exponent)"
}

/// The length of the difference over the length of what is right.
func relativeError(_ scores: Tensor, _ expected: Tensor) -> Double {
  var (difference, length) = (0.0, 0.0)
  for (score, right) in zip(scores.elements, expected.elements) {
    difference += (Double(score) - Double(right)) * (Double(score) - Double(right))
    length += Double(right) * Double(right)
  }
  return (difference / max(length, 1e-300)).squareRoot()
}

/// Relative error of each network's scores, with the fastest algorithms and with direct sums only.
func networks() throws {
  show("network, input: error with the fastest algorithms, with direct sums only")
  let names = [
    "lenet5", "primer", "resnet20", "cifar_resnet18", "cifar_vgg11_bn", "resnet18", "resnet50",
    "vgg16_bn", "mobilenet_v2", "efficientnet_lite0",
  ]
  for name in names {
    let own = try Zoo.entry(name).input
    let size = min(option("--size", 64), own[1])
    let model = try Model(zoo: name, size: size, seed: 7)
    let input = Initializer.normal(standardDeviation: 1).tensor(
      shape: Shape([1] + model.inputShape.dimensions), name: "images", seed: 11)
    let expected = try ReferenceExecutor<Double>(model.graph).run(model.weights, [input])[0]
    let errors = try [EngineOptions.Algorithms.automatic, .exactOrder].map { algorithms in
      let plan = try Plan(model.graph, options: EngineOptions(algorithms: algorithms))
      let scores = try Executor(plan, weights: model.weights).run([input])[0]
      return relativeError(scores, expected)
    }
    show("\(name) \(model.inputShape): \(scientific(errors[0])), \(scientific(errors[1]))")
  }
}

/// Accuracy after the last epoch on pictures that training does not see and nothing is chosen by: the
/// test part, or where there is none the validation part; for some seeds and both kinds of algorithms.
func training(_ path: String) throws {
  let dataset = try Dataset.detect(path)
  guard let pictures = dataset.parts[.training] else {
    throw ConvNetError(.notFound, "\(path): has no part to train on")
  }
  guard let unseen = dataset.parts[.test] ?? dataset.parts[.validation] else {
    throw ConvNetError(.notFound, "\(path): has no part to test with")
  }
  var results: [EngineOptions.Algorithms: [Double]] = [:]
  for seed in 0..<option("--seeds", 3) {
    for algorithms in [EngineOptions.Algorithms.automatic, .exactOrder] {
      var configuration = TrainingConfiguration()
      configuration.epochs = option("--epochs", 3)
      configuration.seed = UInt64(seed)
      let model = try Model(
        zoo: "compact", classes: pictures.classNames.count, seed: UInt64(seed),
        labels: pictures.classNames)
      let trainer = try Trainer(
        model, training: pictures, evaluation: unseen,
        configuration: configuration, options: EngineOptions(algorithms: algorithms))
      let clock = ContinuousClock()
      let start = clock.now
      let result = try trainer.fit()
      let accuracy = result.history.last?.evaluationAccuracy ?? 0
      results[algorithms, default: []].append(accuracy)
      show(
        "seed \(seed), \(algorithms.rawValue): \((accuracy * 1e4).rounded() / 100) % "
          + "after \(configuration.epochs) epochs, \(clock.now - start)")
    }
  }
  for (algorithms, accuracies) in results.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
    let mean = accuracies.reduce(0, +) / Double(accuracies.count)
    show("mean, \(algorithms.rawValue): \((mean * 1e4).rounded() / 100) %")
  }
}

do {
  switch arguments.first {
  case "networks": try networks()
  case "training" where arguments.count > 1: try training(arguments[1])
  default:
    show("usage: exactness networks [--size N] | exactness training DATA [--epochs N] [--seeds N]")
    exit(64)
  }
} catch {
  show("exactness: \(error)")
  exit(1)
}
