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

@Suite struct AtomicFileTests {
  @Test func replacesWholeFilesAndLeavesNothingElse() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("first", to: folder("a"))
    try AtomicFile.write("second", to: folder("a"))
    #expect(try folder.names == ["a"])
    #expect(FileManager.default.contents(atPath: folder("a")) == Data("second".utf8))
  }

  @Test func aFailingWriterLeavesTheOldFile() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("old", to: folder("a"))
    expectError(.diverged, "stop") {
      try AtomicFile.write(to: folder("a")) { (writer) throws(ConvNetError) in
        try writer.write([UInt8](repeating: 1, count: 300_000))
        throw ConvNetError(.diverged, "stop")
      }
    }
    #expect(try folder.names == ["a"])
    #expect(FileManager.default.contents(atPath: folder("a")) == Data("old".utf8))
  }

  @Test func refusesFoldersDevicesAndMissingFolders() throws {
    let folder = try TemporaryFolder()
    expectError(.cannotWrite, "\(folder.path): cannot be written\n  it is a folder") {
      try AtomicFile.write("x", to: folder.path)
    }
    expectError(.cannotWrite, "/dev/null: cannot be written\n  it is a character device") {
      try AtomicFile.write("x", to: "/dev/null")
    }
    expectError(
      .cannotWrite, "\(folder.path)/no/file: cannot be written\n  No such file or directory"
    ) { try AtomicFile.write("x", to: folder("no/file")) }
    expectError(.cannotWrite, "\"\": cannot be written\n  this is no name for a file") {
      try AtomicFile.write("x", to: "")
    }
  }

  @Test func aLinkStaysALinkAndPermissionsStay() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("old", to: folder("a"))
    #expect(chmod(folder("a"), 0o640) == 0)
    #expect(symlink("a", folder("link")) == 0)
    try AtomicFile.write("new", to: folder("link"))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder("link")) == "a")
    #expect(FileManager.default.contents(atPath: folder("a")) == Data("new".utf8))
    var information = stat()
    #expect(stat(folder("a"), &information) == 0)
    #expect(information.st_mode & 0o777 == 0o640)
  }

  @Test func aNameOf255BytesWorks() throws {
    let folder = try TemporaryFolder()
    let name = String(repeating: "n", count: 255)
    try AtomicFile.write("x", to: folder(name))
    #expect(try folder.names == [name])
  }

}
