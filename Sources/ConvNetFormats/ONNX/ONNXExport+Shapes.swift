internal import ConvNetGraph

extension ONNXExporter {
  // MARK: Shapes

  func writeShape(
    _ operation: any Operation, _ inputs: [String], _ shapes: [Shape], _ output: [Shape]
  ) -> String? {
    switch operation {
    case is PReLUOperation:
      guard shapes[1] != [1] else { return emit("PRelu", inputs) }
      let column = [shapes[1][0]] + [Int](repeating: 1, count: shapes[0].rank - 2)
      return emit("PRelu", [inputs[0], emit("Reshape", [inputs[1], integers(column)])])
    case let flatten as FlattenOperation:
      if flatten.startDim == 1, flatten.endDim == -1 || flatten.endDim == shapes[0].rank - 1 {
        return emit("Flatten", inputs, [.integer("axis", 1)])
      }
      let rank = shapes[0].rank
      guard rank > 0 else { return emit("Reshape", [inputs[0], integers([1])]) }
      let start = flatten.startDim < 0 ? flatten.startDim + rank : flatten.startDim
      let end = flatten.endDim < 0 ? flatten.endDim + rank : flatten.endDim
      let sizes = [Int](repeating: 0, count: start) + [-1] + shapes[0].dimensions[(end + 1)...]
      return emit("Reshape", [inputs[0], integers(sizes)])
    case let reshape as ReshapeOperation:
      return emit("Reshape", [inputs[0], integers(reshape.shape)])
    case let transpose as TransposeOperation:
      let rank = shapes[0].rank
      return emit(
        "Transpose", inputs,
        [.integers("perm", transpose.permutation.map { $0 < 0 ? $0 + rank : $0 })])
    case let concat as ConcatOperation:
      return emit("Concat", inputs, [.integer("axis", concat.dim)])
    case let slice as SliceOperation:
      return emit(
        "Slice",
        [
          inputs[0], integers(slice.ranges.map(\.start)), integers(slice.ranges.map(\.end)),
          integers(slice.ranges.map(\.dim)), integers(slice.ranges.map(\.step)),
        ])
    case let expand as ExpandOperation:
      return emit("Expand", [inputs[0], integers(expand.shape.map { $0 == -1 ? 1 : $0 })])
    case let pad as PadOperation: return self.pad(pad, inputs[0], shapes[0])
    case let resize as ResizeOperation: return self.resize(resize, inputs[0])
    case let interpolate as InterpolateOperation:
      return self.interpolate(interpolate, inputs[0], shapes[0], output[0])
    case let reduce as ReduceSumOperation:
      return emit(
        "ReduceSum", reduce.dims.isEmpty ? inputs : [inputs[0], integers(reduce.dims)],
        [.integer("keepdims", reduce.keepDims ? 1 : 0)])
    case let reduce as ReduceMeanOperation:
      return self.reduce("ReduceMean", inputs, reduce.dims, reduce.keepDims)
    case let reduce as ReduceMaxOperation:
      return self.reduce("ReduceMax", inputs, reduce.dims, reduce.keepDims)
    case let reduce as ReduceProdOperation:
      return self.reduce("ReduceProd", inputs, reduce.dims, reduce.keepDims)
    case let sum as CumulativeSumOperation:
      return emit(
        "CumSum", [inputs[0], integers([sum.dim], isScalar: true)],
        [
          .integer("exclusive", sum.isExclusive ? 1 : 0),
          .integer("reverse", sum.isReversed ? 1 : 0),
        ])
    default: return nil
    }
  }

  private func reduce(_ type: String, _ inputs: [String], _ dims: [Int], _ keeps: Bool) -> String {
    emit(
      type, inputs,
      (dims.isEmpty ? [] : [.integers("axes", dims)]) + [.integer("keepdims", keeps ? 1 : 0)])
  }

  private func pad(_ pad: PadOperation, _ x: String, _ shape: Shape) -> String {
    let plain = [Int](repeating: 0, count: shape.rank - pad.before.count)
    guard pad.mode != .circular else {
      // Version 17 has no mode for it: the other side's cells stand in front and behind.
      var result = x
      for (index, (first, last)) in zip(pad.before, pad.after).enumerated() {
        let dim = plain.count + index
        func part(_ start: Int, _ end: Int) -> String {
          emit("Slice", [result, integers([start]), integers([end]), integers([dim])])
        }
        let parts = [
          first > 0 ? part(-first, Int.max) : nil, result, last > 0 ? part(0, last) : nil,
        ]
        result = emit("Concat", parts.compactMap { $0 }, [.integer("axis", dim)])
      }
      return result
    }
    let mode =
      switch pad.mode {
      case .reflect: "reflect"
      case .replicate: "edge"
      default: "constant"
      }
    let pads = integers(plain + pad.before + plain + pad.after)
    return emit("Pad", [x, pads, number(pad.value)], [.text("mode", mode)])
  }

  private func resize(_ resize: ResizeOperation, _ x: String) -> String {
    let attributes: [Attribute] =
      switch resize.mode {
      case .nearest:
        [
          .text("mode", "nearest"), .text("coordinate_transformation_mode", "asymmetric"),
          .text("nearest_mode", "floor"),
        ]
      case .bilinear:
        [
          .text("mode", "linear"),
          .text(
            "coordinate_transformation_mode",
            resize.alignCorners ? "align_corners" : "half_pixel"),
        ]
      }
    switch resize.target {
    case .scale(let height, let width):
      let scales = floats([4], [1, 1, Float(height), Float(width)])
      return emit("Resize", [x, "", scales], attributes)
    case .size(let size):
      // Batch and channels come from the image, so that the batch stays free.
      let front = emit("Slice", [emit("Shape", [x]), integers([0]), integers([2])])
      let sizes = emit(
        "Concat", [front, integers([size.height, size.width])], [.integer("axis", 0)])
      return emit("Resize", [x, "", "", sizes], attributes)
    }
  }

  private func interpolate(
    _ operation: InterpolateOperation, _ x: String, _ shape: Shape, _ output: Shape
  ) -> String? {
    guard !operation.antialias else { return nil }
    var attributes: [Attribute] = [
      .integer("exclude_outside", operation.excludesOutside ? 1 : 0),
      .float("extrapolation_value", operation.extrapolation),
    ]
    switch operation.mode {
    case .nearest(let rounding):
      let name =
        switch rounding {
        case .roundPreferFloor: "round_prefer_floor"
        case .roundPreferCeil: "round_prefer_ceil"
        case .floor: "floor"
        case .ceil: "ceil"
        }
      attributes += [.text("mode", "nearest"), .text("nearest_mode", name)]
    case .linear: attributes.append(.text("mode", "linear"))
    case .cubic(let a): attributes += [.text("mode", "cubic"), .float("cubic_coeff_a", a)]
    }
    switch operation.coordinates {
    case .halfPixel: attributes.append(.text("coordinate_transformation_mode", "half_pixel"))
    case .pytorchHalfPixel:
      attributes.append(.text("coordinate_transformation_mode", "pytorch_half_pixel"))
    case .alignCorners:
      attributes.append(.text("coordinate_transformation_mode", "align_corners"))
    case .asymmetric: attributes.append(.text("coordinate_transformation_mode", "asymmetric"))
    case .halfPixelSymmetric, .cropAndResize: return nil
    }
    var scales = [Float](repeating: 1, count: shape.rank)
    var hasScales = true
    for axis in operation.axes {
      let dim = axis.dim < 0 ? axis.dim + shape.rank : axis.dim
      scales[dim] = axis.scale ?? 0
      hasScales = hasScales && axis.scale != nil && axis.size == nil
    }
    return hasScales
      ? emit("Resize", [x, "", floats([shape.rank], scales)], attributes)
      : emit("Resize", [x, "", "", integers(output.dimensions)], attributes)
  }

  // MARK: Picking

  func writePicking(_ operation: any Operation, _ inputs: [String]) -> [String]? {
    func indices() -> String { cast(inputs[1], .int64) }
    func reduction(_ reduction: ScatterReduction) -> Attribute? {
      switch reduction {
      case .replace: .text("reduction", "none")
      case .add: .text("reduction", "add")
      case .multiply: .text("reduction", "mul")
      // Since version 18.
      case .maximum, .minimum: nil
      }
    }
    switch operation {
    case let arg as ArgMaxOperation:
      let places = emit(
        "ArgMax", inputs,
        [
          .integer("axis", arg.dim), .integer("keepdims", arg.keepDims ? 1 : 0),
          .integer("select_last_index", arg.selectsLast ? 1 : 0),
        ])
      return [asFloat(places)]
    case let top as TopKOperation:
      let results = emit(
        "TopK", [inputs[0], integers([top.count])],
        [.integer("axis", top.dim), .integer("largest", top.largest ? 1 : 0)], count: 2)
      return [results[0], asFloat(results[1])]
    case let gather as GatherOperation:
      return [emit("Gather", [inputs[0], indices()], [.integer("axis", gather.dim)])]
    case let gather as GatherElementsOperation:
      return [emit("GatherElements", [inputs[0], indices()], [.integer("axis", gather.dim)])]
    case let gather as GatherNDOperation:
      return [
        emit("GatherND", [inputs[0], indices()], [.integer("batch_dims", gather.batchDims)])
      ]
    case let scatter as ScatterElementsOperation:
      guard let attribute = reduction(scatter.reduction) else { return nil }
      return [
        emit(
          "ScatterElements", [inputs[0], indices(), inputs[2]],
          [.integer("axis", scatter.dim), attribute])
      ]
    case let scatter as ScatterNDOperation:
      guard let attribute = reduction(scatter.reduction) else { return nil }
      return [emit("ScatterND", [inputs[0], indices(), inputs[2]], [attribute])]
    default: return nil
    }
  }
}
