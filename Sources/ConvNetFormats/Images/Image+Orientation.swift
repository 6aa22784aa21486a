extension Image {
  /// The picture turned and mirrored as an EXIF orientation says (1...8), so that it is upright.
  func oriented(_ orientation: Int) -> Image {
    guard (2...8).contains(orientation) else { return self }
    // From 5 on rows and columns change places.
    let isTransposed = orientation >= 5
    let (newWidth, newHeight) = isTransposed ? (height, width) : (width, height)
    let count = pixels.count
    let turned = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      pixels.withUnsafeBufferPointer { source in
        var next = 0
        for y in 0..<newHeight {
          for x in 0..<newWidth {
            let (sourceX, sourceY) =
              switch orientation {
              case 2: (width - 1 - x, y)
              case 3: (width - 1 - x, height - 1 - y)
              case 4: (x, height - 1 - y)
              case 5: (y, x)
              case 6: (y, height - 1 - x)
              case 7: (width - 1 - y, height - 1 - x)
              default: (width - 1 - y, x)
              }
            let start = (sourceY * width + sourceX) * channels
            for channel in 0..<channels {
              target[next] = source[start + channel]
              next += 1
            }
          }
        }
      }
      initialized = count
    }
    return Image(checkedWidth: newWidth, height: newHeight, channels: channels, pixels: turned)
  }
}
