internal import ConvNetFormats
internal import ConvNetGraph

/// A task that no weighted sum of pixels solves: are both halves of a picture equally bright?
///
/// Both dark and both bright are "same"; the two mixed cases are "different". That is exclusive or.
enum SameOrDifferent {
  static let side = 12

  static func data(scale: LabScale) throws(ConvNetError) -> LabData {
    let training = max(16, min(800, scale.training / 4))
    return try LabData(
      name: "same or different", training: pictures(training, stream: "training"),
      validation: pictures(max(16, training / 4), stream: "validation"),
      test: pictures(max(16, training), stream: "test"))
  }

  private static func pictures(_ count: Int, stream: String) throws(ConvNetError) -> MemoryImages {
    let random = CounterRandom(seed: 0, stream: "lab/same-or-different/" + stream)
    var images: [Image] = []
    var classes: [Int] = []
    for number in 0..<count {
      let base = UInt64(number) * 1024
      // Each case comes equally often.
      let (left, right) = (number & 1, number >> 1 & 1)
      let pixels = (0..<side * side).map { index -> UInt8 in
        let half = index % side < side / 2 ? left : right
        let value = (half == 1 ? 176.0 : 80.0) + 24 * random.normal(at: base + UInt64(index))
        return UInt8(max(0, min(255, value.rounded())))
      }
      images.append(try Image(width: side, height: side, channels: 1, pixels: pixels))
      classes.append(left == right ? 0 : 1)
    }
    return MemoryImages(images, classes: classes, classNames: ["same", "different"])
  }

  static func gallery(_ data: LabData) throws(ConvNetError) -> LabFigure {
    var pictures: [LabPicture] = []
    for index in 0..<min(4, data.test.count) {
      pictures.append(
        ResponseMap.picture(
          try data.test.image(at: index),
          caption: data.test.label(at: index) == 0
            ? Bilingual("same", "相同") : Bilingual("different", "不同")))
    }
    return .gallery(
      title: Bilingual("The four cases of 'same or different'", "“相同还是不同”的四种情形"),
      note: Bilingual(
        "A weighted sum that calls both mixed pictures different must call one of the even ones "
          + "different as well.",
        "加权求和若把两张一明一暗的都判为不同，就必然把某张相同的也判为不同。"), pictures: pictures)
  }
}
