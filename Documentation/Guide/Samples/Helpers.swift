import ConvNet

/// Sends one tensor `[B, C, H, W]` through a network and returns what comes out.
func apply(_ net: some Module, to input: Tensor) async throws -> Tensor {
  let picture = Shape(Array(input.shape.dimensions.dropFirst()))
  return try await Model(net, input: picture).predictor()(input)
}

/// Prints one channel of the first picture of `[B, C, H, W]`, a line per row.
func show(_ title: String, _ tensor: Tensor, channel: Int = 0) {
  print(title)
  for y in 0..<tensor.shape[2] {
    let row = (0..<tensor.shape[3]).map { short(tensor[0, channel, y, $0], width: 7) }
    print(row.joined())
  }
}

/// A number with at most three decimals, to the right of a field.
func short(_ number: Float, width: Int = 0) -> String {
  let rounded = (number * 1000).rounded() / 1000
  let text = rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  return String(repeating: " ", count: max(0, width - text.count)) + text
}

/// Writes a picture as a PNG file, every pixel as a square of `scale` pixels.
func save(_ picture: Image, to path: String, scale: Int = 1) throws {
  let large = try picture.resized(
    width: picture.width * scale, height: picture.height * scale, .nearest)
  try AtomicFile.write(IndexedPNG.bytes(of: large), to: path)
}
