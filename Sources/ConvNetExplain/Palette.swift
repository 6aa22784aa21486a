/// The colours of numbers: 256 for numbers of 0 or more, 256 for signed ones.
///
/// `positive` is viridis, whose lightness rises evenly; `signed` goes from blue over a light grey at 0
/// to red, equally light at equal distance from 0. Rainbow scales are not offered: their lightness goes
/// up and down and draws edges where there are none.
package enum Palette {
  package static let positive = table([
    0x440154, 0x481A6C, 0x472F7D, 0x414487, 0x39568C, 0x31688E, 0x2A788E, 0x23888E, 0x1F988B,
    0x22A884, 0x35B779, 0x54C568, 0x7AD151, 0xA5DB36, 0xD2E21B, 0xFDE725,
  ])
  package static let signed = table([
    0x3B4CC0, 0x5977E3, 0x7B9FF9, 0x9EBEFF, 0xC0D4F5, 0xDDDCDC, 0xF2CBB7, 0xF7AC8E, 0xEE8468,
    0xD65244, 0xB40426,
  ])

  /// Red, green and blue of 256 colours between the given ones.
  private static func table(_ stops: [Int]) -> [UInt8] {
    (0..<256).flatMap { index -> [UInt8] in
      let place = Double(index) / 255 * Double(stops.count - 1)
      let left = min(Int(place), stops.count - 2)
      let share = place - Double(left)
      return [16, 8, 0].map { shift in
        let (a, b) = (stops[left] >> shift & 255, stops[left + 1] >> shift & 255)
        return UInt8((Double(a) + share * Double(b - a)).rounded())
      }
    }
  }

  /// The place of a number in a table.
  package static func index(_ number: Float, low: Float, high: Float) -> UInt8 {
    guard high > low, number.isFinite else { return low < 0 ? 128 : 0 }
    let share = (Double(number) - Double(low)) / (Double(high) - Double(low))
    return UInt8((max(0, min(1, share)) * 255).rounded())
  }

  /// The range of colours for numbers from `minimum` to `maximum`: around 0 where some are negative.
  package static func range(_ minimum: Float, _ maximum: Float) -> (low: Float, high: Float) {
    guard minimum < 0 else { return (0, maximum) }
    let limit = max(-minimum, maximum)
    return (-limit, limit)
  }
}
