import ConvNetGraph
import Testing

@testable import ConvNetFormats

@Suite struct CIFARTests {
  /// Records with the given labels and samples that tell place and plane.
  static func records(_ labels: [UInt8], _ variant: CIFARImages.Variant = .cifar10) -> [UInt8] {
    labels.enumerated().flatMap { index, label -> [UInt8] in
      let head = variant == .cifar10 ? [label] : [label / 5, label]
      let planes = (0..<3072).map { UInt8(truncatingIfNeeded: $0 / 1024 * 100 + $0 % 7 + index) }
      return head + planes
    }
  }

  @Test func readsBothVariants() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.records([3, 9]), to: "a/data_batch_1.bin")
    try folder.write(Self.records([0]), to: "a/data_batch_2.bin")
    try folder.write(Self.records([5]), to: "a/test_batch.bin")
    let ten = try Dataset.detect(folder("a"))
    #expect(ten.kind == .cifar10)
    #expect(ten.classNames == CIFARImages.cifar10ClassNames)
    #expect(ten.training?.labels == [3, 9, 0])
    #expect(ten.parts[.test]?.labels == [5])
    let image = try #require(try ten.training?.image(at: 1))
    #expect((image.width, image.height, image.channels) == (32, 32, 3))
    #expect(Array(image[x: 2, y: 0]) == [3, 105, 207])
    #expect(ten.training?.name(at: 2) == "\(folder.path)/a/data_batch_2.bin#0")

    try folder.write(Self.records([99, 0, 7], .cifar100), to: "b/train.bin")
    let names = (0..<100).map { "class\($0)" }.joined(separator: "\n") + "\n"
    try folder.write(Array(names.utf8), to: "b/fine_label_names.txt")
    var options = DatasetOptions()
    options.validationFraction = 0
    let hundred = try Dataset.detect(folder("b"), options: options)
    #expect(hundred.kind == .cifar100)
    #expect(hundred.training?.labels == [99, 0, 7])
    #expect(hundred.classNames[99] == "class99")
  }

  @Test func findsTheOfficialFolderName() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.records([1]), to: "cifar-10-batches-bin/data_batch_1.bin")
    #expect(try Dataset.detect(folder.path).kind == .cifar10)
  }

  @Test(arguments: [0, 1, 3072, 3074, 6145]) func refusesWrongLengths(count: Int) throws {
    let file = FileBytes([UInt8](repeating: 0, count: count), name: "b")
    expectError(
      .invalidData, "b: expected a multiple of 3073 bytes for CIFAR-10, file has \(count)"
    ) { try CIFARImages([file], variant: .cifar10, classNames: nil) }
  }

  @Test func refusesLabelsOutOfRange() throws {
    let file = FileBytes(Self.records([9, 10]), name: "b")
    expectError(
      .invalidData, "b: picture 1 has the label 10\n  CIFAR-10's labels are 0...9"
    ) { try CIFARImages([file], variant: .cifar10, classNames: nil) }
    let other = FileBytes(Self.records([100], .cifar100), name: "b")
    expectError(
      .invalidData, "b: picture 0 has the label 100\n  CIFAR-100's labels are 0...99"
    ) { try CIFARImages([other], variant: .cifar100, classNames: nil) }
  }

  @Test func refusesIncompleteFolders() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.records([1]), to: "test_batch.bin")
    expectError(
      .notFound, "\(folder.path): has test_batch.bin but no data_batch_1.bin"
    ) { try Dataset.detect(folder.path) }
    try folder.write(Self.records([1]), to: "data_batch_1.bin")
    try folder.write(Array("a\nb\n".utf8), to: "batches.meta.txt")
    expectError(.invalidData, "2 class names for CIFAR-10\n  it has 10 classes") {
      try Dataset.detect(folder.path)
    }
  }

  @Test func survivesDamage() throws {
    survivesMutations(of: Self.records([3, 9])) { bytes in
      let source = try CIFARImages(
        [FileBytes(bytes, name: "b")], variant: .cifar10, classNames: nil)
      for index in 0..<source.count { _ = try source.image(at: index) }
    }
  }
}
