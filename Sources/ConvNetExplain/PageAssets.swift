internal import CConvNetAssets
internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetText

/// The files that are part of the program.
package enum PageAssets {
  static func text(_ name: cn_asset_name) -> String {
    String(decoding: bytes(name), as: UTF8.self)
  }

  static func bytes(_ name: cn_asset_name) -> [UInt8] {
    let asset = cn_asset_of(name)
    return Array(UnsafeBufferPointer(start: asset.bytes, count: asset.count))
  }

  /// The page's scripts without comments and needless space.
  static let script = ScriptSqueezer.squeezed(text(CN_ASSET_SCRIPT))
  package static let style = StyleSqueezer.squeezed(text(CN_ASSET_STYLE))
}

/// The small trained network that comes with the program.
public enum StarterModel {
  /// The name that it goes by.
  public static let name = "starter.safetensors"

  /// Its model file: trained on Fashion-MNIST by `Scripts/train-starter`.
  public static var bytes: [UInt8] { PageAssets.bytes(CN_ASSET_STARTER) }
}

/// Makes a script smaller without understanding it: comments and space that separates nothing go, so
/// do the last semicolon of a block and the parentheses around an arrow function's only parameter.
///
/// Strings and templates stay as they are. Scripts must keep to four rules: no template inside a
/// template, regular expressions without quotes and spaces, a semicolon behind every statement that
/// does not end with a brace, no empty statement.
enum ScriptSqueezer {
  static func squeezed(_ source: String) -> String {
    let bytes = Array(source.utf8)
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      let byte = bytes[at]
      if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "`") {
        let start = at
        at += 1
        while at < bytes.count, bytes[at] != byte { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
        at = min(at + 1, bytes.count)
        out += bytes[start..<at]
      } else if starts(with: "/*", bytes, at) {
        while at < bytes.count, !starts(with: "*/", bytes, at) { at += 1 }
        at = min(at + 2, bytes.count)
      } else if starts(with: "//", bytes, at), at == 0 || isSpace(bytes[at - 1]) {
        while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { at += 1 }
      } else if isSpace(byte) {
        var hasLine = false
        while at < bytes.count, isSpace(bytes[at]) {
          hasLine = hasLine || bytes[at] == UInt8(ascii: "\n")
          at += 1
        }
        if let kept = separator(out.last, at < bytes.count ? bytes[at] : nil, hasLine) {
          out.append(kept)
        }
      } else {
        if byte == UInt8(ascii: "}"), out.last == UInt8(ascii: ";") { out.removeLast() }
        if starts(with: "=>", bytes, at) { unwrapParameter(&out) }
        out.append(byte)
        at += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// `(x)` at the end becomes `x`, where nothing stands before it that it would grow together with.
  private static func unwrapParameter(_ out: inout [UInt8]) {
    guard out.last == UInt8(ascii: ")") else { return }
    var open = out.count - 2
    while open >= 0, isWord(out[open]) { open -= 1 }
    guard open >= 0, out[open] == UInt8(ascii: "("), open < out.count - 2,
      open == 0 || !isWord(out[open - 1])
    else { return }
    out.removeLast()
    out.remove(at: open)
  }

  /// What has to stay between two bytes that space stood between.
  private static func separator(_ left: UInt8?, _ right: UInt8?, _ hasLine: Bool) -> UInt8? {
    guard let left, let right else { return nil }
    if hasLine { return Array("{(,[;\n=+?:&|".utf8).contains(left) ? nil : UInt8(ascii: "\n") }
    if isWord(left), isWord(right) { return UInt8(ascii: " ") }
    return left == right && Array("+-".utf8).contains(left) ? UInt8(ascii: " ") : nil
  }

  private static func starts(with text: StaticString, _ bytes: [UInt8], _ at: Int) -> Bool {
    text.withUTF8Buffer { bytes[at...].starts(with: $0) }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 10 }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 128...:
      true
    default: false
    }
  }
}

/// Makes a style sheet smaller: line ends go, and names of custom properties become one letter.
///
/// It must keep to two rules: a line begins with spaces only, and there are at most 26 custom properties.
enum StyleSqueezer {
  static func squeezed(_ source: String) -> String {
    var text = source.split(separator: "\n").map { line in
      String(line.drop { $0 == " " })
    }.joined().replacingText(";}", with: "}")
    var names: [String] = []
    var rest = text[...]
    while let found = rest.firstRange(ofText: "--") {
      let name = rest[found.upperBound...].prefix { $0.isASCII && $0.isLetter }
      rest = rest[name.endIndex...]
      if !name.isEmpty, !names.contains(String(name)) { names.append(String(name)) }
    }
    for (index, name) in names.prefix(26).enumerated() {
      let letter = Character(UnicodeScalar(UInt8(ascii: "A") + UInt8(index)))
      // Every place where a property is named ends with one of these.
      for end in [":", ")"] {
        text = text.replacingText("--\(name)\(end)", with: "--\(letter)\(end)")
      }
    }
    return text
  }
}
