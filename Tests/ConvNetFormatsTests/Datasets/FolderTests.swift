import ConvNetGraph
import FoundationEssentials
import Testing

@testable import ConvNetFormats

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct FolderTests {
  @Test func readsTrainAndValidation() throws {
    let folder = try TemporaryFolder()
    try folder.write(Samples.ppm(1), to: "train/dog/b.ppm")
    try folder.write(Samples.ppm(2), to: "train/dog/a.PPM")
    try folder.write(Samples.ppm(3), to: "train/cat/x/deep.ppm")
    try folder.write(Samples.ppm(4), to: "val/cat/1.ppm")
    try folder.write(Samples.ppm(5), to: "test/dog/1.ppm")
    try folder.write(Samples.ppm(5), to: "extra/1.ppm")
    try folder.write([], to: "train/dog/.hidden.ppm")
    try folder.write([], to: "train/.hidden/a.ppm")
    try folder.write([], to: "train/dog/notes.txt")
    try folder.write([], to: "train/dog/c.gif")
    try folder.write([], to: "README.md")
    let data = try Dataset.detect(folder.path)
    #expect(data.kind == .folders)
    #expect(data.classNames == ["cat", "dog"])
    let training = try #require(data.training)
    #expect(
      (0..<training.count).map(training.name) == [
        "train/cat/x/deep.ppm", "train/dog/a.PPM", "train/dog/b.ppm",
      ])
    #expect(training.labels == [0, 1, 1])
    #expect(try training.image(at: 1).pixels.prefix(3) == [2, 0, 0])
    #expect(data.parts[.validation]?.labels == [0])
    #expect(data.parts[.test]?.labels == [1])
    #expect(data.evaluation?.count == 1)
    #expect(
      data.notes == [
        "1 files .gif are not read", "the folder \"extra\" beside \"train\" is not read",
      ])
  }

  @Test func splitsClassFoldersByTheSeedOnly() throws {
    let folder = try TemporaryFolder()
    for name in ["b", "a", "c"] {
      for index in 0..<20 { try folder.write(Samples.ppm(7), to: "data/\(name)/\(index).ppm") }
    }
    func names(_ seed: UInt64) throws -> [String] {
      var options = DatasetOptions()
      options.validationFraction = 0.25
      options.seed = seed
      let data = try Dataset.detect(folder.path, options: options)
      #expect(data.classNames == ["a", "b", "c"])
      #expect(data.isSplitAutomatically)
      #expect(data.training?.classCounts == [15, 15, 15])
      let part = try #require(data.parts[.validation])
      #expect(part.classCounts == [5, 5, 5])
      return (0..<part.count).map(part.name)
    }
    #expect(try names(1) == names(1))
    #expect(try names(1) != names(2))
    // The first pictures by name are not simply the validation part.
    #expect(
      try names(1).prefix(5) != [
        "data/a/0.ppm", "data/a/1.ppm", "data/a/10.ppm", "data/a/11.ppm", "data/a/12.ppm",
      ])
  }

  @Test func greyIsAnOption() throws {
    let folder = try TemporaryFolder()
    try folder.write(Samples.ppm(255, 255, 255), to: "a/1.ppm")
    try folder.write(Samples.ppm(255), to: "b/1.ppm")
    var options = DatasetOptions()
    options.color = .gray
    let data = try Dataset.detect(folder.path, options: options)
    #expect(data.channels == 1)
    #expect(try data.training?.image(at: 0).pixels == [255, 255, 255, 255])
    #expect(try data.training?.image(at: 1).pixels == [76, 76, 76, 76])
    // One picture per class leaves nothing for validation.
    #expect(!data.isSplitAutomatically)
    #expect(data.evaluation == nil)
  }

  @Test func refusesEmptyClasses() throws {
    let folder = try TemporaryFolder()
    try folder.write(Samples.ppm(1), to: "train/cat/1.ppm")
    try folder.write([], to: "train/dog/readme.txt")
    let advice =
      "\n  names of pictures end with .jpg, .jpeg, .png, .webp, .bmp, .ppm, .pgm, .pnm"
      + "\n  remove the folder or put pictures into it"
    expectError(.invalidData, "\(folder.path)/train/dog: holds no picture" + advice) {
      try Dataset.detect(folder.path)
    }
    let other = try TemporaryFolder()
    try other.write(Samples.ppm(1), to: "cat/1.ppm")
    try FileManager.default.createDirectory(
      atPath: other("empty"), withIntermediateDirectories: false)
    expectError(.invalidData, "\(other.path)/empty: holds no picture" + advice) {
      try Dataset.detect(other.path)
    }
  }

  @Test func refusesClassesThatAreNotTrained() throws {
    let folder = try TemporaryFolder()
    try folder.write(Samples.ppm(1), to: "train/cat/1.ppm")
    try folder.write(Samples.ppm(1), to: "val/cow/1.ppm")
    expectError(
      .invalidData,
      "\(folder.path)/val/cow: is a class without training pictures\n  the classes are cat"
    ) { try Dataset.detect(folder.path) }
    try folder.write(Samples.ppm(1), to: "valid/cat/1.ppm")
    expectError(
      .invalidData, "\(folder.path): holds two folders for one part: \"val\" and \"valid\""
    ) { try Dataset.detect(folder.path) }
  }

  @Test func refusesLinksInCirclesAndSpecialFiles() throws {
    let loop = try TemporaryFolder()
    try loop.write(Samples.ppm(1), to: "a/1.ppm")
    #expect(symlink("..", loop("a/up")) == 0)
    expectError(.invalidData, "\(loop.path)/a/up: is a link to a folder above it") {
      try Dataset.detect(loop.path)
    }
    let circle = try TemporaryFolder()
    try circle.write(Samples.ppm(1), to: "a/1.ppm")
    #expect(symlink("self", circle("a/self")) == 0)
    expectError(
      .invalidData, "\(circle.path)/a/self: cannot be opened\n  its links lead in a circle"
    ) { try Dataset.detect(circle.path) }
    let dangling = try TemporaryFolder()
    try dangling.write(Samples.ppm(1), to: "a/1.ppm")
    #expect(symlink("nothing", dangling("a/2.ppm")) == 0)
    expectError(.invalidData, "\(dangling.path)/a/2.ppm: is a link that leads nowhere") {
      try Dataset.detect(dangling.path)
    }
    let pipe = try TemporaryFolder()
    try pipe.write(Samples.ppm(1), to: "a/1.ppm")
    #expect(mkfifo(pipe("a/2.ppm"), 0o600) == 0)
    expectError(.invalidData, "\(pipe.path)/a/2.ppm: is a named pipe, not a file") {
      try Dataset.detect(pipe.path)
    }
  }

  @Test func followsHarmlessLinks() throws {
    let folder = try TemporaryFolder()
    try folder.write(Samples.ppm(9), to: "store/x.ppm")
    try folder.write(Samples.ppm(1), to: "data/a/1.ppm")
    #expect(symlink("../store", folder("data/b")) == 0)
    let data = try Dataset.detect(folder("data"))
    #expect(data.classNames == ["a", "b"])
    #expect(try data.training?.image(at: 1).pixels.first == 9)
  }

  @Test func saysWhatWasLookedFor() throws {
    let folder = try TemporaryFolder()
    let known =
      "  looked for: train-images-idx3-ubyte[.gz] with train-labels-idx1-ubyte[.gz]; "
      + "data_batch_1.bin (CIFAR-10); train.bin (CIFAR-100); a folder of .jpg, .jpeg, .png, "
      + ".webp, .bmp, .ppm, .pgm, .pnm pictures per class, also as .tar; a .csv list with lines path,label"
    expectError(.invalidData, "\(folder.path): is no data set that is known\n" + known) {
      try Dataset.detect(folder.path)
    }
    let file = try folder.write([1, 2, 3], to: "data.bin")
    expectError(.invalidData, "\(file): is no data set that is known\n" + known) {
      try Dataset.detect(file)
    }
    expectError(.notFound, "/no/such: no such file or folder") { try Dataset.detect("/no/such") }
    expectError(.invalidData, "/dev/zero: is a character device, not a data set") {
      try Dataset.detect("/dev/zero")
    }
    try folder.remove("data.bin")
    try folder.write(Samples.ppm(1), to: "1.ppm")
    expectError(
      .invalidData,
      "\(folder.path): holds pictures but no class folders\n"
        + "  the name of a picture's folder is its class"
    ) { try Dataset.detect(folder.path) }
    let idx = try folder.write(Samples.idx([1], [0]), to: "labels-idx1-ubyte")
    expectError(
      .invalidData,
      "\(idx): is one IDX file\n  pictures and labels are two files\n"
        + "  give the folder that holds both"
    ) { try Dataset.detect(idx) }
  }

  @Test func anUnreadablePictureNamesItself() throws {
    let folder = try TemporaryFolder()
    try folder.write(Samples.ppm(1), to: "a/1.ppm")
    try folder.write(Array("<html>".utf8), to: "b/1.jpg")
    let data = try Dataset.detect(folder.path)
    expectError(
      .unsupported,
      "\(folder.path)/b/1.jpg: is a web page or XML text\n"
        + "  the pictures that are read are JPEG, PNG, WebP, BMP, PPM and PGM"
    ) { try data.training?.image(at: 1) }
  }
}
