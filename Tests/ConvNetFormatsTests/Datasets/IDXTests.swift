import ConvNetGraph
import Testing

@testable import ConvNetFormats

@Suite struct IDXTests {
  /// A folder with 4 training and 2 test pictures of 2 x 3.
  static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(Samples.idx([4, 2, 3], Array(0..<24)), to: "train-images-idx3-ubyte")
    try folder.write(Samples.idx([4], [0, 2, 1, 2]), to: "train-labels-idx1-ubyte")
    try folder.write(Samples.idx([2, 2, 3], Array(100..<112)), to: "t10k-images-idx3-ubyte")
    try folder.write(Samples.idx([2], [1, 0]), to: "t10k-labels-idx1-ubyte")
    return folder
  }

  @Test func readsAFolder() throws {
    let folder = try Self.folder()
    var whole = DatasetOptions()
    whole.validationFraction = 0
    let data = try Dataset.detect(folder.path, options: whole)
    #expect(data.kind == .idx)
    #expect(data.classNames == ["0", "1", "2"])
    let training = try #require(data.training)
    let test = try #require(data.parts[.test])
    #expect(data.evaluation?.count == 2)
    #expect(!data.isSplitAutomatically)
    #expect(training.labels == [0, 2, 1, 2])
    #expect(training.classCounts == [1, 1, 2])
    #expect(training.channels == 1)
    let image = try training.image(at: 3)
    #expect((image.width, image.height, image.channels) == (3, 2, 1))
    #expect(image.pixels == [18, 19, 20, 21, 22, 23])
    #expect(training.name(at: 3) == "\(folder.path)/train-images-idx3-ubyte#3")
    #expect(try test.image(at: 0).pixels == [100, 101, 102, 103, 104, 105])
    #expect(test.classNames == data.classNames)
  }

  @Test func readsTorchvisionsFoldersDotsAndColour() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      Samples.idx([2, 1, 1, 3], [1, 2, 3, 4, 5, 6]), to: "MNIST/raw/emnist-train-images.idx3-ubyte")
    try folder.write(Samples.idx([2], [0, 1]), to: "MNIST/raw/emnist-train-labels.idx1-ubyte")
    let data = try Dataset.detect(folder.path)
    #expect(data.channels == 3)
    #expect(try data.training?.image(at: 1).pixels == [4, 5, 6])
  }

  @Test func setsValidationPicturesAsideBesideATestSet() throws {
    let folder = try TemporaryFolder()
    for (name, count) in [("train", 40), ("t10k", 6)] {
      try folder.write(
        Samples.idx([UInt32(count), 1, 1], Samples.noise(count)),
        to: "\(name)-images-idx3-ubyte")
      try folder.write(
        Samples.idx([UInt32(count)], (0..<count).map { UInt8($0 % 2) }),
        to: "\(name)-labels-idx1-ubyte")
    }
    let data = try Dataset.detect(folder.path)
    #expect(data.isSplitAutomatically)
    #expect(data.training?.classCounts == [18, 18])
    #expect(data.evaluation?.classCounts == [2, 2])
    #expect(data.parts[.test]?.classCounts == [3, 3])
  }

  @Test func splitsWhereThereIsNoTestSet() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      Samples.idx([40, 1, 1], Samples.noise(40)), to: "train-images-idx3-ubyte")
    try folder.write(
      Samples.idx([40], (0..<40).map { $0 % 2 }), to: "train-labels-idx1-ubyte")
    let data = try Dataset.detect(folder.path)
    #expect(data.isSplitAutomatically)
    #expect(data.training?.classCounts == [18, 18])
    #expect(data.evaluation?.classCounts == [2, 2])
    var options = DatasetOptions()
    options.validationFraction = 0
    #expect(try Dataset.detect(folder.path, options: options).training?.count == 40)
  }

  /// What is wrong with a file of pictures: bytes and the error's text behind the name.
  static let wrongFiles: [([UInt8], String)] = [
    ([], "ends inside the IDX header\n  4 bytes are needed at byte 0, 0 are left"),
    ([0], "ends inside the IDX header\n  4 bytes are needed at byte 0, 1 are left"),
    ([0, 0, 8, 3], "ends inside the IDX header\n  4 bytes are needed at byte 4, 0 are left"),
    ([1, 0, 8, 3], "is not an IDX file\n  it begins with the bytes 1 0 8 3"),
    (Array("<html>".utf8), "is not an IDX file\n  it begins with the bytes 3c 68 74 6d"),
    (Samples.idx([], []), "has 0 dimensions\n  expected are 3 to 4"),
    (Samples.idx([4, 6], Array(0..<24)), "has 2 dimensions\n  expected are 3 to 4"),
    (
      [0, 0, 8, 255] + [UInt8](repeating: 0, count: 1020),
      "has 255 dimensions\n  expected are 3 to 4"
    ),
    (
      Samples.idx([4, 2, 3], Array(0..<24), type: 13),
      "holds elements of IDX type 13\n  only bytes (type 8) are read"
    ),
    (Samples.idx([4, 2, 3], Array(0..<23)), "expected 40 bytes for 4 x 2 x 3, file has 39"),
    (Samples.idx([4, 2, 3], Array(0..<25)), "expected 40 bytes for 4 x 2 x 3, file has 41"),
    (Samples.idx([60000, 28, 28], []), "expected 47040016 bytes for 60000 x 28 x 28, file has 16"),
    (
      Samples.idx([.max, 1, 1], [0]),
      "expected 4294967311 bytes for 4294967295 x 1 x 1, file has 17"
    ),
    (
      Samples.idx([.max, .max, .max], []),
      "expected too many bytes for 4294967295 x 4294967295 x 4294967295, file has 16"
    ),
    // A product that would wrap to zero.
    (
      Samples.idx([1 << 31, 1 << 31, 4], []),
      "expected too many bytes for 2147483648 x 2147483648 x 4, file has 16"
    ),
    (Samples.idx([4, 0, 3], []), "holds pictures of 0 x 3"),
    (Samples.idx([4, 3, 0], []), "holds pictures of 3 x 0"),
    (Samples.idx([4, 1, 1, 2], Array(0..<8)), "holds pictures of 1 x 1 x 2"),
  ]

  @Test(arguments: wrongFiles.indices) func refusesWrongPictures(index: Int) throws {
    let (bytes, text) = Self.wrongFiles[index]
    let labels = FileBytes(Samples.idx([4], [0, 1, 2, 3]), name: "labels")
    let error = thrownError {
      try IDXImages(FileBytes(bytes, name: "images"), labels, classNames: nil)
    }
    #expect(error?.description == "images: " + text)
  }

  @Test func refusesWrongLabels() throws {
    let images = FileBytes(Samples.idx([4, 1, 1], [1, 2, 3, 4]), name: "images")
    func read(_ labels: [UInt8], _ names: [String]? = nil) throws -> IDXImages {
      try IDXImages(images, FileBytes(labels, name: "labels"), classNames: names)
    }
    expectError(
      .invalidData, "labels: has 3 labels for 4 pictures\n  the pictures are those of images"
    ) { try read(Samples.idx([3], [0, 1, 2])) }
    expectError(.invalidData, "labels: has 3 dimensions\n  expected are 1") {
      try read(Samples.idx([4, 1, 1], [0, 1, 2, 3]))
    }
    expectError(.invalidData, "labels: holds the label 9\n  there are 2 classes") {
      try read(Samples.idx([4], [0, 1, 9, 1]), ["a", "b"])
    }
    let none = FileBytes(Samples.idx([0, 1, 1], []), name: "none")
    #expect(
      try IDXImages(none, FileBytes(Samples.idx([0], []), name: "l"), classNames: nil).count == 0)
  }

  @Test func reportsMissingPartners() throws {
    let folder = try Self.folder()
    try folder.remove("t10k-labels-idx1-ubyte")
    expectError(
      .notFound,
      "\(folder.path): has no labels for t10k-images-idx3-ubyte\n  looked for "
        + "t10k-labels-idx1-ubyte, t10k-labels-idx1-ubyte.gz, t10k-labels.idx1-ubyte, "
        + "t10k-labels.idx1-ubyte.gz"
    ) { try Dataset.detect(folder.path) }
    let other = try Self.folder()
    try other.remove("train-images-idx3-ubyte")
    expectError(
      .notFound, "\(other.path): has t10k-images-idx3-ubyte but no train-images-idx3-ubyte"
    ) { try Dataset.detect(other.path) }
  }

  @Test func survivesDamage() throws {
    let good = Samples.idx([4, 2, 3], Array(0..<24))
    let labels = Samples.idx([4], [0, 1, 2, 3])
    survivesMutations(of: good) { bytes in
      let source = try IDXImages(
        FileBytes(bytes, name: "i"), FileBytes(labels, name: "l"), classNames: nil)
      for index in 0..<source.count { _ = try source.image(at: index) }
    }
    survivesMutations(of: labels) { bytes in
      _ = try IDXImages(FileBytes(good, name: "i"), FileBytes(bytes, name: "l"), classNames: nil)
    }
  }

  #if Zlib
    @Test(.enabled(if: Shared.has("mnist"))) func readsMNIST() throws {
      #expect(try Dataset.detect(Shared.file("mnist")).evaluation?.count == 6_000)
      var whole = DatasetOptions()
      whole.validationFraction = 0
      let data = try Dataset.detect(Shared.file("mnist"), options: whole)
      #expect(data.training?.count == 60_000)
      #expect(data.parts[.test]?.count == 10_000)
      #expect(data.classNames == (0..<10).map(String.init))
      let training = try #require(data.training)
      #expect(training.labels.prefix(8) == [5, 0, 4, 1, 9, 2, 1, 3])
      let statistics = try DatasetStatistics(of: training)
      // The values that every PyTorch example for MNIST uses.
      #expect(abs(statistics.mean[0] - 0.1307) < 5e-5)
      #expect(abs(statistics.standardDeviation[0] - 0.3081) < 5e-5)
      #expect(
        statistics.classCounts == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    }
  #endif
}
