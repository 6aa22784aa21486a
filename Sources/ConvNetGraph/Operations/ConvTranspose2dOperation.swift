/// Transposed convolution: every number of the image paints its kernel, times itself, into a larger
/// image.
///
///     y[b, o, i*S + u*D - P, j*S + v*D - P] += x[b, c, i, j] * w[c, o, u, v],   plus bias[o]
///
/// It is the gradient of a ``Conv2dOperation`` with respect to its image, used forwards; the loops
/// are the same. Size: H_out = (H - 1)*S - 2P + D(K-1) + outputPadding + 1, and with `same` padding
/// H_out = H*S.
///
/// Inputs: x `[B, C_in, H, W]`, w `[C_in, C_out/G, K_h, K_w]`, optionally bias `[C_out]`. Output:
/// `[B, C_out, H_out, W_out]`. Source: PyTorch's `ConvTranspose2d` page; Dumoulin and Visin, "A guide
/// to convolution arithmetic for deep learning" (2016).
public struct ConvTranspose2dOperation: Operation {
  /// The field's name.
  public static let name = "ConvTranspose2d"
  /// The step S between the places of neighbouring kernels.
  public var stride: Size2D
  /// The cells P that are cut off each side.
  public var padding: Padding2D
  /// Rows and columns added at the bottom and right: of the S sizes that a convolution shrinks to
  /// the same one, this chooses which comes back.
  public var outputPadding: Size2D
  /// The distance D between a kernel's cells.
  public var dilation: Size2D
  /// The number of groups G.
  public var groups: Int

  /// A transposed convolution with these attributes; they are checked when it is applied.
  public init(
    stride: Size2D = Size2D(1), padding: Padding2D = 0.padding2D,
    outputPadding: Size2D = Size2D(0), dilation: Size2D = Size2D(1), groups: Int = 1
  ) {
    self.stride = stride
    self.padding = padding
    self.outputPadding = outputPadding
    self.dilation = dilation
    self.groups = groups
  }

  /// `s2 p1`, with output padding, dilation and groups where they change something.
  public var details: String {
    var text = "s\(stride) p\(padding)"
    if outputPadding != Size2D(0) { text += " op\(outputPadding)" }
    if dilation != Size2D(1) { text += " d\(dilation)" }
    if groups != 1 { text += " g\(groups)" }
    return text
  }

  /// `[B, C_out, H_out, W_out]`.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...3)
    let (x, w) = (inputs[0], inputs[1])
    try Arity.checkRank(x, Self.name, 4, layout: "[B, C, H, W]")
    try Arity.checkRank(w, Self.name, 4, layout: "weights [C_in, C_out/groups, K_h, K_w]")
    guard groups >= 1, w[0] >= 1, w[0] % groups == 0 else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot cut \(w[0]) input channels into \(groups) groups",
        advice: "groups must be at least 1 and divide both channel counts")
    }
    guard x[1] == w[0] else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) expects \(w[0]) input channels, got \(x[1])",
        reason: "weights are \(w): [C_in, C_out/groups, K_h, K_w]",
        advice: "set inChannels: \(x[1]), or put a layer with \(w[0]) output channels before it")
    }
    let (channels, overflow) = w[1].multipliedReportingOverflow(by: groups)
    guard !overflow else {
      throw ConvNetError(.invalidNetwork, "\(Self.name) has too many output channels")
    }
    if inputs.count == 3 {
      try Arity.checkShape(inputs[2], Self.name, "a bias", [channels])
    }
    try window(weights: w).checkNumbers()
    try checkOutputPadding()
    let size = outputSize(x.imageSize, kernel: w.imageSize)
    try checkSize(size.height, "H", x[2], stride.height, w[2], dilation.height)
    try checkSize(size.width, "W", x[3], stride.width, w[3], dilation.width)
    return [[x[0], channels, size.height, size.width]]
  }

  private func checkOutputPadding() throws(ConvNetError) {
    for (added, stride, dilation) in [
      (outputPadding.height, stride.height, dilation.height),
      (outputPadding.width, stride.width, dilation.width),
    ] {
      guard added >= 0, added < max(stride, dilation) else {
        throw ConvNetError(
          .invalidNetwork, "\(Self.name) cannot use outputPadding \(outputPadding)",
          reason: "it must be 0 or more, and smaller than the stride \(self.stride) or the "
            + "dilation \(self.dilation)")
      }
    }
  }

  private func checkSize(
    _ size: Int, _ axis: String, _ input: Int, _ stride: Int, _ kernel: Int, _ dilation: Int
  ) throws(ConvNetError) {
    guard size >= 1 else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) has no output: \(axis)_out = \(size)",
        reason: "\(axis)_out = (\(axis) - 1)*S - 2P + D(K-1) + outputPadding + 1 with "
          + "\(axis) = \(input), S = \(stride), P = \(padding), D = \(dilation), K = \(kernel), "
          + "outputPadding = \(outputPadding)", advice: "use less padding")
    }
  }

  /// H_out and W_out by the formula.
  private func outputSize(_ input: Size2D, kernel: Size2D) -> Size2D {
    guard case .sides(let top, let bottom, let left, let right) = padding else {
      return Size2D(
        height: input.height * stride.height + outputPadding.height,
        width: input.width * stride.width + outputPadding.width)
    }
    let painted = paintedSize(input, kernel: kernel)
    return Size2D(
      height: painted.height - top - bottom + outputPadding.height,
      width: painted.width - left - right + outputPadding.width)
  }

  /// H and W of what the kernels cover before anything is cut off.
  private func paintedSize(_ input: Size2D, kernel: Size2D) -> Size2D {
    func size(_ input: Int, _ stride: Int, _ dilation: Int, _ kernel: Int) -> Int {
      (input - 1) * stride + dilation * (kernel - 1) + 1
    }
    return Size2D(
      height: size(input.height, stride.height, dilation.height, kernel.height),
      width: size(input.width, stride.width, dilation.width, kernel.width))
  }

  /// The window of the convolution that this transposes, for weights of this shape.
  public func window(weights: Shape) -> SlidingWindow {
    SlidingWindow(
      kernel: weights.imageSize, stride: stride, padding: padding, dilation: dilation)
  }

  /// The convolution that this transposes; its image is this operation's output of the given size.
  public func convolution(weights: Shape, output: Size2D) -> Conv2dOperation {
    let sides = window(weights: weights).sides(for: output)
    return Conv2dOperation(
      stride: stride,
      padding: .sides(top: sides.top, bottom: sides.bottom, left: sides.left, right: sides.right),
      dilation: dilation, groups: groups)
  }

  /// C_out/G * K_h * K_w for every number of the input.
  public func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int {
    inputs[0].count * inputs[1][1] * inputs[1][2] * inputs[1][3]
  }

  /// The transposed sliding window; the kernel's size comes from the weights.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep {
    .transposedWindow(window(weights: inputs[1]))
  }

  /// The loops of the convolution's gradient.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let (x, w) = (inputs[0].elements, inputs[1].elements)
    let geometry = Conv2dGeometry(
      convolution(weights: inputs[1].shape, output: outputs[0].imageSize),
      x: outputs[0], w: inputs[1].shape, y: inputs[0].shape)
    var y = ReferenceArray<Scalar>(outputs[0])
    if inputs.count == 3 {
      let channels = ChannelGeometry(outputs[0])
      for c in 0..<channels.count {
        channels.forEachIndex(of: c) { index in y.elements[index] = inputs[2].elements[c] }
      }
    }
    geometry.forEachOutput { input, _, positions in
      positions { output, weight in y.elements[output] += x[input] * w[weight] }
    }
    return [y]
  }

  /// To the image: a convolution with the same weights; to the weights: a ``Conv2dWeightGradient``
  /// with image and gradient exchanged; to the bias: the sum over batch and positions.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let (x, w) = (context.inputs[0], context.inputs[1])
    let (convolution, g) = matchingConvolution(x: x, w: w, g: context.outputGradient)
    var gradients = [
      context.gradient(0) { g.applying(convolution, w) },
      context.gradient(1) {
        g.applying(
          Conv2dWeightGradient(convolution: convolution, kernelSize: w.shape.imageSize), x)
      },
    ]
    if context.inputs.count == 3 {
      gradients.append(context.gradient(2) { context.outputGradient.applying(ChannelSum()) })
    }
    return gradients
  }

  /// The convolution that gives x's size for the gradient g, and g as far as a kernel painted.
  ///
  /// Output padding below the stride is lost in the size formula's floor. More of it (possible with
  /// dilation) would add positions, so it is taken from the padding and then from g.
  private func matchingConvolution(x: Value, w: Value, g: Value) -> (Conv2dOperation, Value) {
    let size = g.shape.imageSize
    var convolution = convolution(weights: w.shape, output: size)
    let sides = convolution.window(weights: w.shape).sides(for: size)
    let painted = paintedSize(x.shape.imageSize, kernel: w.shape.imageSize)
    let rows = size.height + sides.top + sides.bottom - painted.height
    let columns = size.width + sides.left + sides.right - painted.width
    guard rows >= stride.height || columns >= stride.width else { return (convolution, g) }
    convolution.padding = .sides(
      top: sides.top, bottom: max(0, sides.bottom - rows), left: sides.left,
      right: max(0, sides.right - columns))
    let unpainted = Size2D(
      height: max(0, rows - sides.bottom), width: max(0, columns - sides.right))
    guard unpainted != Size2D(0) else { return (convolution, g) }
    let slice = SliceOperation([
      SliceOperation.Range(dim: 2, end: size.height - unpainted.height),
      SliceOperation.Range(dim: 3, end: size.width - unpainted.width),
    ])
    return (convolution, g.applying(slice))
  }
}
