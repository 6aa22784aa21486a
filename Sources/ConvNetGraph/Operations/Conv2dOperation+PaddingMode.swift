extension Conv2dOperation {
  /// The convolution of an image (the first value); cells other than zeros are added by a
  /// ``PadOperation`` in front of it.
  func applied(to values: [Value], paddingMode: PaddingMode) -> Value {
    let (image, weights) = (values[0].shape, values[1].shape)
    guard paddingMode != .zeros, image.rank == 4, weights.rank == 4 else {
      return Value.apply(self, to: values)[0]
    }
    let size = Size2D(height: image[2], width: image[3])
    let window = window(weights: weights)
    // A window that does not fit is reported by the convolution itself.
    guard (try? window.outputSize(of: size)) != nil else {
      return Value.apply(self, to: values)[0]
    }
    var unpadded = self
    unpadded.padding = 0.padding2D
    let padded = values[0].applying(PadOperation(window.sides(for: size), mode: paddingMode))
    return Value.apply(unpadded, to: [padded] + values.dropFirst())[0]
  }
}
