internal import ConvNetEngine
internal import ConvNetFormats
internal import ConvNetGraph
internal import Synchronization

/// One pass over pictures in a given order, read and varied on other threads ahead of time.
///
/// The threads work on pieces of the next few batches; where none is ready, the caller takes pieces
/// too, so that it never waits for work that nobody does. What ends up in a batch depends on the
/// order, the seed and the pictures only, never on who read what when.
final class BatchLoader {
  /// What is read, and how.
  struct Request: Sendable {
    var images: any LabeledImages
    /// The numbers of the pictures, batch after batch.
    var order: [Int]
    var batch: Int
    /// The first batch that is read: a resumed epoch begins inside.
    var firstBatch = 0
    var preprocessing: Preprocessing
    var augmentation = Augmentation.none
    /// The random numbers of the epoch's augmentation.
    var random = CounterRandom(seed: 0, stream: 0)
    /// The threads that read; 0 leaves everything to the caller.
    var threads = 1
    /// The batches that are kept ready.
    var depth = 4
  }

  /// A picture that could not be read.
  struct Failure: Sendable {
    /// Its place in the batch.
    let position: Int
    /// Its number.
    let picture: Int
    let error: ConvNetError
  }

  /// A batch, valid until the next one is asked for.
  struct Batch {
    /// The batch's number in the order.
    let number: Int
    /// The pictures in it.
    let count: Int
    /// Samples of 0...255, picture after picture, each channel after channel.
    let pixels: UnsafeMutablePointer<UInt8>
    /// The class of each picture.
    let labels: UnsafeMutablePointer<Int32>
    /// The pictures that could not be read, by their place in the batch; they are black.
    let failures: [Failure]

    /// Puts the next readable picture of the batch in the place of each unreadable one.
    ///
    /// - Parameter size: the samples of one picture.
    /// - Throws: the first failure where no picture is readable.
    func replaceFailures(size: Int) throws(ConvNetError) {
      guard let first = failures.first else { return }
      var isGood = [Bool](repeating: true, count: count)
      for failure in failures { isGood[failure.position] = false }
      guard isGood.contains(true) else { throw first.error }
      for position in failures.map(\.position) {
        var source = (position + 1) % count
        while !isGood[source] { source = (source + 1) % count }
        (pixels + position * size).update(from: pixels + source * size, count: size)
        labels[position] = labels[source]
      }
    }
  }

  private let work: LoaderWork
  private var isHolding = false
  private var next: Int

  /// Starts reading.
  init(_ request: Request) {
    work = LoaderWork(request)
    next = request.firstBatch
    for _ in 0..<max(0, min(request.threads, work.batchCount - next)) {
      SystemThread.start { [work] in while work.doOnePiece() {} }
    }
  }

  deinit { work.stop() }

  /// The next batch, or nil at the end.
  func nextBatch() -> Batch? {
    if isHolding { work.release() }
    guard next < work.batchCount else {
      isHolding = false
      return nil
    }
    isHolding = true
    defer { next += 1 }
    return work.wait(for: next)
  }
}

/// What a loader and its threads share.
private final class LoaderWork: Sendable {
  private let request: BatchLoader.Request
  let batchCount: Int
  private let slots: [Slot]
  private let pieces: Int
  private let piecesPerBatch: Int
  private let sampleCount: Int
  private let state: Mutex<State>
  private let bell = Bell()

  /// Small enough that the first batch is shared by all threads.
  private static let pieceSize = 8

  private struct Slot: Sendable {
    let pixels: SharedBytes
    let labels: SharedBytes
  }

  private struct State {
    var nextPiece: Int
    /// The batches that the caller is done with.
    var released: Int
    /// The finished pieces of each slot.
    var finished: [Int]
    var failures: [[BatchLoader.Failure]]
    var isStopped = false
  }

  init(_ request: BatchLoader.Request) {
    self.request = request
    let (count, batch) = (request.order.count, max(1, request.batch))
    batchCount = (count + batch - 1) / batch
    piecesPerBatch = (batch + LoaderWork.pieceSize - 1) / LoaderWork.pieceSize
    let preprocessing = request.preprocessing
    sampleCount = preprocessing.channels * preprocessing.height * preprocessing.width
    let lastBatch = count - max(0, batchCount - 1) * batch
    pieces =
      max(0, batchCount - 1) * piecesPerBatch
      + (lastBatch + LoaderWork.pieceSize - 1) / LoaderWork.pieceSize
    let depth = max(1, min(request.depth, batchCount - request.firstBatch))
    let size = sampleCount
    slots = (0..<depth).map { _ in
      Slot(
        pixels: SharedBytes(count: batch * size),
        labels: SharedBytes(count: batch * MemoryLayout<Int32>.size))
    }
    state = Mutex(
      State(
        nextPiece: request.firstBatch * piecesPerBatch, released: request.firstBatch,
        finished: [Int](repeating: 0, count: depth),
        failures: [[BatchLoader.Failure]](repeating: [], count: depth)))
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    bell.ring()
  }

  /// The caller needs its batch no longer.
  func release() {
    state.withLock { state in
      let slot = state.released % slots.count
      state.finished[slot] = 0
      state.failures[slot] = []
      state.released += 1
    }
    bell.ring()
  }

  /// A thread's work: false at the end.
  func doOnePiece() -> Bool {
    let claimed = state.withLock { state -> Int? in
      guard !state.isStopped, state.nextPiece < pieces else { return nil }
      defer { state.nextPiece += 1 }
      return state.nextPiece
    }
    guard let piece = claimed else { return false }
    let batch = piece / piecesPerBatch
    bell.wait { [self] in
      state.withLock { $0.isStopped || batch < $0.released + slots.count }
    }
    if state.withLock({ $0.isStopped }) { return false }
    fill(piece)
    return true
  }

  /// Waits for a batch and meanwhile does pieces of it that nobody has begun.
  func wait(for batch: Int) -> BatchLoader.Batch {
    while let piece = claimPiece(of: batch) { fill(piece) }
    let needed = pieceCount(of: batch)
    let slot = batch % slots.count
    bell.wait { [self] in state.withLock { $0.finished[slot] == needed } }
    let failures = state.withLock { $0.failures[slot] }
    let labels = UnsafeMutableRawPointer(slots[slot].labels.base)
      .assumingMemoryBound(to: Int32.self)
    return BatchLoader.Batch(
      number: batch, count: samples(of: batch).count,
      pixels: slots[slot].pixels.base, labels: labels,
      failures: failures.isEmpty ? failures : failures.sorted { $0.position < $1.position })
  }

  private func claimPiece(of batch: Int) -> Int? {
    state.withLock { state in
      guard state.nextPiece < pieces, state.nextPiece / piecesPerBatch == batch else { return nil }
      defer { state.nextPiece += 1 }
      return state.nextPiece
    }
  }

  private func samples(of batch: Int) -> Range<Int> {
    let start = batch * request.batch
    return start..<min(request.order.count, start + request.batch)
  }

  private func pieceCount(of batch: Int) -> Int {
    (samples(of: batch).count + LoaderWork.pieceSize - 1) / LoaderWork.pieceSize
  }

  private func fill(_ piece: Int) {
    let batch = piece / piecesPerBatch
    let whole = samples(of: batch)
    let start = whole.lowerBound + piece % piecesPerBatch * LoaderWork.pieceSize
    let slot = batch % slots.count
    let labels = UnsafeMutableRawPointer(slots[slot].labels.base)
      .assumingMemoryBound(to: Int32.self)
    var failures: [BatchLoader.Failure] = []
    for sample in start..<min(whole.upperBound, start + LoaderWork.pieceSize) {
      let position = sample - whole.lowerBound
      let picture = request.order[sample]
      labels[position] = Int32(truncatingIfNeeded: request.images.label(at: picture))
      let target = slots[slot].pixels.base + position * sampleCount
      do throws(ConvNetError) {
        let image = try request.images.image(at: picture)
        var draws = Augmentation.Draws(request.random, picture: picture)
        try request.augmentation.write(image, request.preprocessing, draws: &draws, into: target)
      } catch {
        target.update(repeating: 0, count: sampleCount)
        failures.append(
          BatchLoader.Failure(position: position, picture: picture, error: error))
      }
    }
    let found = failures
    let isReady = state.withLock { state in
      state.finished[slot] += 1
      state.failures[slot] += found
      return state.finished[slot] == pieceCount(of: batch)
    }
    if isReady { bell.ring() }
  }
}
