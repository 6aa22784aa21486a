internal import ConvNet
internal import ConvNetTerminal

/// The option table of `convnet train`.
enum TrainOptions {
  // Network
  static let usualArchitecture = "primer"
  static let architecture = Option<String?>.text(
    "arch", "NAME", rule: .choice(Zoo.names),
    defaultText: "\(usualArchitecture), or the pretrained one's", "the network to train")
  static let pretrained = Option<String?>.text(
    "pretrained", "FILE", rule: .nameOrFile(PretrainedModel.names),
    "weights to begin with: a model or ONNX file, a state dict of PyTorch, or a pretrained network's "
      + "name; layers of other shapes, as the one for the classes, begin anew")
  static let freeze = Option<Int>.integer(
    "freeze", "N", 0...100_000, default: 0,
    "the layers with weights, from the first one on, that stay as they are")
  static let size = Option<[Int]?>.sizes(
    "size", "HxW", count: 1...2, each: 1...4096,
    defaultText: "the pictures' own for MNIST and CIFAR files, else the network's",
    "the pixels that pictures are cut to; one number for both sides")

  // Training
  static let epochs = Option<Int>.integer(
    "epochs", "N", 1...1_000_000, default: 30, "how often every picture is seen")
  static let time = Option<Double?>.duration(
    "time", "T", 1...31_536_000, "the time after which training ends, such as 20m")
  static let batch = Option<Int>.integer(
    "batch", "N", 1...65_536, default: 128, "pictures per step")
  static let optimizer = Option<String>.text(
    "opt", "NAME", rule: .choice(Optimizer.names), default: "sgd", "the rule of the updates")
  static let learningRate = Option<Double?>.number(
    "lr", "X", .positive, keyword: "auto",
    "the highest learning rate; auto: 0.05 for 128 pictures per step with sgd, 0.001 otherwise, a "
      + "fifth of that with --pretrained")
  static let momentum = Option<Double>.number(
    "momentum", "X", NumberRange(from: 0, to: 1, includesHighest: false), default: 0.9,
    "the momentum of sgd (Nesterov's) and rmsprop")
  static let schedule = Option<String>.text(
    "sched", "NAME", rule: .choice(LearningRateSchedule.names), default: "cosine",
    "how the learning rate goes over the training; step: a tenth after each third")
  static let warmup = Option<Double>.number(
    "warmup", "X", .notNegative, default: 1, "epochs in which the learning rate rises from 0")
  static let weightDecay = Option<Double?>.number(
    "wd", "X", .notNegative, defaultText: "0.0005 with sgd, 0.01 with adamw, else 0",
    "how strongly weights are drawn to zero")
  static let labelSmoothing = Option<Double>.number(
    "label-smoothing", "X", NumberRange(from: 0, to: 1, includesHighest: false), default: 0,
    "the share of the target that is spread over all classes")
  static let augmentation = Option<String>.text(
    "augment", "NAME", rule: .choice(["none", "basic", "strong"]), default: "basic",
    "how pictures are varied; basic: shifted and mirrored; strong: also enlarged, other light, a "
      + "square blackened")
  static let noFlip = Option<Bool>.flag(
    "no-flip", "never mirror: for digits, letters and whatever has a left and a right")
  static let clip = Option<Double?>.number(
    "clip", "X", .positive, defaultText: "no limit", "the gradient's largest norm")
  static let patience = Option<Int?>.integer(
    "patience", "N", 1...1_000_000, defaultText: "never",
    "epochs without a better result after which training ends")
  static let seed = Option<Int>.integer(
    "seed", "N", 0...Int.max, default: 0, "decides on everything random")

  // Data
  static let skipBad = Option<Bool>.flag(
    "skip-bad", "pass over pictures that cannot be read and list them; otherwise they are an error")

  // Files
  static let folder = Option<String?>.text(
    "out", letter: "o", "DIR", rule: .folder, defaultText: "runs/DATE-NAME",
    "the folder for the run's files, made if needed")

  static let tensorBoard = Option<Bool>.flag(
    "tensorboard", "also write the epochs' numbers for TensorBoard")

  static let groups: [OptionGroup] = [
    OptionGroup(
      "Network",
      [
        architecture.specification, size.specification, pretrained.specification,
        freeze.specification,
      ]),
    OptionGroup(
      "Training",
      [
        epochs.specification, time.specification, batch.specification, optimizer.specification,
        learningRate.specification, momentum.specification, schedule.specification,
        warmup.specification, weightDecay.specification, labelSmoothing.specification,
        augmentation.specification, noFlip.specification, clip.specification,
        patience.specification, seed.specification,
      ]),
    OptionGroup(
      "Data", [DataArguments.validationShare.specification, skipBad.specification]),
    EngineArguments.group,
    OptionGroup("Files", [folder.specification, tensorBoard.specification]),
  ]

  /// The training's settings as the command line says.
  static func configuration(_ arguments: ParsedArguments) -> TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.epochs = arguments[epochs]
    configuration.timeLimit = arguments[time]
    configuration.batch = arguments[batch]
    configuration.optimizer = optimizer(arguments)
    let isSGD = arguments[optimizer] == "sgd"
    let usual = isSGD ? 0.05 * Double(arguments[batch]) / 128 : 0.001
    configuration.learningRate =
      arguments[learningRate] ?? (arguments[pretrained] == nil ? usual : usual / 5)
    configuration.schedule = LearningRateSchedule(
      curve(arguments), warmupEpochs: min(arguments[warmup], Double(arguments[epochs])))
    configuration.loss = .crossEntropy(labelSmoothing: arguments[labelSmoothing])
    configuration.clipNorm = arguments[clip]
    configuration.augmentation = augmentation(arguments)
    configuration.seed = UInt64(arguments[seed])
    configuration.skipsUnreadable = arguments[skipBad]
    configuration.patience = arguments[patience]
    return configuration
  }

  private static func optimizer(_ arguments: ParsedArguments) -> Optimizer {
    let decay = arguments[weightDecay]
    let momentum = arguments[momentum]
    switch arguments[optimizer] {
    case "adam": return .adam(weightDecay: decay ?? 0)
    case "adamw": return .adamW(weightDecay: decay ?? 0.01)
    case "rmsprop": return .rmsprop(momentum: momentum, weightDecay: decay ?? 0)
    default:
      // Nesterov's form is defined with momentum only.
      return .sgd(momentum: momentum, nesterov: momentum > 0, weightDecay: decay ?? 5e-4)
    }
  }

  private static func curve(_ arguments: ParsedArguments) -> LearningRateSchedule.Curve {
    switch arguments[schedule] {
    case "constant": .constant
    case "step": .step(epochs: max(1, (Double(arguments[epochs]) / 3).rounded(.up)))
    case "onecycle": .oneCycle()
    default: .cosine()
    }
  }

  private static func augmentation(_ arguments: ParsedArguments) -> Augmentation {
    var augmentation: Augmentation =
      switch arguments[augmentation] {
      case "none": .none
      case "strong": .strong
      default: .basic
      }
    if arguments[noFlip] { augmentation.flips = false }
    return augmentation
  }
}
