/// Checks that every operation's shape function starts with.
enum Arity {
  /// The number of inputs is in the range.
  static func check(
    _ inputs: [Shape], _ operation: String, _ allowed: ClosedRange<Int>
  ) throws(ConvNetError) {
    guard allowed.contains(inputs.count) else {
      let expected =
        allowed.lowerBound == allowed.upperBound
        ? "\(allowed.lowerBound)" : "\(allowed.lowerBound) to \(allowed.upperBound)"
      throw ConvNetError(
        .invalidNetwork, "\(operation) takes \(expected) inputs, got \(inputs.count)")
    }
  }

  /// An input has this rank; `layout` names the dimensions, such as `[B, C, H, W]`.
  static func checkRank(
    _ shape: Shape, _ operation: String, _ rank: Int, layout: String
  ) throws(ConvNetError) {
    guard shape.rank == rank else {
      throw ConvNetError(
        .invalidNetwork,
        "\(operation) expects \(layout), got \(shape)",
        advice: rank == 4
          ? "images go in as [B, C, H, W]; after a flatten use linear layers only"
          : "put a flatten layer before it")
    }
  }

  /// An input has exactly this shape.
  static func checkShape(
    _ shape: Shape, _ operation: String, _ what: String, _ expected: Shape
  ) throws(ConvNetError) {
    guard shape == expected else {
      throw ConvNetError(
        .invalidNetwork, "\(operation) expects \(what) of shape \(expected), got \(shape)")
    }
  }
}
