/// Two-dimensional convolution (cross-correlation, as in PyTorch): slide kernels over an image,
/// multiply element by element, and add everything up.
///
///     y[b, o, i, j] = bias[o] + sum over c, u, v of
///                     w[o, c, u, v] * x[b, c, i*S + u*D - P, j*S + v*D - P]
///
/// Cells outside the image count as 0. With `groups` G the channels are cut into G parts that do not
/// see each other; G = C_in is a depthwise convolution.
///
/// Inputs: x `[B, C_in, H, W]`, w `[C_out, C_in/G, K_h, K_w]`, optionally bias `[C_out]`.
/// Output: `[B, C_out, H_out, W_out]` by ``SlidingWindow``. Source: PyTorch's `Conv2d` page; Dumoulin
/// and Visin, "A guide to convolution arithmetic for deep learning" (2016).
public struct Conv2dOperation: Operation {
  /// The field's name.
  public static let name = "Conv2d"
  /// The step S.
  public var stride: Size2D
  /// The padding P.
  public var padding: Padding2D
  /// The distance D between a kernel's cells.
  public var dilation: Size2D
  /// The number of groups G.
  public var groups: Int

  /// A convolution with these attributes; they are checked when it is applied.
  public init(
    stride: Size2D = Size2D(1), padding: Padding2D = 0.padding2D, dilation: Size2D = Size2D(1),
    groups: Int = 1
  ) {
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  /// `s1 p1`, with dilation and groups where they are not 1.
  public var details: String {
    var text = "s\(stride) p\(padding)"
    if dilation != Size2D(1) { text += " d\(dilation)" }
    if groups != 1 { text += " g\(groups)" }
    return text
  }

  /// `[B, C_out, H_out, W_out]`.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...3)
    let (x, w) = (inputs[0], inputs[1])
    try Arity.checkRank(x, Self.name, 4, layout: "[B, C, H, W]")
    try Arity.checkRank(w, Self.name, 4, layout: "weights [C_out, C_in/groups, K_h, K_w]")
    guard groups >= 1, w[0] >= 1, w[0] % groups == 0 else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot cut \(w[0]) output channels into \(groups) groups",
        advice: "groups must be at least 1 and divide both channel counts")
    }
    guard x[1] % groups == 0, x[1] == w[1] * groups else {
      let expected = w[1].multipliedReportingOverflow(by: groups).partialValue
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) expects \(expected) input channels, got \(x[1])",
        reason: "weights are \(w) with \(groups) group\(groups == 1 ? "" : "s")",
        advice: groups == 1
          ? "set inChannels: \(x[1]), or put a layer with \(expected) output channels before it"
          : "inChannels must be \(x[1]) and divisible by groups")
    }
    if inputs.count == 3 {
      try Arity.checkShape(inputs[2], Self.name, "a bias", [w[0]])
    }
    let size = try window(weights: w).outputSize(of: Size2D(height: x[2], width: x[3]))
    return [[x[0], w[0], size.height, size.width]]
  }

  /// The window that slides, for weights of this shape.
  public func window(weights: Shape) -> SlidingWindow {
    SlidingWindow(
      kernel: Size2D(height: weights[2], width: weights[3]), stride: stride, padding: padding,
      dilation: dilation)
  }

  /// C_in/G * K_h * K_w for every number of the output.
  public func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int {
    outputs[0].count * inputs[1][1] * inputs[1][2] * inputs[1][3]
  }

  /// The sliding window; the kernel's size comes from the weights.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep {
    .window(window(weights: inputs[1]))
  }

  /// The sentence of the primer as loops.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let (x, w) = (inputs[0].elements, inputs[1].elements)
    let geometry = Conv2dGeometry(self, x: inputs[0].shape, w: inputs[1].shape, y: outputs[0])
    var y = ReferenceArray<Scalar>(outputs[0])
    geometry.forEachOutput { output, channel, positions in
      var sum: Scalar = inputs.count == 3 ? inputs[2].elements[channel] : 0
      positions { input, weight in sum += x[input] * w[weight] }
      y.elements[output] = sum
    }
    return [y]
  }

  /// To the image: a ``Conv2dInputGradient``; to the weights: a ``Conv2dWeightGradient``; to
  /// the bias: the sum over batch and positions.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let g = context.outputGradient
    var gradients = [
      context.gradient(0) {
        g.applying(
          Conv2dInputGradient(
            convolution: self,
            inputSize: Size2D(
              height: context.inputs[0].shape[2], width: context.inputs[0].shape[3])),
          context.inputs[1])
      },
      context.gradient(1) {
        context.inputs[0].applying(
          Conv2dWeightGradient(
            convolution: self,
            kernelSize: Size2D(
              height: context.inputs[1].shape[2], width: context.inputs[1].shape[3])), g)
      },
    ]
    if context.inputs.count == 3 {
      gradients.append(context.gradient(2) { g.applying(ChannelSum()) })
    }
    return gradients
  }
}

/// The gradient of a convolution with respect to its image.
///
/// Inputs: g `[B, C_out, H_out, W_out]`, w `[C_out, C_in/G, K_h, K_w]`. Output: `[B, C_in, H, W]`: each
/// number of g is spread over the cells that its window read.
public struct Conv2dInputGradient: GradientOperation {
  /// The field's name.
  public static let name = "Conv2dInputGradient"
  /// The convolution whose gradient this is.
  public var convolution: Conv2dOperation
  /// H and W of the convolution's image.
  public var inputSize: Size2D

  /// The gradient of a convolution of an image of this size.
  public init(convolution: Conv2dOperation, inputSize: Size2D) {
    self.convolution = convolution
    self.inputSize = inputSize
  }

  /// `[B, C_in, H, W]`.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    try Arity.checkRank(inputs[0], Self.name, 4, layout: "[B, C, H, W]")
    try Arity.checkRank(inputs[1], Self.name, 4, layout: "weights [C_out, C_in/groups, K_h, K_w]")
    let channels = inputs[1][1].multipliedReportingOverflow(by: convolution.groups)
    let shape = try Shape(validating: [
      inputs[0][0], channels.overflow ? -1 : channels.partialValue, inputSize.height,
      inputSize.width,
    ])
    let forward = try convolution.outputShapes(for: [shape, inputs[1]])
    try Arity.checkShape(inputs[0], Self.name, "a gradient", forward[0])
    return [shape]
  }

  /// As the convolution.
  public func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int {
    inputs[0].count * inputs[1][1] * inputs[1][2] * inputs[1][3]
  }

  /// The forward loops with x and y exchanged.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let (g, w) = (inputs[0].elements, inputs[1].elements)
    let geometry = Conv2dGeometry(
      convolution, x: outputs[0], w: inputs[1].shape, y: inputs[0].shape)
    var x = ReferenceArray<Scalar>(outputs[0])
    geometry.forEachOutput { output, _, positions in
      positions { input, weight in x.elements[input] += g[output] * w[weight] }
    }
    return [x]
  }
}

/// The gradient of a convolution with respect to its weights.
///
/// Inputs: x `[B, C_in, H, W]`, g `[B, C_out, H_out, W_out]`. Output: `[C_out, C_in/G, K_h, K_w]`: each
/// weight gathers the products of the cells it met with the gradient of what it contributed to.
public struct Conv2dWeightGradient: GradientOperation {
  /// The field's name.
  public static let name = "Conv2dWeightGradient"
  /// The convolution whose gradient this is.
  public var convolution: Conv2dOperation
  /// K_h and K_w.
  public var kernelSize: Size2D

  /// The gradient of a convolution with kernels of this size.
  public init(convolution: Conv2dOperation, kernelSize: Size2D) {
    self.convolution = convolution
    self.kernelSize = kernelSize
  }

  /// `[C_out, C_in/G, K_h, K_w]`.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    try Arity.checkRank(inputs[0], Self.name, 4, layout: "[B, C, H, W]")
    try Arity.checkRank(inputs[1], Self.name, 4, layout: "a gradient [B, C, H, W]")
    let shape = try Shape(validating: [
      inputs[1][1], inputs[0][1] / max(convolution.groups, 1), kernelSize.height, kernelSize.width,
    ])
    let forward = try convolution.outputShapes(for: [inputs[0], shape])
    try Arity.checkShape(inputs[1], Self.name, "a gradient", forward[0])
    return [shape]
  }

  /// As the convolution.
  public func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int {
    inputs[1].count * outputs[0][1] * outputs[0][2] * outputs[0][3]
  }

  /// The forward loops with w and y exchanged.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let (x, g) = (inputs[0].elements, inputs[1].elements)
    let geometry = Conv2dGeometry(
      convolution, x: inputs[0].shape, w: outputs[0], y: inputs[1].shape)
    var w = ReferenceArray<Scalar>(outputs[0])
    geometry.forEachOutput { output, _, positions in
      positions { input, weight in w.elements[weight] += x[input] * g[output] }
    }
    return [w]
  }
}

/// Which input cells and weights meet in each number of a convolution's output: the one place that
/// all three directions take their indices from.
struct Conv2dGeometry {
  let stride: Size2D
  let dilation: Size2D
  let sides: Padding2D.Sides
  let x: Shape
  let w: Shape
  let y: Shape
  let groups: Int

  init(_ convolution: Conv2dOperation, x: Shape, w: Shape, y: Shape) {
    stride = convolution.stride
    dilation = convolution.dilation
    sides = convolution.window(weights: w).sides(for: Size2D(height: x[2], width: x[3]))
    groups = convolution.groups
    (self.x, self.w, self.y) = (x, w, y)
  }

  /// Calls `body` once per output number with its index, its channel, and a function that visits the
  /// (input, weight) index pairs that make it; cells of the padding are left out.
  @inline(__always)
  func forEachOutput(
    _ body: (_ output: Int, _ channel: Int, _ positions: ((Int, Int) -> Void) -> Void) -> Void
  ) {
    let (inputChannels, kernelHeight, kernelWidth) = (w[1], w[2], w[3])
    let (height, width) = (x[2], x[3])
    let (allInputChannels, outputsPerGroup) = (x[1], y[1] / groups)
    var output = 0
    for image in 0..<y[0] {
      for channel in 0..<y[1] {
        let firstInput = channel / outputsPerGroup * inputChannels
        for row in 0..<y[2] {
          for column in 0..<y[3] {
            body(output, channel) { visit in
              for c in 0..<inputChannels {
                for u in 0..<kernelHeight {
                  let i = row * stride.height + u * dilation.height - sides.top
                  guard i >= 0, i < height else { continue }
                  for v in 0..<kernelWidth {
                    let j = column * stride.width + v * dilation.width - sides.left
                    guard j >= 0, j < width else { continue }
                    visit(
                      ((image * allInputChannels + firstInput + c) * height + i) * width + j,
                      ((channel * inputChannels + c) * kernelHeight + u) * kernelWidth + v)
                  }
                }
              }
            }
            output += 1
          }
        }
      }
    }
  }
}
