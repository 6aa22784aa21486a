/// A bar that fills from left to right, in half cells.
package enum ProgressBar {
  /// The bar for a share between 0 and 1, `width` cells wide; ASCII where that is all there is.
  package static func text(share: Double, width: Int, isUnicode: Bool = true) -> String {
    let width = max(0, width)
    let share = share.isFinite ? min(1, max(0, share)) : 0
    let halves = Int((share * Double(2 * width)).rounded(.down))
    let full = halves / 2
    let hasHalf = halves % 2 == 1
    let (cell, half) = isUnicode ? ("━", "╸") : ("=", "-")
    return String(repeating: cell, count: full) + (hasHalf ? half : "")
      + String(repeating: " ", count: width - full - (hasHalf ? 1 : 0))
  }
}
