import ConvNetGraph
import Testing

@testable import ConvNetFormats

@Suite struct ListTests {
  /// Reads a list beside three pictures.
  private func read(
    _ text: [UInt8], outside: Bool = false
  ) throws -> (data: Dataset, folder: TemporaryFolder) {
    let folder = try TemporaryFolder()
    for name in ["a.ppm", "b.ppm", "x,y \"z\".ppm"] { try folder.write(Samples.ppm(8), to: name) }
    let path = try folder.write(text, to: "list.csv")
    var options = DatasetOptions()
    options.validationFraction = 0
    options.allowsOutsidePaths = outside
    return (try Dataset.detect(path, options: options), folder)
  }

  @Test func readsNamesAndNumbers() throws {
    let (names, _) = try read(Array("path,label\na.ppm,dog\nb.ppm,cat\n".utf8))
    #expect(names.kind == .list)
    #expect(names.classNames == ["cat", "dog"])
    #expect(names.training?.labels == [1, 0])
    let (numbers, folder) = try read(Array("a.ppm,2\nb.ppm,0".utf8))
    #expect(numbers.classNames == ["0", "1", "2"])
    #expect(numbers.training?.labels == [2, 0])
    #expect(numbers.training?.classCounts == [1, 0, 1])
    #expect(try numbers.training?.image(at: 0).pixels.first == 8)
    withExtendedLifetime(folder) {}
  }

  @Test func readsQuotesMarksReturnsAndEmptyLines() throws {
    let text = "\r\n\"x,y \"\"z\"\".ppm\",\"dog\"\r\n\r\na.ppm, cat \r\n"
    let (data, _) = try read([0xEF, 0xBB, 0xBF] + Array(text.utf8))
    #expect(data.training?.name(at: 0) == "x,y \"z\".ppm")
    #expect(data.training?.labels == [1, 0])
    #expect(data.classNames == ["cat", "dog"])
  }

  /// A wrong list and the error's text behind the name.
  static let wrong: [([UInt8], String)] = [
    ([], "lists no pictures\n  expected are lines path,label"),
    (Array("path,label\n".utf8), "lists no pictures\n  expected are lines path,label"),
    (Array("a.ppm,1\nc.ppm,1\n".utf8), "line 2: \"c.ppm\" does not exist"),
    (Array("a.ppm,-1".utf8), "line 1: the label \"-1\" is not a whole number in 0...99999"),
    (Array("a.ppm,1.5".utf8), "line 1: the label \"1.5\" is not a whole number in 0...99999"),
    (Array("a.ppm,nan".utf8), "line 1: the label \"nan\" is not a whole number in 0...99999"),
    (Array("a.ppm,1e999".utf8), "line 1: the label \"1e999\" is not a whole number in 0...99999"),
    (
      Array("a.ppm,99999999999999999999".utf8),
      "line 1: the label \"99999999999999999999\" is not a whole number in 0...99999"
    ),
    (Array("a.ppm,100000".utf8), "line 1: the label \"100000\" is not a whole number in 0...99999"),
    (Array("a.ppm,1\nb.ppm,x".utf8), "line 2: the label \"x\" is no number, unlike those before"),
    (Array("a.ppm,x\nb.ppm,1".utf8), "line 2: the label \"1\" is a number, unlike those before"),
    (Array("a.ppm,".utf8), "line 1: has no label"),
    (Array(",x".utf8), "line 1: has no path"),
    (Array("a.ppm".utf8), "line 1: has 1 fields, expected are 2: path,label"),
    (Array("a.ppm,x,y".utf8), "line 1: has 3 fields, expected are 2: path,label"),
    (Array("a.ppm,x\n\"b.ppm,x\n".utf8), "line 2: a quote is not closed"),
    (Array("\"a.ppm\"x,y\n".utf8), "line 1: has text behind a closing quote"),
    (
      Array("a.ppm,x\n\n../list.csv,x".utf8),
      "line 3: \"../list.csv\" leads out of the list's folder"
    ),
    (Array("/dev/zero,x".utf8), "line 1: \"/dev/zero\" leads out of the list's folder"),
    (Array("a\0.ppm,x".utf8), "line 1: holds a NUL byte"),
    ([0x61, 0xFF, 0x2C, 0x78], "line 1: is not UTF-8"),
    (
      [0xFF, 0xFE, 0x61, 0],
      "is not UTF-8\n  it begins like UTF-16\n  convert it: iconv -f UTF-16 -t UTF-8"
    ),
    ([UInt8](repeating: 0x61, count: 8 << 20), "line 1: has more than 65536 bytes"),
    (
      Array(String(repeating: ",", count: 60_000).utf8),
      "line 1: has 60001 fields, expected are 2: path,label"
    ),
    (
      Array((1...30).map { "no\($0),x" }.joined(separator: "\n").utf8),
      (1...10).map { "line \($0): \"no\($0)\" does not exist" }.joined(separator: "\n  ")
        + "\n  reading stopped after 10 mistakes"
    ),
  ]

  @Test(arguments: wrong.indices) func refuses(index: Int) throws {
    let (text, expected) = Self.wrong[index]
    let error = thrownError { try read(text) }
    let shown = error?.description ?? ""
    #expect(shown.hasSuffix("/list.csv: " + expected), "\(shown.prefix(300))")
    #expect(error?.kind == .invalidData)
  }

  @Test func outsidePathsNeedTheOptionAndFilesStay() throws {
    let other = try TemporaryFolder()
    let path = try other.write(Samples.ppm(4), to: "o.ppm")
    #expect(throws: ConvNetError.self) { try read(Array("\(path),x".utf8)) }
    let error = thrownError { try read(Array("/dev/zero,x".utf8), outside: true) }
    #expect(
      error?.description.hasSuffix("line 1: \"/dev/zero\" is a character device, not a file")
        == true)
  }

  @Test func manyLinesAreReadQuickly() throws {
    let text = String(repeating: "a.ppm,1\nb.ppm,0\n", count: 50_000)
    let clock = ContinuousClock()
    let start = clock.now
    #expect(try read(Array(text.utf8)).data.training?.count == 100_000)
    let duration = clock.now - start
    #expect(duration < .seconds(10))
  }

  @Test func survivesDamage() throws {
    let folder = try TemporaryFolder()
    for name in ["a.ppm", "b.ppm"] { try folder.write(Samples.ppm(8), to: name) }
    let text = "path,label\na.ppm,dog\n\"b.ppm\",\"cat\"\r\na.ppm,cat\nb.ppm,dog\n"
    survivesMutations(of: Array(text.utf8)) { bytes in
      _ = try ImageList(
        FileBytes(bytes, name: "l"), path: folder("l.csv"), options: DatasetOptions())
    }
  }
}
