internal import ConvNetExplain
internal import ConvNetFormats
internal import ConvNetGraph

/// Numbers as a picture: red where above zero, blue where below.
enum ResponseMap {
  /// A map `[H, W]` of signed numbers, in a range that is equal to both sides.
  static func picture(
    _ numbers: [Float], width: Int, height: Int, caption: Bilingual,
    marks: [(x: Double, y: Double)] = []
  ) -> LabPicture {
    let isSigned = numbers.contains { $0 < 0 }
    let (low, high) = Palette.range(numbers.min() ?? 0, numbers.max() ?? 0)
    let png = IndexedPNG.bytes(
      width: width, height: height,
      indices: numbers.map { Palette.index($0, low: low, high: high) },
      palette: isSigned ? Palette.signed : Palette.positive)
    return LabPicture(caption, png: png, width: width, height: height, marks: marks)
  }

  /// A photo.
  static func picture(
    _ image: Image, caption: Bilingual, marks: [(x: Double, y: Double)] = []
  ) -> LabPicture {
    LabPicture(
      caption, png: IndexedPNG.bytes(of: image), width: image.width, height: image.height,
      marks: marks)
  }
}
