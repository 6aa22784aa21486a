internal import ConvNet
package import ConvNetFormats
package import ConvNetGraph

/// The pictures of the experiments: some of a data set, in memory, at one size.
///
/// The networks learn from the training part. The validation part is what curves over the training
/// show. The test part is looked at once, when a network is done.
package struct LabData: Sendable {
  /// Where the data set is.
  package let name: String
  /// What to learn from.
  package let training: MemoryImages
  /// What to look at meanwhile.
  package let validation: MemoryImages
  /// What to judge by in the end.
  package let test: MemoryImages
  /// Channels and size of the pictures, and the mean and deviation of the training part.
  let preprocessing: Preprocessing

  /// The names of the classes.
  package var classNames: [String] { training.classNames }
  /// The shape of a network's input, without the batch.
  package var inputShape: Shape {
    [preprocessing.channels, preprocessing.height, preprocessing.width]
  }

  /// Takes pictures from a data set, the same ones every time.
  ///
  /// - Parameters:
  ///   - dataset: the data set; where it has no test part, a fifth of the training pictures is it.
  ///   - size: what the pictures are brought to.
  ///   - scale: how many are taken.
  /// - Throws: ``ConvNetError`` of kind `invalidData` where there are not enough pictures, and a
  ///   picture's own error where it cannot be read.
  package init(
    _ dataset: Dataset, size: Size2D, scale: LabScale
  ) throws(ConvNetError) {
    guard var training = dataset.training else {
      throw ConvNetError(.invalidData, "\(dataset.path): has no pictures to learn from")
    }
    var test: any LabeledImages
    if let own = dataset.parts[.test] {
      test = own
    } else {
      let halves = try training.stratifiedSplit(fraction: 0.2, seed: 1)
      (training, test) = (halves.first, halves.second)
    }
    guard let validation = dataset.parts[.validation], validation.count > 0, test.count > 0,
      training.count >= 2
    else {
      throw ConvNetError(
        .invalidData, "\(dataset.path): has too few pictures for an experiment",
        reason: "some of each class are needed to learn from, to look at, and to judge by")
    }
    var preparation = Preprocessing(
      channels: dataset.channels, height: size.height, width: size.width)
    self.training = try MemoryImages(
      training, count: scale.training, stream: "training", preparation)
    self.validation = try MemoryImages(
      validation, count: scale.validation, stream: "validation", preparation)
    self.test = try MemoryImages(test, count: scale.test, stream: "test", preparation)
    let statistics = try DatasetStatistics(of: self.training)
    preparation.mean = statistics.mean
    preparation.standardDeviation = statistics.standardDeviation.map { $0 > 1e-4 ? $0 : 1 }
    preprocessing = preparation
    name = dataset.path
  }

  /// Pictures that are made rather than read: all parts have the same kind.
  ///
  /// - Throws: ``ConvNetError`` as the other initialiser.
  init(
    name: String, training: MemoryImages, validation: MemoryImages, test: MemoryImages
  ) throws(ConvNetError) {
    let first = try training.image(at: 0)
    var preparation = Preprocessing(
      channels: first.channels, height: first.height, width: first.width)
    let statistics = try DatasetStatistics(of: training)
    preparation.mean = statistics.mean
    preparation.standardDeviation = statistics.standardDeviation.map { $0 > 1e-4 ? $0 : 1 }
    preprocessing = preparation
    self.name = name
    self.training = training
    self.validation = validation
    self.test = test
  }

  /// The parts in words, for the pages.
  var words: Bilingual {
    let (train, look, judge) = (training.count, validation.count, test.count)
    let (h, w) = (preprocessing.height, preprocessing.width)
    let sum = DataFingerprint(training).hash.prefix(12)
    return Bilingual(
      "\(name): \(train) pictures to learn from, \(look) to watch, \(judge) to judge by, "
        + "\(preprocessing.channels)×\(h)×\(w), \(classNames.count) classes; fingerprint \(sum)",
      "\(name)：\(train) 张用于训练，\(look) 张用于验证，\(judge) 张用于最后测试，"
        + "\(preprocessing.channels)×\(h)×\(w)，\(classNames.count) 个类别；指纹 \(sum)")
  }

  /// The same with a test part of its own.
  func judging(by test: MemoryImages) -> LabData {
    LabData(
      name: name, training: training, validation: validation, test: test,
      preprocessing: preprocessing)
  }

  /// The same with fewer pictures to learn from.
  func learning(from training: MemoryImages) -> LabData {
    LabData(
      name: name, training: training, validation: validation, test: test,
      preprocessing: preprocessing)
  }

  private init(
    name: String, training: MemoryImages, validation: MemoryImages, test: MemoryImages,
    preprocessing: Preprocessing
  ) {
    self.name = name
    self.training = training
    self.validation = validation
    self.test = test
    self.preprocessing = preprocessing
  }
}

/// Pictures with classes that are in memory.
package struct MemoryImages: LabeledImages {
  private let images: [Image]
  private let classes: [Int]
  /// The names of the classes.
  package let classNames: [String]

  /// The given pictures; there is at least one, and all have the same size.
  package init(_ images: [Image], classes: [Int], classNames: [String]) {
    precondition(images.count == classes.count && !images.isEmpty, "a class for each picture")
    self.images = images
    self.classes = classes
    self.classNames = classNames
  }

  /// Some pictures of a source, the same ones every time, each cut to a preparation's size.
  init(
    _ source: any LabeledImages, count: Int, stream: String, _ preparation: Preprocessing
  ) throws(ConvNetError) {
    let order = CounterRandom(seed: 0, stream: "lab/" + stream).permutation(count: source.count)
    var images: [Image] = []
    var classes: [Int] = []
    for index in order.prefix(max(1, count)) {
      let image = try preparation.prepared(source.image(at: index))
      images.append(
        try image.centerCropped(width: preparation.width, height: preparation.height))
      classes.append(source.label(at: index))
    }
    self.init(images, classes: classes, classNames: source.classNames)
  }

  /// The number of pictures.
  package var count: Int { images.count }
  /// The channels of every picture.
  package var channels: Int { images[0].channels }
  /// The class of one picture.
  package func label(at index: Int) -> Int { classes[index] }
  /// One picture.
  package func image(at index: Int) throws(ConvNetError) -> Image { images[index] }
  /// Where it comes from.
  package func name(at index: Int) -> String { "picture \(index)" }

  /// The same pictures, each changed.
  func mapped(_ change: (Image) throws(ConvNetError) -> Image) throws(ConvNetError) -> MemoryImages
  {
    var changed: [Image] = []
    for image in images { changed.append(try change(image)) }
    return MemoryImages(changed, classes: classes, classNames: classNames)
  }

  /// The first pictures.
  func prefix(_ count: Int) -> MemoryImages {
    let count = max(1, min(count, images.count))
    return MemoryImages(
      Array(images.prefix(count)), classes: Array(classes.prefix(count)), classNames: classNames)
  }
}

extension Image {
  /// The picture moved; what comes in from outside repeats the border.
  func shifted(x: Int, y: Int) throws(ConvNetError) -> Image {
    var moved = pixels
    for row in 0..<height {
      for column in 0..<width {
        let fromRow = max(0, min(height - 1, row - y))
        let fromColumn = max(0, min(width - 1, column - x))
        for channel in 0..<channels {
          moved[(row * width + column) * channels + channel] =
            pixels[(fromRow * width + fromColumn) * channels + channel]
        }
      }
    }
    return try Image(width: width, height: height, channels: channels, pixels: moved)
  }
}
