/// A colour as a terminal gets it.
struct Colour: Sendable, Equatable {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  /// The brightness from 0 to 255, with the weights of ITU-R BT.601.
  var brightness: Int { (299 * Int(red) + 587 * Int(green) + 114 * Int(blue) + 500) / 1000 }

  /// The nearest of the 240 fixed colours of a 256-colour terminal: its 6x6x6 cube and its 24 greys.
  var paletteIndex: Int {
    let levels = [0, 95, 135, 175, 215, 255]
    func nearestLevel(_ value: UInt8) -> Int {
      levels.indices.min { abs(levels[$0] - Int(value)) < abs(levels[$1] - Int(value)) } ?? 0
    }
    let cube = (nearestLevel(red), nearestLevel(green), nearestLevel(blue))
    let cubeError = squaredDistance(levels[cube.0], levels[cube.1], levels[cube.2])
    // The greys are 8, 18, … 238.
    let mean = (Int(red) + Int(green) + Int(blue)) / 3
    let grey = min(23, max(0, (mean - 3) / 10))
    let greyValue = 8 + 10 * grey
    if squaredDistance(greyValue, greyValue, greyValue) < cubeError { return 232 + grey }
    return 16 + 36 * cube.0 + 6 * cube.1 + cube.2
  }

  private func squaredDistance(_ red: Int, _ green: Int, _ blue: Int) -> Int {
    let differences = [red - Int(self.red), green - Int(self.green), blue - Int(self.blue)]
    return differences.reduce(0) { $0 + $1 * $1 }
  }
}
