import ConvNet
import ConvNetExplain
import ConvNetFormats
import ConvNetGraph
import Testing

/// Pictures in memory.
private struct SomePictures: LabeledImages {
  var pictures: [Image]
  var unreadable: Set<Int> = []
  let classNames = ["thing"]
  var channels: Int { 3 }
  var count: Int { pictures.count }
  func label(at index: Int) -> Int { 0 }
  func name(at index: Int) -> String { "picture \(index)" }
  func image(at index: Int) throws(ConvNetError) -> Image {
    if unreadable.contains(index) { throw ConvNetError(.invalidData, "\(name(at: index)): broken") }
    return pictures[index]
  }

  init(_ count: Int, size: Int) throws {
    pictures = try (0..<count).map { number in
      var random = UInt64(number) &* 0x9E37_79B9_7F4A_7C15 | 1
      let pixels = (0..<size * size * 3).map { _ -> UInt8 in
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return UInt8(truncatingIfNeeded: random >> 24)
      }
      return try Image(width: size, height: size, channels: 3, pixels: pixels)
    }
  }
}

@Suite struct AtlasTests {
  /// Every picture alone through the reference in double precision, then sorted.
  @Test func thePiecesAreThoseOfBruteForce() throws {
    let model = try Samples.branching()
    let pictures = try SomePictures(23, size: 20)
    var options = AtlasOptions()
    options.count = 4
    let atlas = try model.atlas(of: pictures, options: options)
    #expect(atlas.pictureCount == 23 && atlas.pictureSize == Size2D(20))
    // The bound of each layer by what belongs to it: batch norm and activation, no further.
    let measured = Dictionary(uniqueKeysWithValues: atlas.layers.map { ($0.name, $0.measuredAt) })
    #expect(measured["stem"] == "relu" && measured["near"] == "near" && measured["far"] == "far")
    #expect(measured["last"] == "silu" && measured.count == 6, "\(measured)")

    let runs = try (0..<pictures.count).map { try model.explain(pictures.image(at: $0)) }
    for layer in atlas.layers {
      let size = try #require(runs[0].layers.first { $0.name == layer.measuredAt }).output.shape
      let plane = size[2] * size[3]
      #expect(
        layer.channels.count == size[1] && layer.mapSize == Size2D(height: size[2], width: size[3]))
      for channel in 0..<size[1] {
        var best: [(value: Float, picture: Int, place: Int)] = []
        for (picture, run) in runs.enumerated() {
          let maps = try #require(run.layers.first { $0.name == layer.measuredAt }).output.elements
          let map = maps[(channel * plane)..<((channel + 1) * plane)]
          let largest = try #require(map.max())
          let place = try #require(map.firstIndex(of: largest)) - channel * plane
          if largest > 0 { best.append((largest, picture, place)) }
        }
        best.sort { $0.value == $1.value ? $0.picture < $1.picture : $0.value > $1.value }
        let found = layer.channels[channel]
        #expect(found.count == min(4, best.count))
        for (patch, expected) in zip(found, best) {
          // Fused kernels add in another order: equal to rounding, and the same picture and place
          // unless two answers are as close as that.
          #expect(abs(patch.value - expected.value) <= 1e-4 * max(1, abs(expected.value)))
          guard patch.picture == expected.picture else { continue }
          #expect(patch.row * size[3] + patch.column == expected.place, "\(layer.name) \(channel)")
          #expect(patch.name == "picture \(patch.picture)")
        }
        #expect(Set(found.map(\.picture)).count == found.count)
      }
    }
  }

  /// A piece is the receptive field: cells inside the picture as they are, stripes outside.
  @Test func aPieceIsWhatTheChannelSees() throws {
    let model = try Samples.branching()
    let pictures = try SomePictures(12, size: 20)
    let atlas = try model.atlas(of: pictures)
    var striped = 0
    for name in ["stem", "far"] {
      let layer = try #require(atlas.layer(name))
      let field = try #require(try model.receptiveField(of: name))
      let size = Int(field.height.size)
      #expect(layer.fieldSize == Size2D(size))
      for patch in layer.channels.joined() {
        #expect(patch.image.width == size && patch.image.height == size)
        let picture = try pictures.image(at: patch.picture)
        let top = Int(field.height.offset) + patch.row
        let left = Int(field.width.offset) + patch.column
        for y in 0..<size {
          for x in 0..<size {
            let (row, column) = (top + y, left + x)
            let found = Array(patch.image[x: x, y: y])
            if (0..<20).contains(row), (0..<20).contains(column) {
              #expect(found == Array(picture[x: column, y: row]))
            } else {
              striped += 1
              #expect(found == [150, 150, 150] || found == [205, 205, 205])
            }
          }
        }
      }
    }
    #expect(striped > 0)
  }

  @Test func threadsAndBatchesChangeNothing() throws {
    let model = try Samples.branching()
    let pictures = try SomePictures(37, size: 31)
    let files = try [1, 2, 3].map { threads in
      var options = AtlasOptions()
      options.loaderThreads = threads - 1
      let atlas = try model.atlas(
        of: pictures, options: options, engine: EngineOptions(threads: threads))
      return try Self.bytes(of: atlas)
    }
    #expect(files[0] == files[1] && files[1] == files[2])
  }

  @Test func aFileBringsEverythingBack() throws {
    let model = try Samples.branching()
    var atlas = try model.atlas(of: SomePictures(9, size: 20))
    (atlas.modelName, atlas.modelSHA256, atlas.dataName) = ("net", "abcdef", "a \"name\"\n<b>")
    let file = try TemporaryFile()
    try atlas.write(to: file.path)
    let back = try Atlas(path: file.path)
    #expect(back.layers.map(\.channels) == atlas.layers.map(\.channels))
    #expect(back.layers.map(\.measuredAt) == atlas.layers.map(\.measuredAt))
    #expect(back.modelSHA256 == "abcdef" && back.dataName == atlas.dataName)
    #expect(back.pictureSize == atlas.pictureSize && back.pictureCount == 9)
    try back.requireModel(sha256: "abcdef", name: "net")
    let error = #expect(throws: ConvNetError.self) {
      try back.requireModel(sha256: "123456", name: "other")
    }
    #expect(error?.summary == "the atlas was made of another model than other")
    // A damaged file is an error, wherever the damage is.
    let bytes = try FileBytes(path: file.path).withUnsafeBytes { Array($0) }
    for cut in [4, 100, bytes.count / 2, bytes.count - 1] {
      try AtomicFile.write(Array(bytes.prefix(cut)), to: file.path)
      #expect(throws: ConvNetError.self) { try Atlas(path: file.path) }
    }
    try model.save(to: file.path)
    #expect(throws: ConvNetError.self) { try Atlas(path: file.path) }
  }

  @Test func bytesAndSidesAreBounded() throws {
    let model = try Samples.branching()
    let pictures = try SomePictures(10, size: 20)
    var options = AtlasOptions()
    options.patchSize = 9
    let small = try model.atlas(of: pictures, options: options)
    let sides = small.layers.flatMap { $0.channels.joined() }.map {
      max($0.image.width, $0.image.height)
    }
    #expect(sides.max() == 9)
    options.byteLimit = 1000
    let error = #expect(throws: ConvNetError.self) {
      try model.atlas(of: pictures, options: options)
    }
    #expect(error?.summary == "the atlas does not fit 1000 bytes")
  }

  @Test func picturesAreSpreadAndBrokenOnesAreSaid() throws {
    let model = try Samples.branching()
    var pictures = try SomePictures(20, size: 20)
    var options = AtlasOptions()
    options.pictures = 5
    let atlas = try model.atlas(of: pictures, options: options)
    let used = Set(atlas.layers.flatMap { $0.channels.joined() }.map(\.picture))
    #expect(used.isSubset(of: [0, 4, 8, 12, 16]) && atlas.pictureCount == 5)
    pictures.unreadable = [4]
    let error = #expect(throws: ConvNetError.self) {
      try model.atlas(of: pictures, options: options)
    }
    #expect(error?.summary == "picture 4: broken")
    options.skipsUnreadable = true
    let rest = try model.atlas(of: pictures, options: options)
    #expect(rest.unreadable.map(\.name) == ["picture 4"] && rest.pictureCount == 4)
    #expect(!rest.layers.flatMap { $0.channels.joined() }.contains { $0.picture == 4 })
    pictures.pictures = []
    #expect(throws: ConvNetError.self) { try model.atlas(of: pictures) }
  }

  @Test func anInterruptedSearchKeepsWhatItSaw() throws {
    let model = try Samples.branching()
    let pictures = try SomePictures(80, size: 20)
    let atlas = try model.atlas(of: pictures) { $0.phase == .cutting || $0.done < 30 }
    #expect(atlas.pictureCount < 80 && atlas.pictureCount >= 30)
    var options = AtlasOptions()
    options.pictures = 80
    let seen = atlas.layers.flatMap { $0.channels.joined() }.map(\.picture)
    #expect(seen.allSatisfy { $0 < atlas.pictureCount })
  }

  /// A page of a run shows the pieces and stays right; another network's atlas is refused.
  @Test func aPageHoldsThePieces() throws {
    let model = try Samples.branching()
    var options = PageOptions()
    options.atlas = try model.atlas(of: SomePictures(12, size: 20))
    let run = try model.explain(Samples.picture(20))
    let with = try ExplainPage(run, options: options)
    #expect(try PageCheck(with.html, name: "page").isGood)
    #expect(with.html.contains("\"owners\"") && with.html.contains("picture 3"))
    let without = try ExplainPage(run).html.utf8.count
    for budget in [3_000_000, with.html.utf8.count - 1000, without + 2000, without - 2000] {
      options.budget = budget
      let page = try ExplainPage(run, options: options)
      #expect(page.html.utf8.count <= budget)
      #expect(try PageCheck(page.html, name: "page").isGood)
    }
    options.atlas = try Samples.starter().atlas(of: SomePictures(3, size: 28))
    let error = #expect(throws: ConvNetError.self) { try ExplainPage(run, options: options) }
    #expect(error?.summary == "the atlas is not of this network")
  }

  @Test func aContactSheetStandsAlone() throws {
    var atlas = try Samples.branching().atlas(of: SomePictures(12, size: 20))
    atlas.modelName = "<script>alert(1)</script>"
    for (language, words) in [(PageOptions.Language.en, "looks for"), (.zh, "在寻找什么")] {
      let page = AtlasPage(atlas, channels: 5, language: language)
      #expect(page.html.contains(words) && page.html.contains("default-src 'none'"))
      #expect(
        !page.html.contains("<script") && !page.html.contains("http://")
          && !page.html.contains("https://"))
      #expect(
        !page.html.contains(" style=")
          && page.html == AtlasPage(atlas, channels: 5, language: language).html)
    }
  }

  private static func bytes(of atlas: Atlas) throws -> [UInt8] {
    let file = try TemporaryFile()
    try atlas.write(to: file.path)
    return try FileBytes(path: file.path).withUnsafeBytes { Array($0) }
  }
}
