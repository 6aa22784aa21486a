import ConvNet

/// Pictures of one channel side by side, a gap between them; 0 is black and 1 white.
func strip(_ maps: [Tensor], gap: Int = 4) throws -> Image {
  let (height, width) = (maps[0].shape[0], maps[0].shape[1])
  let total = maps.count * (width + gap) - gap
  var sheet = Tensor([1, height, total], repeating: 1)
  for (number, map) in maps.enumerated() {
    for y in 0..<height {
      for x in 0..<width { sheet[0, y, number * (width + gap) + x] = map[y, x] }
    }
  }
  return try Image(sheet)
}

/// One channel of `[B, C, H, W]` as `[H, W]`, scaled so that the largest magnitude becomes 1.
func strength(_ tensor: Tensor, channel: Int = 0) throws -> Tensor {
  let (height, width) = (tensor.shape[2], tensor.shape[3])
  let plane = height * width
  let numbers = tensor.elements[(channel * plane)..<((channel + 1) * plane)].map(\.magnitude)
  let largest = max(numbers.max() ?? 0, .leastNormalMagnitude)
  return try Tensor([height, width], numbers.map { $0 / largest })
}

/// A sheet of square tiles enlarged, with a white line between the tiles.
func spread(_ sheet: Image, tile: Int, scale: Int) throws -> Image {
  let step = tile * scale + 2
  let width = sheet.width / tile * step - 2
  let height = sheet.height / tile * step - 2
  var pixels = [UInt8](repeating: 255, count: width * height * 3)
  for y in 0..<height where y % step < tile * scale {
    for x in 0..<width where x % step < tile * scale {
      let (row, column) = (y / step * tile + y % step / scale, x / step * tile + x % step / scale)
      let place = (y * width + x) * 3
      pixels.replaceSubrange(place..<(place + 3), with: sheet[x: column, y: row])
    }
  }
  return try Image(width: width, height: height, channels: 3, pixels: pixels)
}
