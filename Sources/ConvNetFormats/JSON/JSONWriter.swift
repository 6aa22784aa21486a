extension JSONValue {
  /// The value as a JSON text.
  ///
  /// Numbers are written with as few digits as bring back the same number; a number that is not
  /// finite has no form in JSON and becomes `null`.
  ///
  /// - Parameter indent: The spaces per level, one member per line; nil for one line without
  ///   spaces.
  public func serialized(indent: Int? = nil) -> String {
    var writer = JSONWriter(indent: indent)
    writer.write(self, level: 0)
    return writer.text
  }
}

private struct JSONWriter {
  let indent: Int?
  var text = ""

  mutating func write(_ value: JSONValue, level: Int) {
    switch value {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value): text += value.isFinite ? "\(value)" : "null"
    case .string(let value): write(value)
    case .array(let values):
      // A list of plain values stays on one line, as shapes do.
      let isPlain = values.allSatisfy { $0.array == nil && $0.object == nil }
      list("[", "]", count: values.count, level: level, oneLine: isPlain) { (writer, index) in
        writer.write(values[index], level: level + 1)
      }
    case .object(let object):
      list("{", "}", count: object.count, level: level, oneLine: false) { (writer, index) in
        writer.write(object.members[index].key)
        writer.text += writer.indent == nil ? ":" : ": "
        writer.write(object.members[index].value, level: level + 1)
      }
    }
  }

  private mutating func list(
    _ open: String, _ close: String, count: Int, level: Int, oneLine: Bool,
    _ item: (inout JSONWriter, Int) -> Void
  ) {
    text += open
    let breaks = indent != nil && !oneLine && count > 0
    for index in 0..<count {
      if index > 0 { text += indent == nil || breaks ? "," : ", " }
      if breaks { newLine(level + 1) }
      item(&self, index)
    }
    if breaks { newLine(level) }
    text += close
  }

  private mutating func newLine(_ level: Int) {
    text += "\n" + String(repeating: " ", count: level * (indent ?? 0))
  }

  private mutating func write(_ string: String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
