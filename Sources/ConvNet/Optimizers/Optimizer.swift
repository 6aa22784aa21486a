internal import ConvNetEngine
public import ConvNetGraph

/// The rule by which parameters follow their gradients, with its settings: PyTorch's `torch.optim`.
///
/// The learning rate is not part of it; it comes from a ``LearningRateSchedule`` at each step.
///
/// ```swift
/// Optimizer.sgd(momentum: 0.9, nesterov: true, weightDecay: 5e-4)
/// ```
public enum Optimizer: Hashable, Sendable {
  /// Stochastic gradient descent: `torch.optim.SGD`.
  case sgd(
    momentum: Double = 0, dampening: Double = 0, nesterov: Bool = false, weightDecay: Double = 0)
  /// Adam with its weight decay added to the gradient: `torch.optim.Adam`.
  ///
  /// Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015).
  case adam(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0)
  /// Adam with decoupled weight decay: `torch.optim.AdamW`.
  ///
  /// Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).
  case adamW(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.01)
  /// Gradients divided by a running average of their size: `torch.optim.RMSprop`.
  case rmsprop(
    alpha: Double = 0.99, epsilon: Double = 1e-8, momentum: Double = 0, centered: Bool = false,
    weightDecay: Double = 0)

  /// The rule's name on the command line and in files.
  public var name: String {
    switch self {
    case .sgd: "sgd"
    case .adam: "adam"
    case .adamW: "adamw"
    case .rmsprop: "rmsprop"
    }
  }

  /// The names of the rows of memory that the rule keeps per parameter, each of the parameter's size;
  /// PyTorch's names.
  public var momentNames: [String] {
    switch self {
    case .sgd(let momentum, _, _, _): momentum == 0 ? [] : ["momentum_buffer"]
    case .adam, .adamW: ["exp_avg", "exp_avg_sq"]
    case .rmsprop(_, _, let momentum, let centered, _):
      ["square_avg"] + (centered ? ["grad_avg"] : [])
        + (momentum != 0 ? ["momentum_buffer"] : [])
    }
  }

  /// How strongly parameters are drawn to zero.
  public var weightDecay: Double {
    switch self {
    case .sgd(_, _, _, let decay), .adam(_, _, _, let decay), .adamW(_, _, _, let decay),
      .rmsprop(_, _, _, _, let decay):
      decay
    }
  }

  /// One step's numbers.
  ///
  /// - Parameters:
  ///   - step: counts from 1.
  ///   - learningRate: the schedule's rate at this step.
  ///   - decays: whether weight decay acts on the parameter.
  func rule(step: Int, learningRate: Double, decays: Bool) -> OptimizerRule {
    let decay = decays ? weightDecay : 0
    switch self {
    case .sgd(let momentum, let dampening, let nesterov, _):
      // PyTorch starts the velocity with the first gradient itself.
      return .sgd(
        rate: Float(learningRate), momentum: Float(momentum),
        gradientShare: Float(step == 1 ? 1 : 1 - dampening), nesterov: nesterov,
        weightDecay: Float(decay))
    case .adam(let beta1, let beta2, let epsilon, _):
      return Optimizer.adam(
        beta1, beta2, epsilon, step: step, learningRate: learningRate, decay: decay, shrink: 0)
    case .adamW(let beta1, let beta2, let epsilon, _):
      return Optimizer.adam(
        beta1, beta2, epsilon, step: step, learningRate: learningRate, decay: 0, shrink: decay)
    case .rmsprop(let alpha, let epsilon, let momentum, let centered, _):
      return .rmsprop(
        rate: Float(learningRate), alpha: Float(alpha), oneMinusAlpha: Float(1 - alpha),
        epsilon: Float(epsilon), weightDecay: Float(decay), momentum: Float(momentum),
        isCentered: centered)
    }
  }

  private static func adam(
    _ beta1: Double, _ beta2: Double, _ epsilon: Double, step: Int, learningRate: Double,
    decay: Double, shrink: Double
  ) -> OptimizerRule {
    let correction1 = 1 - Double.pow(beta1, Double(step))
    let correction2 = 1 - Double.pow(beta2, Double(step))
    return .adam(
      rate: Float(learningRate / correction1), oneMinusBeta1: Float(1 - beta1),
      beta2: Float(beta2), oneMinusBeta2: Float(1 - beta2),
      rootCorrection: Float(correction2.squareRoot()), epsilon: Float(epsilon),
      weightDecay: Float(decay), keep: Float(1 - learningRate * shrink))
  }
}

extension Optimizer {
  /// Checks the settings' ranges.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` naming the setting and its range.
  public func validate() throws(ConvNetError) {
    func check(
      _ what: String, _ value: Double, _ range: String, _ isIn: (Double) -> Bool
    ) throws(ConvNetError) {
      guard value.isFinite, isIn(value) else {
        throw ConvNetError(
          .invalidArgument, "optimizer \(name): \(what) \(value) is not possible",
          reason: "it must be \(range)")
      }
    }
    try check("weight decay", weightDecay, "at least 0") { $0 >= 0 }
    switch self {
    case .sgd(let momentum, let dampening, let nesterov, _):
      try check("momentum", momentum, "in 0..<1") { $0 >= 0 && $0 < 1 }
      try check("dampening", dampening, "in 0...1") { $0 >= 0 && $0 <= 1 }
      if nesterov, momentum == 0 || dampening != 0 {
        throw ConvNetError(
          .invalidArgument, "optimizer sgd: Nesterov's form needs a momentum and no dampening")
      }
    case .adam(let beta1, let beta2, let epsilon, _), .adamW(let beta1, let beta2, let epsilon, _):
      try check("beta1", beta1, "in 0..<1") { $0 >= 0 && $0 < 1 }
      try check("beta2", beta2, "in 0..<1") { $0 >= 0 && $0 < 1 }
      try check("epsilon", epsilon, "above 0") { $0 > 0 }
    case .rmsprop(let alpha, let epsilon, let momentum, _, _):
      try check("alpha", alpha, "in 0..<1") { $0 >= 0 && $0 < 1 }
      try check("epsilon", epsilon, "above 0") { $0 > 0 }
      try check("momentum", momentum, "in 0..<1") { $0 >= 0 && $0 < 1 }
    }
  }
}
