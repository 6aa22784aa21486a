import ConvNetFormats
import ConvNetTerminal
import ConvNetText
import Testing

struct PictureTests {
  let colourful = TerminalCapabilities(isTerminal: true, redraws: true, colours: .trueColour)
  let palette = TerminalCapabilities(isTerminal: true, redraws: true, colours: .palette256)

  @Test func onePixelPerHalfCell() throws {
    let picture = try Image(width: 1, height: 2, channels: 3, pixels: [255, 0, 0, 0, 0, 255])
    let line = "\u{1B}[38;2;255;0;0m\u{1B}[48;2;0;0;255m▀\u{1B}[0m"
    #expect(try PictureDrawing.lines(of: picture, columns: 1, on: colourful) == [line])
    let indexed = "\u{1B}[38;5;196m\u{1B}[48;5;21m▀\u{1B}[0m"
    #expect(try PictureDrawing.lines(of: picture, columns: 1, on: palette) == [indexed])
  }

  @Test func coloursAreSaidWhereTheyChange() throws {
    let picture = try Image(
      width: 16, height: 2, channels: 1, pixels: Array(repeating: 128, count: 32))
    let lines = try PictureDrawing.lines(of: picture, columns: 16, on: palette)
    #expect(
      lines == [
        "\u{1B}[38;5;244m\u{1B}[48;5;244m" + String(repeating: "▀", count: 16) + "\u{1B}[0m"
      ])
  }

  @Test func brightnessIsCharactersWithoutColours() throws {
    let ramp = (0..<20).map { UInt8($0 * 255 / 19) }
    let picture = try Image(width: 20, height: 2, channels: 1, pixels: ramp + ramp)
    #expect(
      try PictureDrawing.lines(of: picture, columns: 20, on: .plain) == ["     ░░░░░▒▒▒▒▒▓▓▓▓█"])
    var ascii = TerminalCapabilities.plain
    ascii.isUnicode = false
    #expect(
      try PictureDrawing.lines(of: picture, columns: 20, on: ascii) == ["   ..::--==++**##%%@"])
  }

  @Test(arguments: [(28, 28, 40), (96, 64, 30), (64, 960, 30), (1, 1, 10), (3000, 2, 80)])
  func theDrawingFits(width: Int, height: Int, columns: Int) throws {
    let count = width * height * 3
    let pixels = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let picture = try Image(width: width, height: height, channels: 3, pixels: pixels)
    let lines = try PictureDrawing.lines(of: picture, columns: columns, on: .plain)
    let drawnWidth = PictureDrawing.width(of: picture, columns: columns)
    #expect(drawnWidth <= columns)
    #expect(lines.count <= (columns + 1) / 2)
    #expect(lines.allSatisfy { $0.displayWidth == drawnWidth })
  }

  @Test func shrinkingTakesTheMean() throws {
    let board: [UInt8] = (0..<4096).map { ($0 % 64 + $0 / 64) % 2 == 0 ? 0 : 255 }
    let picture = try Image(width: 64, height: 64, channels: 1, pixels: board)
    let lines = try PictureDrawing.lines(of: picture, columns: 32, on: colourful)
    #expect(lines.count == 16)
    #expect(lines[0].hasPrefix("\u{1B}[38;2;128;128;128m\u{1B}[48;2;128;128;128m▀▀"))
  }
}
