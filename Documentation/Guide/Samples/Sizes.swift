import ConvNet

func sizeFormula() throws {
  for (h, k, p, s) in [(32, 3, 1, 1), (32, 3, 0, 1), (32, 2, 0, 2), (224, 7, 3, 2), (7, 2, 0, 2)] {
    let byHand = (h - k + 2 * p) / s + 1  // whole numbers: Swift's / rounds down
    let window = SlidingWindow(kernel: Size2D(k), stride: Size2D(s), padding: p.padding2D)
    let library = try window.outputSize(of: Size2D(h)).height
    print("H \(h), K \(k), P \(p), S \(s): by hand \(byHand), the library \(library)")
  }
}

func sizeTooSmall() throws {
  struct Net: Module {
    let conv = Conv2d(inChannels: 1, outChannels: 8, kernelSize: 5)
    func forward(_ x: Value) -> Value { conv(x) }
  }
  do {
    _ = try Model(Net(), input: [1, 4, 4])
  } catch {
    print(error)
  }
}

func sizeAnswer() throws {
  var size = 224
  for (k, p, s) in [(7, 3, 2), (3, 1, 2), (3, 1, 2), (3, 1, 2), (3, 1, 2)] {
    size = (size - k + 2 * p) / s + 1
    print(size, terminator: " ")
  }
  print()
}
