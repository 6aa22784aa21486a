/// How the terms of a loss become one number; PyTorch's `reduction`.
public enum Reduction: String, Hashable, Sendable, Codable {
  /// Their mean.
  case mean
  /// Their sum.
  case sum
}
