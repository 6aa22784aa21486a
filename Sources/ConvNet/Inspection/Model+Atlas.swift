public import ConvNetEngine
public import ConvNetFormats
public import ConvNetGraph

extension Model {
  /// For each channel of each convolution and block the pieces of pictures that excite it most.
  ///
  /// The pictures stream through the network twice: all of them to find the strongest answers, then
  /// those that were chosen to cut out the pieces. Memory holds a few batches and the pieces. The
  /// result depends on the pictures and the options only, never on the number of threads.
  ///
  /// - Parameters:
  ///   - images: the pictures; their classes do not matter.
  ///   - options: how many pieces, of what size, of how many pictures.
  ///   - engine: the engine's options.
  ///   - progress: is called after every batch; false ends the search, and the atlas is made of the
  ///     pictures seen so far.
  /// - Throws: ``ConvNetError``: an unreadable picture's, of kind `unsupported` where the network takes
  ///   no pictures or has no convolution, `invalidArgument` where the data is empty or the pieces do
  ///   not fit, `cancelled` where the search was ended before the first batch.
  public func atlas(
    of images: any LabeledImages, options: AtlasOptions = AtlasOptions(),
    engine: EngineOptions = EngineOptions(), progress: (AtlasProgress) -> Bool = { _ in true }
  ) throws(ConvNetError) -> Atlas {
    guard inputShape.rank == 3 else {
      throw ConvNetError(
        .unsupported, "the network takes inputs of shape \(inputShape), not pictures")
    }
    let places = AtlasPlace.all(in: graph)
    guard !places.isEmpty else {
      throw ConvNetError(.unsupported, "the network has no convolutions to make an atlas of")
    }
    guard (1...64).contains(options.count), (1...4096).contains(options.patchSize) else {
      throw ConvNetError(
        .invalidArgument, "\(options.count) pieces of \(options.patchSize) pixels are not possible",
        reason: "there can be 1...64 pieces per channel, of 1...4096 pixels")
    }
    let order = AtlasOrder.spread(options.pictures ?? images.count, over: images.count)
    guard !order.isEmpty else { throw ConvNetError(.invalidArgument, "there are no pictures") }
    let picture = Size2D(height: preprocessing.height, width: preprocessing.width)
    let cutter = AtlasCutter(
      limit: try AtlasCutter.limit(
        wanted: options.patchSize, bytes: options.byteLimit, channels: preprocessing.channels,
        places.map {
          (size: $0.fieldSize(in: picture), count: $0.channels * min(options.count, order.count))
        }))

    let channels = places.reduce(0) { $0 + $1.channels }
    var answers = StrongestAnswers(channels: channels, limit: options.count)
    var (unreadable, seen): ([UnreadablePicture], Int) = ([], 0)
    do {
      let search = try AtlasSearch(self, places: places, options: engine)
      let loader = loader(images, order, search.batch, options)
      while let loaded = loader.nextBatch() {
        for failure in loaded.failures {
          guard options.skipsUnreadable else { throw failure.error }
          unreadable.append(
            UnreadablePicture(name: images.name(at: failure.picture), failure.error))
        }
        search.look(at: loaded, first: seen, into: &answers)
        seen += loaded.count
        guard progress(AtlasProgress(phase: .searching, done: seen, total: order.count)) else {
          break
        }
      }
    }
    var atlas = Atlas(
      layers: try cut(
        answers, places, cutter, images, order, options,
        progress: { done, total in
          _ = progress(AtlasProgress(phase: .cutting, done: done, total: total))
        }),
      pictureSize: picture, pictureCount: seen - unreadable.count, patchesPerChannel: options.count)
    atlas.unreadable = unreadable
    return atlas
  }

  private func loader(
    _ images: any LabeledImages, _ order: [Int], _ batch: Int, _ options: AtlasOptions
  ) -> BatchLoader {
    BatchLoader(
      BatchLoader.Request(
        images: images, order: order, batch: batch, preprocessing: preprocessing,
        threads: options.loaderThreads))
  }

  /// The second pass: reads the chosen pictures again, each once, and cuts.
  private func cut(
    _ answers: StrongestAnswers, _ places: [AtlasPlace], _ cutter: AtlasCutter,
    _ images: any LabeledImages, _ order: [Int], _ options: AtlasOptions,
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws(ConvNetError) -> [Atlas.Layer] {
    let picture = Size2D(height: preprocessing.height, width: preprocessing.width)
    var layers: [Atlas.Layer] = []
    var uses: [Int32: [AtlasUse]] = [:]
    var first = 0
    for (layer, place) in places.enumerated() {
      let size = place.fieldSize(in: picture)
      layers.append(
        Atlas.Layer(
          name: place.name, measuredAt: place.measuredAt, mapSize: place.mapSize, fieldSize: size,
          channels: [[Atlas.Patch]](repeating: [], count: place.channels)))
      for channel in 0..<place.channels {
        for (rank, answer) in answers[first + channel].enumerated() {
          let row = Int(answer.position) / place.mapSize.width
          let column = Int(answer.position) % place.mapSize.width
          let corner = place.corner(row: row, column: column, in: picture)
          uses[answer.picture, default: []].append(
            AtlasUse(
              layer: layer, channel: channel, rank: rank, row: row, column: column,
              value: answer.value,
              cut: AtlasCutter.Cut(row: corner.row, column: corner.column, size: size)))
        }
      }
      first += place.channels
    }

    let chosen = uses.keys.sorted()
    let loader = loader(images, chosen.map { order[Int($0)] }, 32, options)
    var done = 0
    // Pieces come picture after picture; each channel's are put in order at the end.
    var found: [(use: AtlasUse, patch: Atlas.Patch)] = []
    while let loaded = loader.nextBatch() {
      if let failure = loaded.failures.first { throw failure.error }
      for position in 0..<loaded.count {
        let number = chosen[done + position]
        let source = order[Int(number)]
        let image = try loaded.picture(position, preprocessing)
        var made: [AtlasCutter.Cut: Image] = [:]
        for use in uses[number] ?? [] {
          let piece: Image
          if let before = made[use.cut] {
            piece = before
          } else {
            piece = try cutter.piece(of: image, use.cut)
            made[use.cut] = piece
          }
          found.append(
            (
              use,
              Atlas.Patch(
                picture: source, name: images.name(at: source), value: use.value, row: use.row,
                column: use.column, image: piece)
            ))
        }
      }
      done += loaded.count
      progress(done, chosen.count)
    }
    found.sort { $0.use.rank < $1.use.rank }
    for (use, patch) in found { layers[use.layer].channels[use.channel].append(patch) }
    return layers
  }
}

/// One piece that is to be cut out.
private struct AtlasUse {
  let layer: Int
  let channel: Int
  let rank: Int
  let row: Int
  let column: Int
  let value: Float
  let cut: AtlasCutter.Cut
}

/// Which pictures an atlas looks at.
enum AtlasOrder {
  /// So many numbers of `0..<total`, evenly spread: data is often sorted by class.
  static func spread(_ count: Int, over total: Int) -> [Int] {
    guard count > 0, total > 0 else { return [] }
    guard count < total else { return Array(0..<total) }
    return (0..<count).map { Int(Double($0) * Double(total) / Double(count)) }
  }
}
