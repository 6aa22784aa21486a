internal import ConvNetGraph

extension Dataset {
  /// The IDX files of a folder: `…train-images-idx3-ubyte`, `…t10k-images-idx3-ubyte` and the label
  /// files to them, with or without `.gz`; nil where there is none.
  static func idx(_ folder: String, _ options: DatasetOptions) throws(ConvNetError) -> Dataset? {
    let names = try folderEntries(folder)
    var found: [Split: IDXImages] = [:]
    var used: [Split: String] = [:]
    for name in names {
      guard let split = idxSplit(name) else { continue }
      if let other = used[split] {
        // The packed file beside the unpacked one is the same data.
        if name == other + ".gz" { continue }
        throw ConvNetError(
          .invalidData,
          "\(folder.escapedForDisplay): holds two sets of IDX files: "
            + "\"\(other.escapedForDisplay)\" and \"\(name.escapedForDisplay)\"")
      }
      used[split] = name
      found[split] = try IDXImages(
        images: folder + "/" + name, labels: folder + "/" + labelFile(of: name, in: names, folder))
    }
    guard let training = found[.training] else {
      guard let other = used[.test] else { return nil }
      throw ConvNetError(
        .notFound,
        "\(folder.escapedForDisplay): has \(other.escapedForDisplay) but no "
          + "train-images-idx3-ubyte")
    }
    if let test = found[.test], test.channels != training.channels {
      throw ConvNetError(
        .invalidData, "\(folder.escapedForDisplay): training and test pictures differ in channels")
    }
    let classes = found.values.map(\.neededClasses).max() ?? 1
    let classNames = knownClassNames(training, count: classes)
    return try Dataset(
      kind: .idx, path: folder, classNames: classNames,
      parts: found.mapValues { $0.renamed(classNames) }, options: options)
  }

  /// The part that a name of an IDX file of pictures stands for.
  private static func idxSplit(_ name: String) -> Split? {
    let plain = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
    for ending in ["images-idx3-ubyte", "images.idx3-ubyte"] where plain.hasSuffix(ending) {
      let start = plain.dropLast(ending.count)
      if start.hasSuffix("train-") { return .training }
      if start.hasSuffix("t10k-") || start.hasSuffix("test-") { return .test }
    }
    return nil
  }

  private static func labelFile(
    of images: String, in names: [String], _ folder: String
  ) throws(ConvNetError) -> String {
    let plain = images.hasSuffix(".gz") ? String(images.dropLast(3)) : images
    // The last 17 characters are "images-idx3-ubyte" in either spelling.
    let stem = plain.dropLast(17)
    let wanted = ["-", "."].flatMap { separator in
      ["", ".gz"].map { "\(stem)labels\(separator)idx1-ubyte\($0)" }
    }
    guard let found = wanted.first(where: { names.contains($0) }) else {
      throw ConvNetError(
        .notFound, "\(folder.escapedForDisplay): has no labels for \(images.escapedForDisplay)",
        reason: "looked for " + wanted.map(\.escapedForDisplay).joined(separator: ", "))
    }
    return found
  }

  /// Fashion-MNIST is told apart by its first labels, because its files have MNIST's names.
  private static func knownClassNames(_ training: IDXImages, count: Int) -> [String] {
    let isFashion =
      count == 10 && training.count == 60_000
      && training.firstLabels(16) == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0, 9, 5, 5, 7, 9]
    return isFashion
      ? [
        "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag",
        "ankle boot",
      ]
      : (0..<count).map(String.init)
  }

  /// The CIFAR files of a folder, or nil where there is none.
  static func cifar(_ folder: String, _ options: DatasetOptions) throws(ConvNetError) -> Dataset? {
    let names = try folderEntries(folder)
    let batches = names.filter { $0.hasPrefix("data_batch_") && $0.hasSuffix(".bin") }
    if !batches.isEmpty || names.contains("test_batch.bin") {
      guard !batches.isEmpty else {
        throw ConvNetError(
          .notFound,
          "\(folder.escapedForDisplay): has test_batch.bin but no data_batch_1.bin")
      }
      return try cifar(
        folder, .cifar10, training: batches,
        test: names.contains("test_batch.bin") ? ["test_batch.bin"] : [],
        classNames: classNames(folder + "/batches.meta.txt"), options)
    }
    guard names.contains("train.bin") else { return nil }
    return try cifar(
      folder, .cifar100, training: ["train.bin"],
      test: names.contains("test.bin") ? ["test.bin"] : [],
      classNames: classNames(folder + "/fine_label_names.txt"), options)
  }

  private static func cifar(
    _ folder: String, _ variant: CIFARImages.Variant, training: [String], test: [String],
    classNames: [String]?, _ options: DatasetOptions
  ) throws(ConvNetError) -> Dataset {
    let first = try CIFARImages(
      paths: training.map { folder + "/" + $0 }, variant: variant, classNames: classNames)
    var parts: [Split: any LabeledImages] = [.training: first]
    if !test.isEmpty {
      parts[.test] = try CIFARImages(
        paths: test.map { folder + "/" + $0 }, variant: variant, classNames: classNames)
    }
    return try Dataset(
      kind: variant == .cifar10 ? .cifar10 : .cifar100, path: folder,
      classNames: first.classNames, parts: parts, options: options)
  }

  /// The lines of a file with class names, or nil where there is none.
  private static func classNames(_ path: String) throws(ConvNetError) -> [String]? {
    guard case .regular? = try fileKind(path) else { return nil }
    let text = try FileBytes(path: path, limit: 1 << 20).withUnsafeBytes {
      String(decoding: $0, as: UTF8.self)
    }
    return text.split(whereSeparator: \.isNewline).map(String.init)
  }
}
