extension String {
  /// The number of terminal cells that the text takes: two for East Asian wide characters and
  /// emoji, none for combining marks and control characters, otherwise one.
  package var displayWidth: Int {
    reduce(0) { $0 + $1.displayWidth }
  }

  /// The text with spaces added up to a width in terminal cells; never shortened.
  package func padded(to width: Int, alignment: TextAlignment = .left) -> String {
    let spaces = String(repeating: " ", count: max(0, width - displayWidth))
    switch alignment {
    case .left: return self + spaces
    case .right: return spaces + self
    }
  }

  /// The longest beginning of the text that fits into a width in terminal cells.
  package func prefix(fittingInto width: Int) -> String {
    var result = ""
    var used = 0
    for character in self {
      used += character.displayWidth
      guard used <= width else { break }
      result.append(character)
    }
    return result
  }
}

/// The side of its column that a text stands at.
package enum TextAlignment: Sendable {
  case left
  case right
}

extension Character {
  fileprivate var displayWidth: Int {
    // A cluster is as wide as its widest part: marks and joiners add nothing to their base.
    unicodeScalars.map(\.displayWidth).max() ?? 0
  }
}

extension Unicode.Scalar {
  fileprivate var displayWidth: Int {
    if value < 0x20 || (value >= 0x7F && value < 0xA0) { return 0 }
    if value < 0x300 { return 1 }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    if properties.isEmojiPresentation { return 2 }
    return Unicode.Scalar.wideRanges.contains { $0.contains(value) } ? 2 : 1
  }

  /// Blocks whose characters are wide or full-width in Unicode's East Asian Width (UAX #11).
  private static let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
    0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
    0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
  ]
}
