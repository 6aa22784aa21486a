/// One step of an optimiser with all its numbers: what is done to each parameter's elements.
///
/// Every element is updated from its own gradient and its own moments alone, so a parameter may be cut
/// anywhere without changing a bit. Formulas: PyTorch's `torch.optim`.
public enum OptimizerRule: Hashable, Sendable {
  /// v = momentum v + gradientShare g; p -= rate v (or rate (g + momentum v) with Nesterov's look
  /// ahead); without momentum p -= rate g.
  case sgd(
    rate: Float, momentum: Float, gradientShare: Float, nesterov: Bool, weightDecay: Float)
  /// m += (1 - beta1)(g - m); v = beta2 v + (1 - beta2) g²; p -= rate m / (sqrt(v)/rootCorrection +
  /// epsilon). `rate` includes the correction of m's bias; `keep` is what decoupled weight decay
  /// leaves of p (1 for Adam, 1 - rate decay for AdamW).
  case adam(
    rate: Float, oneMinusBeta1: Float, beta2: Float, oneMinusBeta2: Float, rootCorrection: Float,
    epsilon: Float, weightDecay: Float, keep: Float)
  /// s = alpha s + (1 - alpha) g²; p -= rate g / (sqrt(s) + epsilon), with momentum and, where
  /// `isCentered`, the squared mean gradient taken from s.
  case rmsprop(
    rate: Float, alpha: Float, oneMinusAlpha: Float, epsilon: Float, weightDecay: Float,
    momentum: Float, isCentered: Bool)
}
