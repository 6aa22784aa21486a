import ConvNet

func tensorOfPhoto() throws {
  let garden = try Image(path: "garden.png")
  let tensor = try garden.tensor()  // 0...255 becomes 0...1
  print(tensor.shape, tensor.count)

  // The pixel in row 20, column 84 lies in the sun.
  print("red", tensor[0, 20, 84], "green", tensor[1, 20, 84], "blue", tensor[2, 20, 84])
  print("channel 1, row 20, column 84 is number", (1 * 80 + 20) * 120 + 84)
  print(tensor.elements[(1 * 80 + 20) * 120 + 84] == tensor[1, 20, 84])
}

func tensorChannels() throws {
  let tensor = try Image(path: "garden.png").tensor()
  let plane = 80 * 120
  let channels = try (0..<3).map { c in
    try Tensor([80, 120], tensor.elements[(c * plane)..<((c + 1) * plane)])
  }
  try save(strip(channels), to: "pictures/channels.png", scale: 2)
}

func tensorBatch() throws {
  let batch = Tensor([32, 3, 224, 224])
  print("32 photos of 3 x 224 x 224:", batch.count, "numbers,", batch.count * 4, "bytes")
  print("steps along B, C, H, W:", batch.shape.strides)
}

func tensorMismatch() throws {
  struct Net: Module {
    let conv = Conv2d(inChannels: 1, outChannels: 64, kernelSize: 3, padding: 1)
    func forward(_ x: Value) -> Value { conv(x) }
  }
  do {
    _ = try Model(Net(), input: [3, 32, 32])
  } catch {
    print(error)
  }
}
