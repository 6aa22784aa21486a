internal import ConvNetFormats

/// The part of a picture that a network sees.
struct PixelWindow: Hashable {
  /// The picture's column at the window's left edge; what lies outside the picture is black.
  var x: Int
  /// The picture's row at the window's upper edge.
  var y: Int
  /// Whether left and right change places.
  var isFlipped = false

  /// The middle of a picture; as in torchvision's `CenterCrop`, halves go to the even number.
  init(centerOf image: Image, width: Int, height: Int) {
    x = Int((Double(image.width - width) / 2).rounded(.toNearestOrEven))
    y = Int((Double(image.height - height) / 2).rounded(.toNearestOrEven))
  }

  /// A window at a place.
  init(x: Int, y: Int, isFlipped: Bool) {
    self.x = x
    self.y = y
    self.isFlipped = isFlipped
  }

  /// Copies the window's samples, channel after channel.
  ///
  /// - Parameter target: room for channels x height x width samples.
  func copy(
    from image: Image, into target: UnsafeMutablePointer<UInt8>, width: Int, height: Int
  ) {
    let channels = image.channels
    let plane = width * height
    // The window's columns that lie inside the picture.
    let inside = max(0, -x)..<max(max(0, -x), min(width, image.width - x))
    image.pixels.withUnsafeBufferPointer { source in
      for row in 0..<height {
        let sourceRow = y + row
        let isInside = sourceRow >= 0 && sourceRow < image.height && !inside.isEmpty
        for channel in 0..<channels {
          let line = target + channel * plane + row * width
          guard isInside else {
            line.update(repeating: 0, count: width)
            continue
          }
          if inside.count < width { line.update(repeating: 0, count: width) }
          var from = (sourceRow * image.width + x + inside.lowerBound) * channels + channel
          var to = isFlipped ? width - 1 - inside.lowerBound : inside.lowerBound
          let step = isFlipped ? -1 : 1
          for _ in inside {
            line[to] = source[from]
            from += channels
            to += step
          }
        }
      }
    }
  }
}
