internal import CConvNetKernels
public import ConvNetGraph

/// The updates of parameters by the kernels of one instruction set.
public struct OptimizerKernels: Sendable {
  private let table: KernelTable

  /// What one call works on: equally long rows of a parameter, its gradient and its moments.
  public struct Piece {
    /// The parameter's elements, which are changed.
    public var parameter: UnsafeMutablePointer<Float>
    /// The loss's gradient.
    public var gradient: UnsafePointer<Float>
    /// The rule's memory, nil where it has none, which is changed.
    public var moments: Moments
    /// The number of elements.
    public var count: Int

    /// Up to three rows of memory.
    public typealias Moments = (
      UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?
    )

    /// A piece of a parameter.
    public init(
      parameter: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, moments: Moments,
      count: Int
    ) {
      self.parameter = parameter
      self.gradient = gradient
      self.moments = moments
      self.count = count
    }
  }

  /// The kernels of an instruction set; of `CONVNET_ISA` or the best where the name is nil.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where there are none.
  public init(instructionSet: String? = nil) throws(ConvNetError) {
    table = try InstructionSet.table(instructionSet)
  }

  /// Updates a piece; the gradient counts `gradientScale` times (clipping).
  public func update(_ piece: Piece, by rule: OptimizerRule, gradientScale: Float) {
    let kernels = table.pointer.pointee.optimizer.pointee
    let count = Int64(piece.count)
    switch rule {
    case .sgd(let rate, let momentum, let gradientShare, let nesterov, let weightDecay):
      kernels.sgd(
        cn_sgd(
          rate: rate, momentum: momentum, gradient_share: gradientShare,
          weight_decay: weightDecay, gradient_scale: gradientScale, nesterov: nesterov),
        piece.parameter, piece.gradient, momentum == 0 ? nil : piece.moments.0, count)
    case .adam(
      let rate, let oneMinusBeta1, let beta2, let oneMinusBeta2, let rootCorrection, let epsilon,
      let weightDecay, let keep):
      guard let mean = piece.moments.0, let square = piece.moments.1 else { return }
      kernels.adam(
        cn_adam(
          rate: rate, one_minus_beta1: oneMinusBeta1, beta2: beta2,
          one_minus_beta2: oneMinusBeta2, root_correction: rootCorrection, epsilon: epsilon,
          weight_decay: weightDecay, keep: keep, gradient_scale: gradientScale),
        piece.parameter, piece.gradient, mean, square, count)
    case .rmsprop(
      let rate, let alpha, let oneMinusAlpha, let epsilon, let weightDecay, let momentum,
      let isCentered):
      guard let square = piece.moments.0 else { return }
      kernels.rmsprop(
        cn_rmsprop(
          rate: rate, alpha: alpha, one_minus_alpha: oneMinusAlpha, epsilon: epsilon,
          weight_decay: weightDecay, momentum: momentum, gradient_scale: gradientScale),
        piece.parameter, piece.gradient, square, isCentered ? piece.moments.1 : nil,
        momentum == 0 ? nil : isCentered ? piece.moments.2 : piece.moments.1, count)
    }
  }

  /// The sum of squares of numbers, added in an order that depends on their count only.
  public func sumOfSquares(_ numbers: UnsafePointer<Float>, count: Int) -> Double {
    let kernels = table.pointer.pointee.reduction.pointee
    let grains = cn_grain_count(Int64(count))
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, Int(grains))) { sums in
      guard let base = sums.baseAddress, grains > 0 else { return 0 }
      kernels.partial_sums(CN_SUM_OF_SQUARES, numbers, nil, Int64(count), base, 0, grains)
      return kernels.merge_partials(base, grains)
    }
  }
}
