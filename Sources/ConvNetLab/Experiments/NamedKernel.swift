internal import ConvNetGraph

/// A kernel whose purpose is known, because its numbers were written and not learned.
struct NamedKernel: Sendable {
  /// The name for messages and records.
  let name: String
  /// The name for people.
  let words: Bilingual
  /// What it looks for.
  let purpose: Bilingual
  /// The side.
  let size: Int
  /// Its numbers, row after row.
  let numbers: [Float]
  /// Whether its answer is a picture again, rather than a signed measure of something.
  var isFilter = false

  /// Its numbers as the weights of one convolution.
  var weight: Tensor {
    Tensor(uninitialized: [1, 1, size, size]) { _ = $0.update(fromContentsOf: numbers) }
  }

  static let vertical = NamedKernel(
    name: "vertical", words: Bilingual("vertical edge", "竖直边缘"),
    purpose: Bilingual("dark at the left, bright at the right", "左暗右亮"), size: 3,
    numbers: [-1, 0, 1, -2, 0, 2, -1, 0, 1])
  static let horizontal = NamedKernel(
    name: "horizontal", words: Bilingual("horizontal edge", "水平边缘"),
    purpose: Bilingual("dark above, bright below", "上暗下亮"), size: 3,
    numbers: [-1, -2, -1, 0, 0, 0, 1, 2, 1])
  /// The least-squares slope over five columns: the sum of squares of −2…2, five times, is 50.
  static let gradient = NamedKernel(
    name: "gradient", words: Bilingual("brightness gradient", "亮度梯度"),
    purpose: Bilingual(
      "how much brighter it becomes per pixel to the right", "向右每个像素变亮多少"), size: 5,
    numbers: (0..<25).map { Float($0 % 5 - 2) / 50 })
  /// A disc of radius 3 counts for, the ring around it against; both sum to one.
  static let circle: NamedKernel = {
    let squares = (0..<81).map { index -> Int in
      let (y, x) = (index / 9 - 4, index % 9 - 4)
      return y * y + x * x
    }
    let inside = squares.count { $0 <= 9 }
    let ring = squares.count { $0 > 9 && $0 <= 25 }
    return NamedKernel(
      name: "circle", words: Bilingual("circle", "圆形"),
      purpose: Bilingual(
        "a bright round area as large as its middle", "与其中部一样大的明亮圆形区域"), size: 9,
      numbers: squares.map { square in
        square <= 9 ? 1 / Float(inside) : square <= 25 ? -1 / Float(ring) : 0
      })
  }()
  static let blur = NamedKernel(
    name: "blur", words: Bilingual("blur", "模糊"),
    purpose: Bilingual("the mean of nine pixels", "九个像素的平均"), size: 3,
    numbers: [Float](repeating: 1 / 9, count: 9), isFilter: true)
  static let sharpen = NamedKernel(
    name: "sharpen", words: Bilingual("sharpen", "锐化"),
    purpose: Bilingual("a pixel against its neighbours", "像素与邻居之差"), size: 3,
    numbers: [0, -1, 0, -1, 5, -1, 0, -1, 0], isFilter: true)

  static let all = [vertical, horizontal, gradient, circle, blur, sharpen]
}

extension Lab {
  /// A kernel's answers to a picture `[H, W]`, one for each pixel; beyond its border the picture goes
  /// on as its border is, so that the border itself is no edge.
  func answers(
    of kernel: NamedKernel, to picture: [Float], width: Int, height: Int
  ) throws(ConvNetError) -> [Float] {
    try apply(Tensor([1, 1, height, width], picture)) { value in
      F.conv2d(
        value, weight: kernel.weight, padding: kernel.size / 2, paddingMode: .replicate)
    }.elements
  }
}
