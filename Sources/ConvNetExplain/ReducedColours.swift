internal import ConvNetFormats

/// A colour picture in at most 128 colours of its own, chosen by median cut: a third of the bytes.
///
/// Source: Heckbert, "Color image quantization for frame buffer display" (1982).
enum ReducedColours {
  static func png(of image: Image) -> [UInt8] {
    // Five bits per channel are enough to choose colours by.
    var counts = [Int](repeating: 0, count: 1 << 15)
    let keys = stride(from: 0, to: image.pixels.count, by: 3).map { at -> Int in
      Int(image.pixels[at] >> 3) << 10 | Int(image.pixels[at + 1] >> 3) << 5
        | Int(image.pixels[at + 2] >> 3)
    }
    for key in keys { counts[key] += 1 }
    var boxes = [Box(counts.indices.filter { counts[$0] > 0 }, counts)]
    while boxes.count < 128,
      let index = boxes.indices.max(by: { boxes[$0].weight < boxes[$1].weight }),
      boxes[index].weight > 0
    {
      let (left, right) = boxes[index].halves(counts)
      boxes[index] = left
      boxes.append(right)
    }
    var places = [UInt8](repeating: 0, count: 1 << 15)
    for (place, box) in boxes.enumerated() { for key in box.colours { places[key] = UInt8(place) } }
    // Each colour is the mean of the pixels that get it.
    var sums = [Int](repeating: 0, count: boxes.count * 4)
    for (pixel, key) in keys.enumerated() {
      let place = Int(places[key]) * 4
      for channel in 0..<3 { sums[place + channel] += Int(image.pixels[pixel * 3 + channel]) }
      sums[place + 3] += 1
    }
    let palette = boxes.indices.flatMap { box in
      (0..<3).map { UInt8(sums[box * 4 + $0] / max(1, sums[box * 4 + 3])) }
    }
    return IndexedPNG.bytes(
      width: image.width, height: image.height, indices: keys.map { places[$0] }, palette: palette)
  }

  /// Colours that become one, and how much would be gained by cutting them in two.
  private struct Box {
    let colours: [Int]
    let shift: Int
    /// Pixels times extent along the channel that varies most.
    let weight: Int

    init(_ colours: [Int], _ counts: [Int]) {
      self.colours = colours
      let extents = [10, 5, 0].map { shift -> (shift: Int, extent: Int) in
        let levels = colours.lazy.map { $0 >> shift & 31 }
        return (shift, (levels.max() ?? 0) - (levels.min() ?? 0))
      }
      let widest = extents.max { $0.extent < $1.extent } ?? (shift: 0, extent: 0)
      shift = widest.shift
      weight = widest.extent * colours.reduce(0) { $0 + counts[$1] }
    }

    func halves(_ counts: [Int]) -> (Box, Box) {
      let sorted = colours.sorted { ($0 >> shift & 31, $0) < ($1 >> shift & 31, $1) }
      let half = sorted.reduce(0) { $0 + counts[$1] } / 2
      var (sum, cut) = (counts[sorted[0]], 1)
      while cut < sorted.count - 1, sum + counts[sorted[cut]] <= half {
        sum += counts[sorted[cut]]
        cut += 1
      }
      return (Box(Array(sorted[..<cut]), counts), Box(Array(sorted[cut...]), counts))
    }
  }
}
