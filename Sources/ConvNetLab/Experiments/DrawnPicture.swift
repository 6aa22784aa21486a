internal import ConvNetGraph

/// A picture that was drawn so that it is known where its one feature lies.
struct DrawnPicture {
  /// The feature.
  enum Kind: Int, CaseIterable {
    case verticalEdge, horizontalEdge, ramp, disc

    var words: Bilingual {
      switch self {
      case .verticalEdge: Bilingual("vertical edge", "竖直边缘")
      case .horizontalEdge: Bilingual("horizontal edge", "水平边缘")
      case .ramp: Bilingual("even gradient", "均匀渐变")
      case .disc: Bilingual("disc", "圆盘")
      }
    }

    /// The kernel that was written for it.
    var kernel: NamedKernel {
      switch self {
      case .verticalEdge: .vertical
      case .horizontalEdge: .horizontal
      case .ramp: .gradient
      case .disc: .circle
      }
    }
  }

  static let side = 33

  let kind: Kind
  /// The brightness of each pixel, about 0 to 1.
  let pixels: [Float]
  /// Where the edge or the disc's middle lies.
  let row: Int
  let column: Int
  /// The brightness of the feature less that of its surroundings; the slope of a ramp.
  let contrast: Float

  /// The picture of a number, with normally distributed noise.
  init(_ kind: Kind, _ random: CounterRandom, number: Int, noise: Float) {
    let base = UInt64(number) * 4096
    let side = DrawnPicture.side
    let row = 7 + random.integer(below: side - 14, at: base)
    let column = 7 + random.integer(below: side - 14, at: base + 1)
    let sign: Float = random.integer(below: 2, at: base + 2) == 0 ? 1 : -1
    let strength = 0.3 + 0.5 * Float(random.uniform(at: base + 3))
    let contrast =
      switch kind {
      case .verticalEdge, .horizontalEdge: sign * strength
      case .ramp: sign * strength / Float(side - 1)
      case .disc: strength
      }
    let ground: Float = contrast < 0 ? 0.9 : 0.1
    pixels = (0..<side * side).map { index in
      let (y, x) = (index / side, index % side)
      let value: Float =
        switch kind {
        case .verticalEdge: x >= column ? contrast : 0
        case .horizontalEdge: y >= row ? contrast : 0
        case .ramp: contrast * Float(x)
        case .disc: (y - row) * (y - row) + (x - column) * (x - column) <= 9 ? contrast : 0
        }
      return ground + value
        + (noise > 0 ? noise * Float(random.normal(at: base + 16 + UInt64(index))) : 0)
    }
    self.kind = kind
    self.row = row
    self.column = column
    self.contrast = contrast
  }

  /// Whether a place is where the feature is; an edge lies between two rows or columns.
  func isFeature(index: Int) -> Bool {
    let (y, x) = (index / DrawnPicture.side, index % DrawnPicture.side)
    switch kind {
    case .verticalEdge: return x == column || x == column - 1
    case .horizontalEdge: return y == row || y == row - 1
    case .ramp: return true
    case .disc: return y == row && x == column
    }
  }
}
