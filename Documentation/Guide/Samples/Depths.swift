import ConvNet

func depthParameters() throws {
  let primer = try Model(zoo: "primer")
  for (name, input, output) in [
    ("conv1", 3, 64), ("conv2", 64, 128), ("conv3", 128, 256), ("conv4", 256, 512),
  ] {
    let byHand = 3 * 3 * input * output + output
    let kernels = primer.weights["\(name).weight"]?.count ?? 0
    let biases = primer.weights["\(name).bias"]?.count ?? 0
    guard let field = try primer.receptiveField(of: name) else { continue }
    print(
      "\(name): \(input) -> \(output) channels, by hand \(byHand), in the model \(kernels + biases), "
        + "sees \(Int(field.height.size)) pixels")
  }
}

func depthPictures() throws {
  for (file, name, tile, scale) in [
    ("12-relu1", "conv1", 28, 5), ("16-relu2", "conv2", 14, 6),
    ("20-relu3", "conv3", 7, 9), ("23-relu4", "conv4", 7, 9),
  ] {
    let maps = try Image(path: "maps/\(file)-maps.png")
    print(name, maps.width / tile * (maps.height / tile), "tiles of \(tile) x \(tile)")
    let large = try spread(maps, tile: tile, scale: scale)
    try save(large, to: "pictures/maps-\(name).png")
  }
}

func depthAnswer() {
  for kernel in [3, 5, 7] {
    print("\(kernel)x\(kernel), 64 -> 128:", kernel * kernel * 64 * 128 + 128)
  }
}
