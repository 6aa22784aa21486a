import ConvNetFormats
import ConvNetGraph
import Testing

@Suite struct JSONTests {
  @Test func readsEveryKindOfValue() throws {
    let value = try JSONValue(
      parsing: #" {"a": [1, -2.5e3, true, false, null], "é\n": "\u00e9\ud83d\ude00\/", "n": -0} "#)
    #expect(value["a"] == [1, -2500.0, true, false, .null])
    #expect(value["é\n"]?.string == "é😀/")
    #expect(value["n"] == .number(-0.0))
    #expect(value.object?.keys == ["a", "é\n", "n"])
    #expect(try JSONValue(parsing: "9223372036854775807").int == .max)
    #expect(try JSONValue(parsing: "9223372036854775808").double == 9223372036854775808)
  }

  @Test(arguments: [
    "{}", "[]", "[1,2.5,\"a\\\"\\\\\\n\"]", #"{"a":{"b":[{},[]]},"c":1e-05}"#, "\"\\u0001\"",
    "0.1", "1e+300",
  ])
  func writesBackTheSame(text: String) throws {
    let value = try JSONValue(parsing: text)
    #expect(value.serialized() == text)
    #expect(try JSONValue(parsing: value.serialized(indent: 2)) == value)
  }

  @Test func indents() {
    let value: JSONValue = ["shape": [1, 2], "list": [["a": 1]], "empty": [:]]
    #expect(
      value.serialized(indent: 2) == """
        {
          "shape": [1, 2],
          "list": [
            {
              "a": 1
            }
          ],
          "empty": {}
        }
        """)
    #expect(JSONValue.number(.nan).serialized() == "null")
  }

  @Test(arguments: [
    ("", "the text ends where a value is expected, at byte 0"),
    (" ", "the text ends where a value is expected, at byte 1"),
    ("nul", "a value is expected, at byte 0"),
    ("NaN", "a value is expected, at byte 0"),
    ("Infinity", "a value is expected, at byte 0"),
    ("-", "a digit is expected, at byte 1"),
    ("01", "a number may not begin with a zero, at byte 0"),
    ("1.", "a digit is expected, at byte 2"),
    (".5", "a value is expected, at byte 0"),
    ("1e", "a digit is expected, at byte 2"),
    ("+1", "a value is expected, at byte 0"),
    ("0x10", "something follows the value, at byte 1"),
    ("1e999", "a number is out of range, at byte 0"),
    ("1 2", "something follows the value, at byte 2"),
    ("[1,]", "a value is expected, at byte 3"),
    ("[1 2]", "',' or ']' is expected, at byte 3"),
    ("[", "the text ends where a value is expected, at byte 1"),
    ("{", "a name in quotes is expected, at byte 1"),
    ("{a:1}", "a name in quotes is expected, at byte 1"),
    ("{\"a\" 1}", "':' is expected, at byte 5"),
    ("{\"a\":1,}", "a name in quotes is expected, at byte 7"),
    ("{\"a\":1,\"b\":2,\"a\":3}", "the name \"a\" stands twice in one object, at byte 13"),
    ("{\"a\":1]", "',' or '}' is expected, at byte 6"),
    ("\"abc", "the text ends inside a string, at byte 4"),
    ("\"a\nb\"", "a control character in a string, at byte 2"),
    ("\"\\x\"", "an unknown escape in a string, at byte 3"),
    ("\"\\u12\"", "four hexadecimal digits are expected, at byte 5"),
    ("\"\\ud800\"", "half of a surrogate pair, at byte 7"),
    ("\"\\udc00\"", "half of a surrogate pair, at byte 7"),
    ("\"\\ud800\\u0041\"", "half of a surrogate pair, at byte 13"),
    ("/* c */ 1", "a value is expected, at byte 0"),
    ("\u{FEFF}1", "a value is expected, at byte 0"),
  ])
  func refuses(text: String, reason: String) {
    expectError(.invalidData, "text: is not valid JSON\n  \(reason)") {
      try JSONValue(parsing: text)
    }
  }

  @Test func boundsDepthNumbersOfValuesAndDigits() throws {
    let deep = String(repeating: "[", count: 1_000_000)
    expectError(
      .invalidData, "text: is not valid JSON\n  nested deeper than 64 levels, at byte 64"
    ) { try JSONValue(parsing: deep) }
    let fine = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(try JSONValue(parsing: fine).array != nil)
    let digits = String(repeating: "1", count: 1_001)
    expectError(
      .invalidData, "text: is not valid JSON\n  a number has too many digits, at byte 1001"
    ) { try JSONValue(parsing: digits) }
    let many = Array(("[" + String(repeating: "0,", count: 100) + "0]").utf8)
    expectError(
      .invalidData, "x: is not valid JSON\n  there are too many values, at byte 101"
    ) { try many.withUnsafeBytes { try JSONValue(parsing: $0, name: "x", valueLimit: 51) } }
  }

  @Test func refusesTextThatIsNotUTF8() {
    for bytes: [UInt8] in [
      [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
      [0x22, 0x5C, 0x6E, 0xE2, 0x82, 0x22],
    ] {
      expectError(
        .invalidData, "x: is not valid JSON\n  the string at byte 1 is not UTF-8"
      ) { try bytes.withUnsafeBytes { try JSONValue(parsing: $0, name: "x") } }
    }
  }

  @Test func largeObjectsKeepOrderAndFindNames() throws {
    var object = JSONObject()
    for index in 0..<5_000 { object["key\(index)"] = .integer(index) }
    object["key17"] = nil
    let copy = try JSONValue(parsing: JSONValue.object(object).serialized())
    #expect(copy.object?.count == 4_999)
    #expect(copy["key4999"] == 4_999)
    #expect(copy["key17"] == nil)
    #expect(copy.object == object)
    #expect(copy.object?.keys[17] == "key18")
  }

  @Test func survivesDamage() throws {
    let text =
      #"{"name":"net","layers":[{"k":3,"s":[1,2]},{"x":1.5e-3,"t":true,"n":null}],"é":"\u00e9"}"#
    survivesMutations(of: Array(text.utf8)) { bytes in
      let value = try bytes.withUnsafeBytes { try JSONValue(parsing: $0, name: "x") }
      #expect(try JSONValue(parsing: value.serialized()) == value)
    }
  }
}
