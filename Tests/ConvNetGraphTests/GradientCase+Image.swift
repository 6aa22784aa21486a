import ConvNetGraph

extension GradientCase {
  static let images: [GradientCase] = padding + resizing + reduction + dropout

  private static let padding: [GradientCase] = [
    GradientCase(
      PadOperation.self, "constant", input: [2, 2, 3, 4],
      layer: ConstantPad2d(Padding2D.sides(top: 0, bottom: 2, left: 1, right: 3), value: 0.5)),
    GradientCase(
      PadOperation.self, "reflect", input: [1, 2, 3, 4],
      layer: ReflectionPad2d(Padding2D.sides(top: 2, bottom: 1, left: 3, right: 2))),
    GradientCase(
      PadOperation.self, "replicate", input: [1, 2, 3, 4],
      layer: ReplicationPad2d(Padding2D.sides(top: 5, bottom: 1, left: 0, right: 2))),
    GradientCase(
      PadOperation.self, "circular", input: [1, 2, 3, 4],
      layer: CircularPad2d(Padding2D.sides(top: 3, bottom: 1, left: 4, right: 2))),
    GradientCase(
      PadOperation.self, "in front of a convolution", input: [1, 2, 4, 5],
      layer: Conv2d(
        inChannels: 2, outChannels: 3, kernelSize: 3, padding: .same, paddingMode: .reflect)),
  ]

  private static let resizing: [GradientCase] = [
    GradientCase(
      ResizeOperation.self, "nearest, twice as large", input: [1, 2, 3, 4],
      layer: Upsample(scaleFactor: 2)),
    GradientCase(
      ResizeOperation.self, "nearest, to a size", input: [1, 2, 5, 4],
      layer: Upsample(size: Size2D(height: 3, width: 7))),
    GradientCase(
      ResizeOperation.self, "bilinear, by 1.7", input: [2, 1, 3, 4],
      layer: Upsample(scaleFactor: 1.7, mode: .bilinear)),
    GradientCase(
      ResizeOperation.self, "bilinear, smaller", input: [1, 2, 7, 6],
      layer: Upsample(size: Size2D(height: 3, width: 4), mode: .bilinear)),
    GradientCase(
      ResizeOperation.self, "bilinear, corners aligned", input: [1, 2, 3, 4],
      layer: Upsample(size: Size2D(height: 5, width: 1), mode: .bilinear, alignCorners: true)),
  ]

  private static let reduction: [GradientCase] = [
    GradientCase(ReduceMeanOperation.self, "over positions") {
      try Graph(input: [2, 3, 2, 4]) { F.mean($0, dims: [2, -1]) }
    },
    GradientCase(ReduceMeanOperation.self, "of everything") {
      try Graph(input: [2, 3, 4]) { F.mean($0) }
    },
    GradientCase(ReduceSumOperation.self, "over batch and channels, kept") {
      try Graph(input: [2, 3, 2, 2]) { F.sum($0, dims: [1, 0], keepDims: true) }
    },
    GradientCase(ReduceSumOperation.self, "over the middle") {
      try Graph(input: [2, 3, 4]) { F.sum($0, dims: [1]) }
    },
  ]

  private static let dropout: [GradientCase] = [
    GradientCase(DropoutOperation.self, "outside training", input: [2, 3, 2], layer: Dropout(0.3)),
    GradientCase(DropoutMask.self, "while training") {
      try Graph(input: [4, 9]) { F.dropout(F.tanh($0), p: 0.3) }.trainingForm()
    },
    GradientCase(DropoutMask.self, "of channels while training") {
      try Graph(input: [4, 5, 2, 2]) { F.dropout2d(F.tanh($0), p: 0.5) }.trainingForm()
    },
  ]
}
