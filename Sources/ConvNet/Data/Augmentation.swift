internal import ConvNetFormats
public import ConvNetGraph

/// How the pictures of a training are varied, so that a network does not learn them by heart.
///
/// What happens to a picture depends on (seed, epoch, the picture's number) only.
public struct Augmentation: Hashable, Sendable {
  /// The black border around a picture out of which the input is cut at a random place, as a share of
  /// the input's side: 0.125 is 4 pixels of 32, the usual augmentation of CIFAR.
  public var padding: Double
  /// Whether half of the pictures are mirrored. Wrong for letters and digits.
  public var flips: Bool
  /// The most that a picture is enlarged before the cut: 0.25 is up to 1.25 times.
  public var zoom: Double
  /// The most that brightness and contrast change, as a share.
  public var light: Double
  /// The share of pictures of which a square of a quarter of the area is blackened.
  ///
  /// Source: DeVries and Taylor, "Improved regularization of convolutional neural networks with
  /// cutout" (2017).
  public var cutout: Double

  /// An augmentation; nothing is varied unless stated.
  public init(
    padding: Double = 0, flips: Bool = false, zoom: Double = 0, light: Double = 0,
    cutout: Double = 0
  ) {
    self.padding = padding
    self.flips = flips
    self.zoom = zoom
    self.light = light
    self.cutout = cutout
  }

  /// Pictures as they are.
  public static let none = Augmentation()
  /// A random cut with a border of an eighth, and mirroring.
  public static let basic = Augmentation(padding: 0.125, flips: true)
  /// The basic one, enlargement up to 1.25, other light, and a blackened square in half of them.
  public static let strong = Augmentation(
    padding: 0.125, flips: true, zoom: 0.25, light: 0.25, cutout: 0.5)

  /// The augmentation of a name: `none`, `basic`, `strong`.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` with the names.
  public init(named name: String) throws(ConvNetError) {
    switch name {
    case "none": self = .none
    case "basic": self = .basic
    case "strong": self = .strong
    default:
      throw ConvNetError(
        .invalidArgument, "unknown augmentation '\(name)'",
        advice: "the augmentations are: none, basic, strong")
    }
  }

  /// Checks the settings' ranges.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` naming the setting and its range.
  public func validate() throws(ConvNetError) {
    let settings: [(String, Double, ClosedRange<Double>)] = [
      ("padding", padding, 0...1), ("zoom", zoom, 0...3), ("light", light, 0...1),
      ("cutout", cutout, 0...1),
    ]
    for (name, value, range) in settings where !range.contains(value) {
      throw ConvNetError(
        .invalidArgument, "augmentation: \(name) \(value) is not possible",
        reason: "it must be in \(range.lowerBound)...\(range.upperBound)")
    }
  }
}

extension Augmentation: Codable {
  private enum CodingKeys: String, CodingKey { case padding, flips, zoom, light, cutout }

  /// Reads settings; those that are absent vary nothing.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Double {
      try container.decodeIfPresent(Double.self, forKey: key) ?? 0
    }
    self.init(
      padding: try number(.padding),
      flips: try container.decodeIfPresent(Bool.self, forKey: .flips) ?? false,
      zoom: try number(.zoom), light: try number(.light), cutout: try number(.cutout))
    try validate()
  }
}

extension Augmentation {
  /// The random numbers of one picture in one epoch.
  struct Draws {
    private let random: CounterRandom
    private let first: UInt64
    private var used: UInt64 = 0

    init(_ random: CounterRandom, picture: Int) {
      self.random = random
      // Room for 16 numbers per picture.
      first = UInt64(picture) &* 16
    }

    mutating func uniform() -> Double {
      defer { used += 1 }
      return random.uniform(at: first &+ used)
    }

    mutating func integer(in range: ClosedRange<Int>) -> Int {
      range.lowerBound + min(range.count - 1, Int(uniform() * Double(range.count)))
    }
  }

  /// Writes one varied picture, channel after channel.
  func write(
    _ image: Image, _ preprocessing: Preprocessing, draws: inout Draws,
    into target: UnsafeMutablePointer<UInt8>
  ) throws(ConvNetError) {
    let (width, height) = (preprocessing.width, preprocessing.height)
    let factor = zoom > 0 ? 1 + zoom * draws.uniform() : 1
    let image = try preprocessing.scaled(image, zoom: factor)
    var window = PixelWindow(centerOf: image, width: width, height: height)
    if self != .none {
      window.x = place(image.width, width, &draws)
      window.y = place(image.height, height, &draws)
      window.isFlipped = flips && draws.uniform() < 0.5
    }
    window.copy(from: image, into: target, width: width, height: height)
    if light > 0 {
      let brightness = 1 + light * (2 * draws.uniform() - 1)
      let contrast = 1 + light * (2 * draws.uniform() - 1)
      relight(
        UnsafeMutableBufferPointer(start: target, count: image.channels * width * height),
        brightness: brightness, contrast: contrast)
    }
    if cutout > 0, draws.uniform() < cutout {
      blacken(target, channels: image.channels, width, height, &draws)
    }
  }

  /// A random place along one side, the border included.
  private func place(_ side: Int, _ size: Int, _ draws: inout Draws) -> Int {
    let border = Int((padding * Double(size)).rounded())
    let range = min(-border, side - size)...max(border, side - size + border)
    // Without a border a picture of the right size stays where it is.
    guard border > 0 else {
      return side <= size ? (side - size) / 2 : draws.integer(in: 0...(side - size))
    }
    return draws.integer(in: range)
  }

  /// sample -> mean + contrast (brightness sample - mean), in steps of 1/256 so that the result is the
  /// same everywhere.
  private func relight(
    _ pixels: UnsafeMutableBufferPointer<UInt8>, brightness: Double, contrast: Double
  ) {
    guard !pixels.isEmpty else { return }
    let sum = pixels.reduce(0) { $0 + Int($1) }
    let mean = Double(sum / pixels.count) * brightness
    let table = (0..<256).map { sample in
      UInt8(max(0, min(255, (mean + contrast * (brightness * Double(sample) - mean)).rounded())))
    }
    for index in pixels.indices { pixels[index] = table[Int(pixels[index])] }
  }

  /// Blackens a square with half the sides' length somewhere, partly outside perhaps.
  private func blacken(
    _ target: UnsafeMutablePointer<UInt8>, channels: Int, _ width: Int, _ height: Int,
    _ draws: inout Draws
  ) {
    let (x, y) = (draws.integer(in: 0...(width - 1)), draws.integer(in: 0...(height - 1)))
    let columns = max(0, x - width / 4)..<max(0, min(width, x - width / 4 + width / 2))
    let rows = max(0, y - height / 4)..<max(0, min(height, y - height / 4 + height / 2))
    guard !columns.isEmpty else { return }
    for channel in 0..<channels {
      for row in rows {
        (target + (channel * height + row) * width + columns.lowerBound)
          .update(repeating: 0, count: columns.count)
      }
    }
  }
}
