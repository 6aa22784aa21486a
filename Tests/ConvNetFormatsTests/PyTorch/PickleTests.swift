import ConvNetGraph
import Testing

@testable import ConvNetFormats

@Suite struct PickleTests {
  private func read(_ pickle: [UInt8]) throws -> PyTorchFile {
    try PyTorchFile(FileBytes(ZipWriter.torch(pickle), name: "p"))
  }

  static let lines =
    "\n  only tensors, numbers, texts and containers are read; nothing is executed"
    + "\n  export it in Python with torch.save(model.state_dict(), \"weights.pth\")"

  private static func pickle(_ body: (inout PickleWriter) -> Void) -> [UInt8] {
    var writer = PickleWriter()
    body(&writer)
    return writer.finished
  }

  /// Pickles that would run something in Python, and what the error names.
  static let harmful: [([UInt8], String)] = [
    (pickle { $0.raw("cos\nsystem\n(S'true'\ntR") }, "refers to os.system"),
    (pickle { $0.raw("cposix\nsystem\n") }, "refers to posix.system"),
    (pickle { $0.raw("cbuiltins\neval\n") }, "refers to builtins.eval"),
    (pickle { $0.raw("c__builtin__\nexec\n") }, "refers to __builtin__.exec"),
    (pickle { $0.raw("cbuiltins\ngetattr\n") }, "refers to builtins.getattr"),
    (pickle { $0.raw("csubprocess\nPopen\n") }, "refers to subprocess.Popen"),
    (pickle { $0.raw("(S'true'\n") }, "uses the pickle operation 83"),
    (pickle { $0.raw("(ios\nsystem\n") }, "refers to os.system"),
    (pickle { $0.raw("(o") }, "uses the pickle operation 111"),
    (
      pickle {
        $0.string("os")
        $0.string("system")
        $0.operation(.stackGlobal)
      }, "refers to os.system"
    ),
    (pickle { $0.raw("c__main__\nNet\n)\u{81}") }, "refers to __main__.Net"),
    (
      pickle { $0.raw("ctorch.nn.modules.conv\nConv2d\n") },
      "refers to torch.nn.modules.conv.Conv2d"
    ),
    (
      pickle { $0.raw("cnumpy.core.multiarray\n_reconstruct\n") },
      "refers to numpy.core.multiarray._reconstruct"
    ),
    (pickle { $0.raw("ctorch\nload\n") }, "refers to torch.load"),
    (pickle { $0.raw("ctorch.hub\nload\n") }, "refers to torch.hub.load"),
    (pickle { $0.raw("ca\u{1B}[2J\nb\n") }, "refers to a\\u{1b}[2J.b"),
    (pickle { $0.raw("ctorch\nFloatStorage\n)R") }, "makes a storage of its own"),
    (pickle { $0.raw("}}R") }, ""),
    (pickle { $0.raw(")}b") }, "sets the state of an object"),
    (
      PickleWriter.dictionary { writer in
        writer.string("good")
        writer.tensor("0", count: 1, sizes: [1], strides: [1])
        writer.string("bad")
        writer.raw("cos\nsystem\n")
      }, "refers to os.system"
    ),
  ]

  @Test(arguments: harmful.indices) func refusesByName(index: Int) {
    let (bytes, name) = Self.harmful[index]
    let error = thrownError { try read(bytes) }
    guard !name.isEmpty else {
      #expect(error?.kind == .invalidData)
      return
    }
    #expect(error?.kind == .unsupported)
    #expect(error?.description == "p: not a plain state dict: " + name + Self.lines)
  }

  /// Damaged pickles and the error's reason.
  static let damaged: [([UInt8], String)] = [
    ([], "ends inside a pickle"),
    ([0x80], "ends inside a pickle"),
    ([0x80, 9, 0x2E], "pickle protocol 9 is not known"),
    ([0x80, 2, 0x2E], "the stack is empty"),
    ([0x80, 2, 0x74], "a mark is missing"),
    ([0x80, 2, 0x85], "the stack is empty"),
    ([0x80, 2, 0x68, 5], "nothing is remembered as 5"),
    ([0x80, 2, 0x71, 5], "nothing to remember"),
    ([0x80, 2, 0x4E, 0x61], "items for something that is no list"),
    ([0x80, 2, 0x61], "the stack is empty"),
    ([0x80, 2, 0x4E, 0x4E, 0x61], "items for something that is no list"),
    ([0x80, 2, 0x5D, 0x4E, 0x4E, 0x73], "items for something that is no dictionary"),
    ([0x80, 2, 0x7D, 0x28, 0x4E, 0x75], "a key without a value"),
    ([0x80, 2, 0x58, 0xFF, 0xFF, 0xFF, 0xFF], "ends inside a string of a pickle"),
    ([0x80, 2, 0x54, 0xFF, 0xFF, 0xFF, 0xFF], "ends inside a string of a pickle"),
    (
      [0x80, 2, 0x8D] + [UInt8](repeating: 255, count: 8),
      "a string's length is 18446744073709551615"
    ),
    ([0x80, 2, 0x58, 1, 0, 0, 0, 0xFF], "a string is not UTF-8"),
    ([0x80, 2, 0x8B, 0xFF, 0xFF, 0xFF, 0x7F], "a number of 2147483647 bytes"),
    ([0x80, 2, 0x8B, 0xFF, 0xFF, 0xFF, 0xFF], "ends inside a pickle"),
    ([0x80, 2, 0x49] + Array("12x\n".utf8), "a number is not one or too large"),
    ([0x80, 2, 0x46] + Array("x\n".utf8), "a number is not one"),
    ([0x80, 2, 0x63] + [UInt8](repeating: 65, count: 10_000), "a line is too long"),
    ([0x80, 2, 0x4E, 0x51], "a storage's description is wrong"),
    ([0x80, 2, 0x28, 0x30, 0x30], "the stack is empty"),
    ([0x80, 2] + [UInt8](repeating: 0x4E, count: 5_000_000), "there are too many values"),
  ]

  @Test(arguments: damaged.indices) func refusesDamage(index: Int) {
    let (bytes, text) = Self.damaged[index]
    let error = thrownError { try read(bytes) }
    #expect(error?.kind == .invalidData)
    #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
  }

  @Test func refusesWhatHoldsNoTensors() {
    expectError(
      .unsupported,
      "p: not a plain state dict: holds something else\n"
        + "  expected is a dictionary of names and tensors\n"
        + "  export it in Python with torch.save(model.state_dict(), \"weights.pth\")"
    ) { try read([0x80, 2, 0x4E, 0x2E]) }
    expectError(
      .unsupported, "p: holds no tensors\n  looked for a dictionary of names and tensors"
    ) { try read([0x80, 2, 0x7D, 0x2E]) }
  }

  @Test func nestingAndCirclesEndQuickly() {
    // A list that holds itself, a million nested lists, a tree that doubles sixty times.
    var circle = PickleWriter()
    circle.raw("}q\u{0}(X")
    circle.bytes += [1, 0, 0, 0, 65]
    circle.raw("h\u{0}u")
    var deep = PickleWriter()
    deep.bytes += [UInt8](repeating: 0x5D, count: 1_000_000)
    deep.bytes += [UInt8](repeating: 0x61, count: 999_999)
    var tree = PickleWriter()
    tree.raw("}q\u{0}")
    for _ in 0..<60 {
      tree.raw("0}q\u{1}(X")
      tree.bytes += [1, 0, 0, 0, 65]
      tree.raw("h\u{0}X")
      tree.bytes += [1, 0, 0, 0, 66]
      tree.raw("h\u{0}uq\u{0}")
    }
    let clock = ContinuousClock()
    let start = clock.now
    for writer in [circle, deep, tree] {
      #expect(throws: ConvNetError.self) { try read(writer.finished) }
    }
    #expect(clock.now - start < .seconds(5))
  }

  @Test func plainValuesOfEveryProtocol() throws {
    // Protocol 4 with frame, short strings, memoize; protocol 0 with lines.
    var four: [UInt8] = [0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, 0x7D, 0x94, 0x28]
    four += [0x8C, 1, 65, 0x94, 0x4B, 7, 0x75, 0x2E]
    var machine = PickleMachine(ByteReader(FileBytes(four, name: "p")))
    guard case .dictionary(let place) = try machine.run() else {
      Issue.record("no dictionary")
      return
    }
    #expect(machine.heap.dictionaries[place].count == 1)
    let zero = Array("(lp0\nI01\naI-5\naL7L\naF1.5\naVtext\na.".utf8)
    var old = PickleMachine(ByteReader(FileBytes(zero, name: "p")))
    guard case .list(let list) = try old.run() else {
      Issue.record("no list")
      return
    }
    #expect(old.heap.sequences[list].count == 5)
    if case .int(let number) = old.heap.sequences[list][1] { #expect(number == -5) }
    if case .bool(let flag) = old.heap.sequences[list][0] { #expect(flag) }
  }

  @Test func survivesDamage() throws {
    let good = PickleWriter.dictionary { writer in
      for name in ["a", "b"] {
        writer.string(name)
        writer.tensor("0", count: 6, sizes: [2, 3], strides: [3, 1])
      }
    }
    let storage = [UInt8](repeating: 7, count: 24)
    survivesMutations(of: good, count: 6_000) { bytes in
      let file = ZipWriter.torch(bytes, ["0": storage])
      _ = try PyTorchFile(FileBytes(file, name: "p")).load()
    }
  }
}
