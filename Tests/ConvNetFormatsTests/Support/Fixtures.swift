import ConvNetFormats
import ConvNetGraph
import FoundationEssentials

/// Pictures that Pillow made, written by `Fixtures/make_fixtures.py`.
enum Fixtures {
  static let path =
    ProcessInfo.processInfo.environment["CONVNET_IMAGE_FIXTURES"]
    ?? Shared.packageRoot + "/Tests/ConvNetFormatsTests/Fixtures/images.safetensors"

  /// The file of `Fixtures/make_picture_fixtures.py`: rarer kinds of pictures.
  static let rarePictures =
    Shared.packageRoot + "/Tests/ConvNetFormatsTests/Fixtures/pictures.safetensors"

  /// The stored bytes of one entry.
  static func bytes(_ key: String, in file: SafetensorsFile? = nil) throws -> [UInt8] {
    let file = try file ?? SafetensorsFile(path: path)
    return try file.withUnsafeBytes(of: key) { Array($0) }
  }

  /// An entry of shape [H, W, C] as a picture.
  static func image(_ key: String, in file: SafetensorsFile? = nil) throws -> Image {
    let file = try file ?? SafetensorsFile(path: path)
    let sizes = file.entry(named: key)?.shape.dimensions ?? []
    guard sizes.count == 3 else { throw ConvNetError(.notFound, "no picture \(key)") }
    return try Image(
      width: sizes[1], height: sizes[0], channels: sizes[2],
      pixels: file.withUnsafeBytes(of: key) { Array($0) })
  }
}

/// The largest difference between samples of two pictures of one size; nil where sizes differ.
func largestDifference(_ left: Image, _ right: Image) -> Int? {
  guard (left.width, left.height, left.channels) == (right.width, right.height, right.channels)
  else { return nil }
  return zip(left.pixels, right.pixels).map { abs(Int($0) - Int($1)) }.max()
}
