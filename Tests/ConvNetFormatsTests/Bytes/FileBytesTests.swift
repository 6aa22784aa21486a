import ConvNetFormats
import ConvNetGraph
import FoundationEssentials
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct FileBytesTests {
  @Test(arguments: [0, 1, 100, 1 << 20, (1 << 20) + 1, 3_000_000])
  func readsBackWhatWasWritten(count: Int) throws {
    let folder = try TemporaryFolder()
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    let path = try folder.write(bytes, to: "file")
    let file = try FileBytes(path: path)
    #expect(file.count == count)
    #expect(file.withUnsafeBytes { Array($0) } == bytes)
  }

  @Test func refusesWhatIsNoRegularFile() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    #expect(symlink("loop", folder("loop")) == 0)
    #expect(symlink("nowhere", folder("dangling")) == 0)
    let at = folder.path
    expectError(.notFound, "\(at)/none: no such file") { try FileBytes(path: folder("none")) }
    expectError(.notFound, "\(at)/dangling: no such file") {
      try FileBytes(path: folder("dangling"))
    }
    expectError(
      .notFound, "\(at)/loop: cannot be opened\n  its links lead in a circle"
    ) { try FileBytes(path: folder("loop")) }
    expectError(.invalidData, "\(at): is a folder, not a file") { try FileBytes(path: folder.path) }
    expectError(.invalidData, "\(at)/pipe: is a named pipe, not a file") {
      try FileBytes(path: folder("pipe"))
    }
    expectError(.invalidData, "/dev/zero: is a character device, not a file") {
      try FileBytes(path: "/dev/zero")
    }
    expectError(.notFound, "a\\u{0}b: no such file\n  the name holds a NUL byte") {
      try FileBytes(path: "a\0b")
    }
    expectError(.notFound, "no\\nsuch\\\"file: no such file") {
      try FileBytes(path: "no\nsuch\"file")
    }
  }

  @Test func refusesFilesOverTheLimit() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3, 4], to: "four")
    expectError(.invalidData, "\(path): has 4 bytes\n  the limit is 3 bytes") {
      try FileBytes(path: path, limit: 3)
    }
    #expect(try FileBytes(path: path, limit: 4).count == 4)
  }

  @Test func slicesShareAndAreChecked() throws {
    let file = FileBytes([1, 2, 3, 4, 5], name: "five")
    let slice = try file.slice(1..<4, name: "part")
    #expect(slice.withUnsafeBytes { Array($0) } == [2, 3, 4])
    expectError(
      .invalidData, "five: is too short\n  bytes 2..<6 are needed, it has 5"
    ) { try file.slice(2..<6, name: "part") }
  }

  @Test func longNamesAreShortenedAndDirectionMarksEscaped() {
    #expect("plain é 😀".escapedForDisplay == "plain é 😀")
    #expect("a\u{1B}[2Jb\u{202E}c".escapedForDisplay == "a\\u{1b}[2Jb\\u{202e}c")
    #expect(String(repeating: "x", count: 1_000_000).escapedForDisplay.count == 201)
  }
}
