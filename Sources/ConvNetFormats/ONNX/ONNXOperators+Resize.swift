internal import ConvNetGraph

extension ONNXOperators {
  /// Changes of size.
  static let resizing: [String: Function] = [
    "Resize": resize,
    "Upsample": { context throws(ConvNetError) in
      let x = try context.value(0)
      let scales: [Float]
      if let given = try context.floats("scales") {
        scales = given
      } else {
        scales = try context.known(1, "scales").doubles.map { Float($0) }
      }
      guard scales.count == x.shape.rank else {
        throw ConvNetError(.invalidData, "it has \(scales.count) factors for \(x.shape)")
      }
      let axes = scales.enumerated().map {
        InterpolateOperation.Axis(dim: $0.offset, scale: $0.element)
      }
      let isNearest = try context.attribute("mode", "nearest") == "nearest"
      return try like(
        context,
        build(
          context, x,
          InterpolateOperation(
            axes: axes, mode: isNearest ? .nearest(.floor) : .linear, coordinates: .asymmetric)))
    },
  ]

  private static let resize: Function = { context throws(ConvNetError) in
    let x = try context.value(0)
    let rank = x.shape.rank
    let isOld = context.opset < 11
    var dims = Array(0..<rank)
    if let axes = try context.attributes("axes") {
      dims = []
      for axis in axes { dims.append(try context.dimension(axis, rank: rank)) }
    }
    let scales =
      context.has(isOld ? 1 : 2) ? try context.known(isOld ? 1 : 2, "scales").doubles : []
    let sizes = context.has(3) && !isOld ? try context.integers(3, "sizes") : []
    guard scales.count == dims.count || (scales.isEmpty && sizes.count == dims.count) else {
      throw ConvNetError(
        .invalidData,
        "it has \(scales.count) factors and \(sizes.count) sizes for \(dims.count) dimensions")
    }
    let roi = context.has(1) && !isOld ? try context.known(1, "roi").doubles : []
    var axes: [InterpolateOperation.Axis] = []
    for (index, dim) in dims.enumerated() {
      var axis =
        scales.count == dims.count
        ? InterpolateOperation.Axis(dim: dim, scale: Float(scales[index]))
        : InterpolateOperation.Axis(dim: dim, size: sizes[index])
      if roi.count == 2 * dims.count {
        axis.start = Float(roi[index])
        axis.end = Float(roi[dims.count + index])
      }
      axes.append(axis)
    }
    try keepAspectRatio(context, &axes, x.shape)
    let coordinates: InterpolateOperation.Coordinates
    let transformation = try context.attribute(
      "coordinate_transformation_mode", isOld ? "asymmetric" : "half_pixel")
    switch transformation {
    case "tf_half_pixel_for_nn": coordinates = .halfPixel
    case "half_pixel": coordinates = .halfPixel
    case "half_pixel_symmetric": coordinates = .halfPixelSymmetric
    case "pytorch_half_pixel": coordinates = .pytorchHalfPixel
    case "align_corners": coordinates = .alignCorners
    case "asymmetric": coordinates = .asymmetric
    case "tf_crop_and_resize": coordinates = .cropAndResize
    case let other: throw context.refuse("its coordinates are '\(other.escapedForDisplay)'")
    }
    var rounding: InterpolateOperation.Rounding
    switch try context.attribute("nearest_mode", isOld ? "floor" : "round_prefer_floor") {
    case "round_prefer_floor": rounding = .roundPreferFloor
    case "round_prefer_ceil": rounding = .roundPreferCeil
    case "floor": rounding = .floor
    case "ceil": rounding = .ceil
    case let other: throw context.refuse("its nearest_mode is '\(other.escapedForDisplay)'")
    }
    if transformation == "tf_half_pixel_for_nn" {
      // Half a cell further than half_pixel, which another rounding expresses.
      switch rounding {
      case .floor: rounding = .roundPreferCeil
      case .roundPreferFloor: rounding = .ceil
      default: throw context.refuse("it rounds '\(transformation)' another way than down")
      }
    }
    let mode: InterpolateOperation.Mode
    switch try context.attribute("mode", "nearest") {
    case "nearest": mode = .nearest(rounding)
    case "linear": mode = .linear
    case "cubic": mode = .cubic(try context.attribute("cubic_coeff_a", Float(-0.75)))
    case let other: throw context.refuse("its mode is '\(other.escapedForDisplay)'")
    }
    return try like(
      context,
      build(
        context, x,
        InterpolateOperation(
          axes: axes, mode: mode, coordinates: coordinates,
          excludesOutside: try context.flag("exclude_outside"),
          antialias: try context.flag("antialias"),
          extrapolation: try context.attribute("extrapolation_value", Float(0)))))
  }

  /// One factor for all dimensions, the smallest or largest that the sizes ask for.
  private static func keepAspectRatio(
    _ context: ONNXNodeContext, _ axes: inout [InterpolateOperation.Axis], _ shape: Shape
  ) throws(ConvNetError) {
    let policy = try context.attribute("keep_aspect_ratio_policy", "stretch")
    guard policy != "stretch" else { return }
    let ratios = axes.compactMap { axis in
      axis.size.map { Float($0) / Float(max(shape[axis.dim], 1)) }
    }
    guard ratios.count == axes.count,
      let ratio = policy == "not_larger" ? ratios.min() : ratios.max()
    else { return }
    for index in axes.indices {
      let size = (ratio * Float(shape[axes[index].dim])).rounded()
      guard size.isFinite, size >= 1, size < Float(Shape.maximumDimension) else {
        throw ConvNetError(.invalidNetwork, "its sizes are out of range")
      }
      axes[index].size = Int(size)
      axes[index].scale = ratio
    }
  }

  /// The operation with kernels where it is an image resized in a way that it knows.
  private static func build(
    _ context: ONNXNodeContext, _ x: Value, _ operation: InterpolateOperation
  ) -> Value {
    var operation = operation
    operation.axes.removeAll { axis in
      operation.coordinates != .cropAndResize
        && (axis.size.map { $0 == x.shape[axis.dim] } ?? true) && (axis.scale ?? 1) == 1
    }
    if operation.axes.isEmpty { return x }
    return fast(operation, x.shape).map { context.apply($0, x) } ?? context.apply(operation, x)
  }

  private static func fast(_ operation: InterpolateOperation, _ shape: Shape) -> ResizeOperation? {
    guard shape.rank == 4, operation.axes.allSatisfy({ $0.dim >= 2 }), !operation.antialias,
      !operation.excludesOutside
    else { return nil }
    var factors: [Double?] = []
    var sizes: [Int] = []
    for dim in 2...3 {
      guard let axis = operation.axes.first(where: { $0.dim == dim }) else {
        factors.append(1)
        sizes.append(shape[dim])
        continue
      }
      guard axis.size == nil || axis.scale == nil else { return nil }
      sizes.append(axis.outputSize(of: shape[dim]))
      let whole = shape[dim] > 0 && sizes[sizes.count - 1] % shape[dim] == 0
      factors.append(
        axis.scale.map(Double.init) ?? (whole ? Double(sizes[sizes.count - 1] / shape[dim]) : nil))
    }
    let target: ResizeOperation.Target =
      if let height = factors[0], let width = factors[1] {
        .scale(height: height, width: width)
      } else {
        .size(Size2D(height: sizes[0], width: sizes[1]))
      }
    let isWhole = factors.allSatisfy { factor in
      factor.map { $0 >= 1 && $0 == $0.rounded() } ?? false
    }
    switch (operation.mode, operation.coordinates) {
    case (.nearest(.floor), .asymmetric):
      return ResizeOperation(target, mode: .nearest)
    case (.nearest(.roundPreferFloor), .halfPixel), (.nearest(.roundPreferCeil), .halfPixel),
      (.nearest(.roundPreferFloor), .halfPixelSymmetric):
      // Positions are never half-way for whole factors.
      return isWhole ? ResizeOperation(target, mode: .nearest) : nil
    case (.linear, .halfPixel): return ResizeOperation(target, mode: .bilinear)
    case (.linear, .pytorchHalfPixel):
      return sizes.allSatisfy({ $0 > 1 }) ? ResizeOperation(target, mode: .bilinear) : nil
    case (.linear, .alignCorners):
      return ResizeOperation(
        .size(Size2D(height: sizes[0], width: sizes[1])), mode: .bilinear, alignCorners: true)
    default: return nil
    }
  }
}
