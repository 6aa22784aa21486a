/// The channels that a picture is wanted with.
public enum ColorMode: String, Hashable, Sendable {
  /// One channel.
  case gray
  /// Red, green and blue.
  case rgb

  /// The number of channels.
  public var channels: Int { self == .gray ? 1 : 3 }
}

extension Image {
  /// The same picture with the wanted channels.
  ///
  /// Transparent pixels are laid on white. Grey becomes three equal channels; colour becomes grey
  /// by Pillow's formula for ITU-R 601-2 luma: (19595 R + 38470 G + 7471 B + 32768) / 65536.
  public func converted(to mode: ColorMode) -> Image {
    switch (channels, mode) {
    case (1, .gray), (3, .rgb): return self
    case (4, _): return withoutAlpha.converted(to: mode)
    case (1, .rgb):
      return mapped(to: 3) { source, target in
        for index in source.indices {
          target[3 * index] = source[index]
          target[3 * index + 1] = source[index]
          target[3 * index + 2] = source[index]
        }
      }
    default:
      return mapped(to: 1) { source, target in
        for index in target.indices {
          let red = 19595 * UInt32(source[3 * index])
          let green = 38470 * UInt32(source[3 * index + 1])
          let blue = 7471 * UInt32(source[3 * index + 2])
          target[index] = UInt8(truncatingIfNeeded: (red + green + blue + 32768) >> 16)
        }
      }
    }
  }

  /// The picture laid on white where it is transparent; itself where it has no alpha.
  var withoutAlpha: Image {
    guard channels == 4 else { return self }
    return mapped(to: 3) { source, target in
      for index in 0..<(source.count / 4) {
        let alpha = UInt32(source[4 * index + 3])
        for channel in 0..<3 {
          let color = UInt32(source[4 * index + channel])
          let sum = color * alpha + 255 * (255 - alpha)
          target[3 * index + channel] = UInt8(truncatingIfNeeded: (sum + 127) / 255)
        }
      }
    }
  }

  private func mapped(
    to channels: Int,
    _ body: (UnsafeBufferPointer<UInt8>, UnsafeMutableBufferPointer<UInt8>) -> Void
  ) -> Image {
    let count = width * height * channels
    let converted = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      pixels.withUnsafeBufferPointer { source in
        body(source, UnsafeMutableBufferPointer(rebasing: target[..<count]))
      }
      initialized = count
    }
    return Image(checkedWidth: width, height: height, channels: channels, pixels: converted)
  }
}
