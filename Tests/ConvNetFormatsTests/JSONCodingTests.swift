import ConvNetFormats
import ConvNetGraph
import Testing

private struct Settings: Codable, Equatable {
  struct Inner: Codable, Equatable {
    var rates: [Double] = [0.1, -0.0, 1e300]
    var name = "a \"quoted\" name\n"
    var missing: Int?
  }
  enum Kind: String, Codable { case one, two }

  var flag = true
  var small: Float = 0.1
  var limits: [Float] = [-.infinity, .infinity]
  var seed = UInt64.max
  var count = -3
  var kind = Kind.two
  var inner = Inner()
  var list: [Inner] = [Inner(), Inner(rates: [], name: "", missing: 7)]
  var table = ["x": 1, "y": 2]
}

@Suite struct JSONCodingTests {
  @Test func whatIsWrittenIsReadBack() throws {
    let settings = Settings()
    let text = try JSONValue(encoding: settings).serialized(indent: 2)
    let value = try JSONValue(parsing: text)
    #expect(try value.decode(Settings.self, name: "text", rejectsUnknownKeys: true) == settings)
    #expect(value["small"] == .number(0.1))
    #expect(value["seed"] == .string("18446744073709551615"))
    #expect(value["limits"] == ["-inf", "inf"])
    #expect(value.object?.keys.prefix(3) == ["flag", "small", "limits"])
  }

  @Test func nanIsReadBack() throws {
    let value = try JSONValue(encoding: [Double.nan])
    #expect(value == ["nan"])
    #expect(try value.decode([Double].self, name: "text")[0].isNaN)
  }

  @Test func graphsAreReadBack() throws {
    struct Net: Module {
      let conv = Conv2d(inChannels: 1, outChannels: 2, kernelSize: 3)
      let bn = BatchNorm2d(2)
      func forward(_ x: Value) -> Value { F.relu(bn(conv(x))) }
    }
    let graph = try Graph(Net(), input: [1, 5, 5])
    let text = try JSONValue(encoding: graph).serialized()
    let read = try JSONValue(parsing: text).decode(Graph.self, name: "graph")
    #expect(try JSONValue(encoding: read).serialized() == text)
    #expect(read.parameters.map(\.name) == graph.parameters.map(\.name))
  }

  @Test(arguments: [
    (#"{"rates": [1], "name": 3}"#, #"text: name: is a whole number, expected is a string"#),
    (#"{"rates": [1, "x"], "name": ""}"#, #"text: rates[1]: is a string, expected is a number"#),
    (#"{"rates": {}, "name": ""}"#, #"text: rates: is an object, expected is an array"#),
    (#"{"name": ""}"#, #"text: has no "rates""#),
    (#"[]"#, #"text: is an array, expected is an object"#),
    (
      #"{"rates": [], "name": "", "nane": 1}"#,
      "text: unknown key \"nane\"\n  known are: missing, name, rates"
    ),
  ])
  func aWrongPlaceIsNamed(_ text: String, _ message: String) throws {
    let value = try JSONValue(parsing: text)
    expectError(.invalidData, message) {
      try value.decode(Settings.Inner.self, name: "text", rejectsUnknownKeys: true)
    }
  }

  @Test func anUnknownKeyDeepInsideIsNamed() throws {
    var value = try JSONValue(encoding: Settings())
    guard case .object(var object) = value, case .object(var inner)? = object["inner"] else {
      Issue.record("no object")
      return
    }
    inner["colour"] = "red"
    object["inner"] = .object(inner)
    value = .object(object)
    expectError(
      .invalidData, "text: inner: unknown key \"colour\"\n  known are: missing, name, rates"
    ) {
      try value.decode(Settings.self, name: "text", rejectsUnknownKeys: true)
    }
    #expect(try value.decode(Settings.self, name: "text") == Settings())
  }
}
