public import ConvNetGraph

extension Image {
  /// The picture in another size, byte for byte as Pillow's `resize` gives it.
  ///
  /// Rows come first, as in Pillow up to 12. Pillow 13 takes columns first for some extreme changes
  /// of proportions, where its samples then differ by a few levels.
  ///
  /// - Parameters:
  ///   - width: The new number of pixels per row.
  ///   - height: The new number of rows.
  ///   - resampling: How new samples come from old ones.
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the size is not in 1...100 million
  ///   pixels.
  public func resized(
    width: Int, height: Int, _ resampling: Resampling = .bilinear
  ) throws(ConvNetError) -> Image {
    guard width > 0, height > 0, let count = checkedProduct([width, height]),
      count <= 100_000_000
    else {
      throw ConvNetError(
        .invalidArgument, "a picture cannot be resized to \(width) x \(height)",
        reason: "it must have 1...100000000 pixels")
    }
    guard resampling != .nearest else { return nearest(width: width, height: height) }
    // Transparent pixels have colours that nobody sees; averaged in, they would show.
    let image = withoutAlpha
    let wide = width == image.width ? image : image.resampledRows(to: width, resampling)
    return height == wide.height ? wide : wide.resampledColumns(to: height, resampling)
  }

  /// The picture with its shorter side of the given length and the other in proportion, as
  /// torchvision's `Resize` with one number.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the size is out of range.
  public func resized(
    shorterSide: Int, _ resampling: Resampling = .bilinear
  ) throws(ConvNetError) -> Image {
    let shorter = min(width, height)
    let product = shorterSide.multipliedReportingOverflow(by: max(width, height))
    // torchvision truncates.
    let longer = product.overflow ? .max : product.partialValue / shorter
    return try width <= height
      ? resized(width: shorterSide, height: longer, resampling)
      : resized(width: longer, height: shorterSide, resampling)
  }

  /// One pass: every row gets a new length.
  private func resampledRows(to width: Int, _ resampling: Resampling) -> Image {
    let table = ResamplingWeights(from: self.width, to: width, resampling)
    let (channels, height, oldRow) = (channels, height, self.width * channels)
    let (starts, counts, stride) = (table.starts, table.counts, table.stride)
    let count = width * height * channels
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      self.pixels.withUnsafeBufferPointer { source in
        table.weights.withUnsafeBufferPointer { weights in
          var next = 0
          for y in 0..<height {
            for x in 0..<width {
              let first = y * oldRow + starts[x] * channels
              let row = x * stride
              if channels == 3 {
                var sums = SIMD3<Int32>(repeating: 1 << Int32(ResamplingWeights.precision - 1))
                var position = first
                for offset in 0..<counts[x] {
                  let weight = weights[row + offset]
                  sums.x &+= Int32(source[position]) &* weight
                  sums.y &+= Int32(source[position + 1]) &* weight
                  sums.z &+= Int32(source[position + 2]) &* weight
                  position += 3
                }
                target[next] = clamped(sums.x)
                target[next + 1] = clamped(sums.y)
                target[next + 2] = clamped(sums.z)
                next += 3
                continue
              }
              for channel in 0..<channels {
                var sum: Int32 = 1 << Int32(ResamplingWeights.precision - 1)
                var position = first + channel
                for offset in 0..<counts[x] {
                  sum &+= Int32(source[position]) &* weights[row + offset]
                  position += channels
                }
                target[next] = clamped(sum)
                next += 1
              }
            }
          }
        }
      }
      initialized = count
    }
    return Image(checkedWidth: width, height: height, channels: channels, pixels: pixels)
  }

  /// The other pass: every column gets a new length. Whole rows are added up, which vectorises.
  private func resampledColumns(to height: Int, _ resampling: Resampling) -> Image {
    let table = ResamplingWeights(from: self.height, to: height, resampling)
    let row = width * channels
    let count = row * height
    var sums = [Int32](repeating: 0, count: row)
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      self.pixels.withUnsafeBufferPointer { source in
        sums.withUnsafeMutableBufferPointer { sums in
          for y in 0..<height {
            sums.update(repeating: 1 << Int32(ResamplingWeights.precision - 1))
            for offset in 0..<table.counts[y] {
              let weight = table.weights[y * table.stride + offset]
              let start = (table.starts[y] + offset) * row
              for x in 0..<row { sums[x] &+= Int32(source[start + x]) &* weight }
            }
            for x in 0..<row { target[y * row + x] = clamped(sums[x]) }
          }
        }
      }
      initialized = count
    }
    return Image(checkedWidth: width, height: height, channels: channels, pixels: pixels)
  }

  private func nearest(width: Int, height: Int) -> Image {
    let columns = Self.nearestPositions(from: self.width, to: width)
    let rows = Self.nearestPositions(from: self.height, to: height)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height * channels)
    for y in rows {
      for x in columns {
        let start = (y * self.width + x) * channels
        for channel in 0..<channels { pixels.append(self.pixels[start + channel]) }
      }
    }
    return Image(checkedWidth: width, height: height, channels: channels, pixels: pixels)
  }

  /// Pillow adds the step up instead of multiplying, which decides where the sum is close to a
  /// whole number.
  private static func nearestPositions(from old: Int, to new: Int) -> [Int] {
    let step = Double(old) / Double(new)
    var position = step * 0.5
    return (0..<new).map { _ in
      defer { position += step }
      return min(Int(position), old - 1)
    }
  }
}

/// A sum in units of 1/2^22 as a byte.
@inline(__always)
private func clamped(_ sum: Int32) -> UInt8 {
  UInt8(truncatingIfNeeded: max(0, min(255, sum >> Int32(ResamplingWeights.precision))))
}
