import Foundation

/// A folder of tiny pictures for one test, removed at its end: horizontal and vertical stripes, which
/// any network can tell apart. PGM files need no decoder library.
final class SmallPictures {
  let folder: URL
  var path: String { folder.appendingPathComponent("pictures").path }

  /// The folder for what a test writes.
  var work: String { folder.path }

  /// - Parameter extraClass: Whether there is a third class, of black pictures.
  init(perClass: Int = 20, size: Int = 16, extraClass: Bool = false) throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("convnet-\(UUID().uuidString)")
    for (label, isRow) in [("horizontal", true), ("vertical", false)] {
      let place = folder.appendingPathComponent("pictures/\(label)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      for number in 0..<perClass {
        let pixels = (0..<size * size).map { index -> UInt8 in
          let line = isRow ? index / size : index % size
          return (line + number) % 4 < 2 ? UInt8(200 + number % 50) : UInt8(number * 7 % 60)
        }
        let data = Data("P5 \(size) \(size) 255\n".utf8) + Data(pixels)
        try data.write(to: place.appendingPathComponent("\(number).pgm"))
      }
    }
    guard extraClass else { return }
    let place = folder.appendingPathComponent("pictures/black")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    for number in 0..<perClass {
      let data =
        Data("P5 \(size) \(size) 255\n".utf8)
        + Data([UInt8](repeating: UInt8(number), count: size * size))
      try data.write(to: place.appendingPathComponent("\(number).pgm"))
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Adds a file that looks like a picture by its name only.
  func addDamagedPicture() throws {
    try Data("P5 16 16 255\nshort".utf8)
      .write(to: folder.appendingPathComponent("pictures/vertical/damaged.pgm"))
  }

  func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
  }

  func text(_ name: String) throws -> String {
    try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
  }
}
