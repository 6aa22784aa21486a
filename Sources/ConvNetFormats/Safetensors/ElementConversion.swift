/// Turning stored elements of any type into Float32.
///
/// Floating-point numbers are rounded to the nearest Float32. What was lost beyond that is counted.
struct ElementConversion {
  /// Integers that Float32 cannot hold exactly (above 2^24 not every integer exists).
  private(set) var roundedIntegers = 0
  /// Finite numbers too large for Float32, which became infinite.
  private(set) var overflows = 0

  /// Converts as many elements as `target` has; `source` holds at least their bytes.
  mutating func convert(
    _ source: UnsafeRawBufferPointer, as type: ElementType,
    into target: UnsafeMutableBufferPointer<Float>
  ) {
    switch type {
    case .float32:
      UnsafeMutableRawBufferPointer(target).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: source.prefix(target.count * 4)))
    case .float64:
      for index in target.indices {
        let bits = source.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
        let number = Double(bitPattern: UInt64(littleEndian: bits))
        let value = Float(number)
        if value.isInfinite && number.isFinite { overflows += 1 }
        target[index] = value
      }
    case .float16:
      for index in target.indices {
        let bits = source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
        target[index] = float(halfBits: UInt16(littleEndian: bits))
      }
    case .bfloat16:
      for index in target.indices {
        let bits = source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
        target[index] = Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)
      }
    case .int64: integers(source, Int64.self, target)
    case .int32: integers(source, Int32.self, target)
    case .int16: integers(source, Int16.self, target)
    case .int8: integers(source, Int8.self, target)
    case .uint64: integers(source, UInt64.self, target)
    case .uint32: integers(source, UInt32.self, target)
    case .uint16: integers(source, UInt16.self, target)
    case .uint8: integers(source, UInt8.self, target)
    case .bool:
      for index in target.indices { target[index] = source[index] == 0 ? 0 : 1 }
    }
  }

  /// One line for the user about what was lost, or nil.
  func note(about name: String) -> String? {
    if roundedIntegers > 0 {
      return "\(name.escapedForDisplay): \(roundedIntegers) whole numbers do not fit Float32"
        + " exactly and were rounded"
    }
    if overflows > 0 {
      return "\(name.escapedForDisplay): \(overflows) numbers are too large for Float32 and"
        + " became infinite"
    }
    return nil
  }

  private mutating func integers<Number: FixedWidthInteger & BitwiseCopyable>(
    _ source: UnsafeRawBufferPointer, _ type: Number.Type,
    _ target: UnsafeMutableBufferPointer<Float>
  ) {
    let size = MemoryLayout<Number>.size
    for index in target.indices {
      let number = Number(
        littleEndian: source.loadUnaligned(fromByteOffset: index * size, as: type))
      let value = Float(number)
      if size >= 4, Number(exactly: value) != number { roundedIntegers += 1 }
      target[index] = value
    }
  }
}

/// The value of a half-precision number from its bits.
///
/// `Float(Float16)` is a library call per element on plain x86-64, and `Float16` does not exist on
/// Intel Macs.
func float(halfBits bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let exponent = UInt32(bits >> 10) & 0x1F
  let fraction = UInt32(bits & 0x3FF)
  switch exponent {
  case 0:
    // Zero or subnormal: fraction * 2^-24, which Float32 holds exactly.
    let magnitude = Float(fraction) * 0x1p-24
    return Float(bitPattern: magnitude.bitPattern | sign)
  case 31:
    return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default:
    return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
