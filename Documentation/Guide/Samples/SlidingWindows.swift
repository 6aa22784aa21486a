import ConvNet
import ConvNetExplain

func slidingByHand() async throws {
  let input: [[Float]] = [[1, 2, 0, 1], [0, 1, 3, 1], [2, 1, 0, 0], [1, 0, 2, 1]]
  let kernel: [[Float]] = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]

  // The sentence: at every position multiply cell by cell and add everything up.
  var output = Tensor([1, 1, 2, 2])
  for y in 0..<2 {
    for x in 0..<2 {
      var sum: Float = 0
      for u in 0..<3 {
        for v in 0..<3 { sum += input[y + u][x + v] * kernel[u][v] }
      }
      output[0, 0, y, x] = sum
    }
  }
  show("by hand", output)

  struct Filter: Module {
    func forward(_ x: Value) -> Value { F.conv2d(x, weight: kernel) }
    let kernel: Tensor
  }
  let filter = Filter(kernel: try Tensor([1, 1, 3, 3], kernel.flatMap { $0 }))
  let same = try await apply(filter, to: Tensor([1, 1, 4, 4], input.flatMap { $0 }))
  print("the library gives the same:", same == output)
}

func slidingChannels() throws {
  let starter = try Model(bytes: StarterModel.bytes, name: StarterModel.name)
  let run = try starter.explain(Image(path: "shirt.png"))
  guard let weight = starter.weights["conv2.weight"], let bias = starter.weights["conv2.bias"],
    let below = run.layers.first(where: { $0.name == "pool1" })?.output,
    let layer = run.layers.first(where: { $0.name == "conv2" })
  else { return }

  // Output channel 3 at row 5, column 6: the sum over 16 input channels of 9 products each.
  var sum = bias[3]
  for c in 0..<16 {
    for u in 0..<3 {
      for v in 0..<3 { sum += below[0, c, 5 + u - 1, 6 + v - 1] * weight[3, c, u, v] }
    }
  }
  print("by hand", short(sum), " the network", short(layer.output[0, 3, 5, 6]))
}

func slidingAnswer() {
  // Rows 1 to 3, columns 1 to 3 of the picture, cell by cell with the kernel.
  let products = [1 * 1, 3 * 0, 1 * -1, 1 * 2, 0 * 0, 0 * -2, 0 * 1, 2 * 0, 1 * -1]
  print(products, "add up to", products.reduce(0, +))
}
