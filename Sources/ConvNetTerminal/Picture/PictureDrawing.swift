package import ConvNetFormats
package import ConvNetGraph

/// Pictures as lines of text: two pixels in each cell as coloured half blocks, or brightness as
/// characters where there are no colours.
package enum PictureDrawing {
  /// The lines of a picture that is at most `columns` cells wide; a cell is taken to be twice as
  /// high as it is wide. Each line takes `width(of:columns:)` cells.
  ///
  /// - Throws: An `invalidArgument` error where the drawing would be impossibly large.
  package static func lines(
    of picture: Image, columns: Int, on terminal: TerminalCapabilities
  ) throws(ConvNetError) -> [String] {
    let width = width(of: picture, columns: columns)
    // An even count of rows, since two share a cell.
    let height = max(1, (picture.height * width / picture.width + 1) / 2) * 2
    if terminal.colours == .none {
      let cells = try pixels(of: picture, width: width, height: height / 2)
      let ramp = Array(terminal.isUnicode ? " ░▒▓█" : " .:-=+*#%@")
      return rows(of: cells, width: width).map { row in
        String(row.map { ramp[$0.brightness * (ramp.count - 1) / 255] })
      }
    }
    let rows = rows(of: try pixels(of: picture, width: width, height: height), width: width)
    return stride(from: 0, to: rows.count - 1, by: 2).map { row in
      blocks(upper: rows[row], lower: rows[row + 1], colours: terminal.colours)
    }
  }

  /// The cells that a picture's lines take: not more than its own pixels, unless it is very small.
  package static func width(of picture: Image, columns: Int) -> Int {
    // A tall picture is limited by its height: no more rows than columns were allowed.
    let wanted = min(columns, max(picture.width, 16))
    let tall = wanted * picture.height > columns * picture.width
    return max(1, tall ? columns * picture.width / picture.height : wanted)
  }

  private static func pixels(
    of picture: Image, width: Int, height: Int
  ) throws(ConvNetError) -> [Colour] {
    let small = try picture.converted(to: .rgb).resized(width: width, height: height, .box)
    return stride(from: 0, to: small.pixels.count, by: 3).map { place in
      Colour(
        red: small.pixels[place], green: small.pixels[place + 1], blue: small.pixels[place + 2])
    }
  }

  private static func rows(of pixels: [Colour], width: Int) -> [ArraySlice<Colour>] {
    stride(from: 0, to: pixels.count, by: width).map { pixels[$0..<min($0 + width, pixels.count)] }
  }

  /// The upper pixel is the block, the lower one the ground behind it. A colour is only said where
  /// it changes.
  private static func blocks(
    upper: ArraySlice<Colour>, lower: ArraySlice<Colour>, colours: TerminalCapabilities.Colours
  ) -> String {
    var text = ""
    var last: (block: String, ground: String) = ("", "")
    for (block, ground) in zip(upper, lower) {
      let codes = (code(block, 38, colours), code(ground, 48, colours))
      if codes.0 != last.block { text += codes.0 }
      if codes.1 != last.ground { text += codes.1 }
      last = codes
      text += "▀"
    }
    return text + "\u{1B}[0m"
  }

  /// The escape sequence that sets the block's (38) or the ground's (48) colour.
  private static func code(
    _ colour: Colour, _ layer: Int, _ colours: TerminalCapabilities.Colours
  ) -> String {
    colours == .trueColour
      ? "\u{1B}[\(layer);2;\(colour.red);\(colour.green);\(colour.blue)m"
      : "\u{1B}[\(layer);5;\(colour.paletteIndex)m"
  }
}
