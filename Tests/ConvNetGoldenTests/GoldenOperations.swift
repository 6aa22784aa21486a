import ConvNetGraph

/// How each operation of a golden set is written here: from its arguments to its outputs by name.
enum GoldenOperations {
  typealias Trace = @Sendable (GoldenArguments) throws -> [String: Value]

  static func trace(_ operation: String) -> Trace? {
    if let single = singles[operation] { return { ["y": try single($0)] } }
    return operation == "MaxPool2d" ? maxPool2d : nil
  }

  private typealias Single = @Sendable (GoldenArguments) throws -> Value

  private static let singles: [String: Single] = layers.merging(activations) { $1 }
    .merging(images) { $1 }.merging(shapes) { $1 }.merging(losses) { $1 }

  private static let maxPool2d: Trace = { arguments in
    let (kernel, x) = (try arguments.size("kernel_size"), try arguments.input())
    let (output, indices) = F.maxPool2dWithIndices(
      x, kernelSize: kernel,
      stride: arguments.has("stride") ? try arguments.size("stride") : kernel,
      padding: try arguments.padding(), dilation: try arguments.size("dilation", 1),
      ceilMode: try arguments.flag("ceil_mode", false))
    return ["y": output, "indices": indices]
  }

  private static let layers: [String: Single] = [
    "Conv2d": { arguments in
      _ = try arguments.size("kernel_size")
      _ = try arguments.flag("bias", true)
      return F.conv2d(
        try arguments.input(), weight: try arguments.input("weight"),
        bias: arguments.optional("bias"), stride: try arguments.size("stride", 1),
        padding: try arguments.padding(), dilation: try arguments.size("dilation", 1),
        groups: try arguments.int("groups", 1),
        paddingMode: try arguments.paddingMode("padding_mode"))
    },
    "ConvTranspose2d": { arguments in
      _ = try arguments.size("kernel_size")
      _ = try arguments.flag("bias", true)
      return F.convTranspose2d(
        try arguments.input(), weight: try arguments.input("weight"),
        bias: arguments.optional("bias"), stride: try arguments.size("stride", 1),
        padding: try arguments.padding(), outputPadding: try arguments.size("output_padding", 0),
        dilation: try arguments.size("dilation", 1), groups: try arguments.int("groups", 1))
    },
    "Linear": { arguments in
      _ = try arguments.flag("bias", true)
      return F.linear(
        try arguments.input(), weight: try arguments.input("weight"),
        bias: arguments.optional("bias"))
    },
    "BatchNorm2d": { arguments in
      let x = try arguments.input()
      _ = try arguments.flag("affine", true)
      // The harness rewrites the graph where the case is of the training form.
      _ = try arguments.flag("training", false)
      return F.batchNorm2d(
        x, runningMean: try arguments.input("running_mean"),
        runningVariance: try arguments.input("running_var"),
        weight: arguments.channels("weight", of: x, otherwise: 1),
        bias: arguments.channels("bias", of: x, otherwise: 0),
        epsilon: try arguments.float("eps", 1e-5), momentum: try arguments.float("momentum", 0.1))
    },
    "GroupNorm": { arguments in
      _ = try arguments.flag("affine", true)
      return F.groupNorm(
        try arguments.input(), groups: try arguments.int("num_groups"),
        weight: arguments.optional("weight"), bias: arguments.optional("bias"),
        epsilon: try arguments.float("eps", 1e-5))
    },
    "InstanceNorm2d": { arguments in
      let x = try arguments.input()
      _ = try arguments.flag("affine", false)
      return F.groupNorm(
        x, groups: x.shape[1], weight: arguments.optional("weight"),
        bias: arguments.optional("bias"), epsilon: try arguments.float("eps", 1e-5))
    },
    "LocalResponseNorm": { arguments in
      F.localResponseNorm(
        try arguments.input(), size: try arguments.int("size"),
        alpha: try arguments.float("alpha", 1e-4), beta: try arguments.float("beta", 0.75),
        k: try arguments.float("k", 1))
    },
    "Dropout": { F.dropout(try $0.input(), p: try $0.float("p", 0.5)) },
    "Dropout2d": { F.dropout2d(try $0.input(), p: try $0.float("p", 0.5)) },
  ]

  private static let activations: [String: Single] = [
    "ReLU": { F.relu(try $0.input()) },
    "ReLU6": { F.relu6(try $0.input()) },
    "Hardtanh": {
      F.clip(
        try $0.input(), minimum: try $0.float("min_val", -1), maximum: try $0.float("max_val", 1))
    },
    "LeakyReLU": {
      F.leakyReLU(try $0.input(), negativeSlope: try $0.float("negative_slope", 0.01))
    },
    "PReLU": { F.prelu(try $0.input(), weight: try $0.input("weight")) },
    "Sigmoid": { F.sigmoid(try $0.input()) },
    "Tanh": { F.tanh(try $0.input()) },
    "SiLU": { F.silu(try $0.input()) },
    "Hardsigmoid": { F.hardsigmoid(try $0.input()) },
    "Hardswish": { F.hardswish(try $0.input()) },
    "GELU": {
      F.gelu(
        try $0.input(),
        approximate: try $0.choice("approximate", GELUOperation.Approximation.none))
    },
    "ELU": { F.elu(try $0.input(), alpha: try $0.float("alpha", 1)) },
    "Softplus": {
      F.softplus(
        try $0.input(), beta: try $0.float("beta", 1), threshold: try $0.float("threshold", 20))
    },
    "Softmax": { F.softmax(try $0.input(), dim: try $0.int("dim")) },
    "LogSoftmax": { F.logSoftmax(try $0.input(), dim: try $0.int("dim")) },
    "Exp": { F.exp(try $0.input()) },
    "Log": { F.log(try $0.input()) },
    "Sqrt": { F.sqrt(try $0.input()) },
    "Abs": { F.abs(try $0.input()) },
  ]

  private static let images: [String: Single] = [
    "AvgPool2d": { arguments in
      let kernel = try arguments.size("kernel_size")
      return F.avgPool2d(
        try arguments.input(), kernelSize: kernel,
        stride: arguments.has("stride") ? try arguments.size("stride") : kernel,
        padding: try arguments.padding(), ceilMode: try arguments.flag("ceil_mode", false),
        countIncludePad: try arguments.flag("count_include_pad", true),
        divisorOverride: arguments.has("divisor_override")
          ? try arguments.int("divisor_override") : nil)
    },
    "AdaptiveAvgPool2d": {
      F.adaptiveAvgPool2d(try $0.input(), outputSize: try $0.size("output_size"))
    },
    "AdaptiveMaxPool2d": {
      F.adaptiveMaxPool2d(try $0.input(), outputSize: try $0.size("output_size"))
    },
    "Upsample": { arguments in
      let mode: ResizeOperation.Mode = try arguments.choice("mode", .nearest)
      let alignCorners = try arguments.flag("align_corners", false)
      if arguments.has("size") {
        return F.interpolate(
          try arguments.input(), size: try arguments.size("size"), mode: mode,
          alignCorners: alignCorners)
      }
      return F.interpolate(
        try arguments.input(), scaleFactor: try arguments.double("scale_factor"), mode: mode,
        alignCorners: alignCorners)
    },
    "Pad2d": { arguments in
      F.pad(
        try arguments.input(), try arguments.ints("padding_left_right_top_bottom"),
        mode: try arguments.choice("mode", .constant), value: try arguments.float("value", 0))
    },
  ]

  private static let shapes: [String: Single] = [
    "Flatten": {
      F.flatten(
        try $0.input(), startDim: try $0.int("start_dim", 1), endDim: try $0.int("end_dim", -1))
    },
    "Concat": { F.cat(try $0.numbered(), dim: try $0.int("dim", 0)) },
    "Add": { try $0.input("x0") + $0.input("x1") },
    "Sub": { try $0.input("x0") - $0.input("x1") },
    "Mul": { try $0.input("x0") * $0.input("x1") },
    "Div": { try $0.input("x0") / $0.input("x1") },
    "Mean": {
      F.mean(
        try $0.input(), dims: try $0.ints("dim", []), keepDims: try $0.flag("keepdim", false))
    },
    "Sum": {
      F.sum(try $0.input(), dims: try $0.ints("dim", []), keepDims: try $0.flag("keepdim", false))
    },
    "Reshape": { F.reshape(try $0.input(), try $0.ints("shape")) },
    "Permute": { F.permute(try $0.input(), try $0.ints("dims")) },
    "Transpose": { F.transpose(try $0.input(), try $0.int("dim0"), try $0.int("dim1")) },
  ]

  private static let losses: [String: Single] = [
    "CrossEntropyLoss": { arguments in
      F.crossEntropy(
        try arguments.input(), try arguments.input("target"),
        weight: arguments.optional("weight"),
        ignoreIndex: try arguments.int("ignore_index", -100),
        labelSmoothing: try arguments.float("label_smoothing", 0),
        reduction: try arguments.choice("reduction", .mean))
    },
    "NLLLoss": { arguments in
      F.nllLoss(
        try arguments.input(), try arguments.input("target"),
        weight: arguments.optional("weight"),
        ignoreIndex: try arguments.int("ignore_index", -100),
        reduction: try arguments.choice("reduction", .mean))
    },
    "MSELoss": {
      F.mseLoss(
        try $0.input(), try $0.input("target"), reduction: try $0.choice("reduction", .mean))
    },
    "L1Loss": {
      F.l1Loss(
        try $0.input(), try $0.input("target"), reduction: try $0.choice("reduction", .mean))
    },
    "SmoothL1Loss": {
      F.smoothL1Loss(
        try $0.input(), try $0.input("target"), beta: try $0.float("beta", 1),
        reduction: try $0.choice("reduction", .mean))
    },
    "BCEWithLogitsLoss": {
      F.binaryCrossEntropyWithLogits(
        try $0.input(), try $0.input("target"), reduction: try $0.choice("reduction", .mean))
    },
  ]
}
