internal import ConvNetEngine
internal import ConvNetFormats
internal import ConvNetGraph

/// The largest answers of channels, gathered picture after picture.
///
/// Of each picture a channel keeps its largest answer only. Equal answers rank by the picture's
/// number, so the result depends on the pictures and not on who computed what when.
struct StrongestAnswers {
  struct Answer {
    var value: Float
    var picture: Int32
    var position: Int32
  }

  private let limit: Int
  private var lists: [[Answer]]
  /// What an answer has to exceed to be kept: 0 at first, since what is not above it is silence.
  private var thresholds: [Float]

  init(channels: Int, limit: Int) {
    self.limit = limit
    lists = [[Answer]](repeating: [], count: channels)
    thresholds = [Float](repeating: 0, count: channels)
  }

  subscript(channel: Int) -> [Answer] { lists[channel] }

  /// Takes the answer of one picture; pictures come in the order of their numbers.
  mutating func offer(_ answer: Answer, to channel: Int) {
    guard answer.value > thresholds[channel], answer.value.isFinite else { return }
    // Its own copy of the list would be made otherwise.
    var list: [Answer] = []
    swap(&list, &lists[channel])
    let place = list.firstIndex { $0.value < answer.value } ?? list.count
    list.insert(answer, at: place)
    if list.count > limit { list.removeLast() }
    if list.count == limit { thresholds[channel] = list[limit - 1].value }
    swap(&list, &lists[channel])
  }
}

/// Runs pictures through a network and finds where each channel answers most.
final class AtlasSearch {
  private let executor: Executor
  private let writer: InputWriter
  private let scan: ParallelTasks
  private let largest: Largest
  private let places: [AtlasPlace]
  /// The pictures that are computed at once.
  let batch: Int

  /// All maps of a batch are in memory at once: this bounds them.
  private static let batchBytes = 96_000_000

  init(_ model: Model, places: [AtlasPlace], options: EngineOptions) throws(ConvNetError) {
    let graph = model.graph(returning: places.map(\.value))
    let bytes = 4 * places.reduce(0) { $0 + graph.shape($1.value).count }
    let batch = max(1, min(32, Self.batchBytes / max(1, bytes)))
    let plan = try Plan(graph.reshaped(batch: batch), options: options)
    try plan.checkMemory()
    let executor = try Executor(plan, weights: model.weights)
    let largest = Largest(channels: places.reduce(0) { $0 + $1.channels }, batch: batch)
    var first = [0]
    for place in places { first.append((first.last ?? 0) + place.channels) }
    let starts = first
    // A task is all channels of one layer for one picture.
    scan = ParallelTasks(tasks: places.count * batch, threads: plan.threads) { task in
      let (layer, picture) = (task / batch, task % batch)
      guard picture < largest.pictures else { return }
      let place = places[layer]
      let plane = place.mapSize.height * place.mapSize.width
      executor.withOutput(layer) { maps in
        for channel in 0..<place.channels {
          let start = (picture * place.channels + channel) * plane
          let found = Self.largest(
            UnsafeBufferPointer(rebasing: maps[start..<start + plane]))
          let index = picture * largest.channels + starts[layer] + channel
          largest.values[index] = found.value
          largest.positions[index] = Int32(truncatingIfNeeded: found.position)
        }
      }
    }
    self.places = places
    self.batch = batch
    self.executor = executor
    self.largest = largest
    writer = InputWriter(model.preprocessing, batch: batch, threads: plan.threads)
  }

  /// What the tasks of a batch write: for each picture and channel the largest number and its place.
  private final class Largest {
    let values: UnsafeMutablePointer<Float>
    let positions: UnsafeMutablePointer<Int32>
    let channels: Int
    var pictures = 0

    init(channels: Int, batch: Int) {
      self.channels = channels
      values = .allocate(capacity: max(1, channels * batch))
      positions = .allocate(capacity: max(1, channels * batch))
      values.initialize(repeating: 0, count: channels * batch)
      positions.initialize(repeating: 0, count: channels * batch)
    }

    deinit {
      values.deallocate()
      positions.deallocate()
    }
  }

  /// The first of the largest numbers; NaN never is.
  static func largest(_ numbers: UnsafeBufferPointer<Float>) -> (value: Float, position: Int) {
    var best = -Float.infinity
    var next = 0
    if numbers.count >= 32, let base = numbers.baseAddress {
      let address = UnsafeRawPointer(base)
      var lanes = SIMD16<Float>(repeating: -.infinity)
      while next + 16 <= numbers.count {
        let part = address.loadUnaligned(fromByteOffset: 4 * next, as: SIMD16<Float>.self)
        lanes.replace(with: part, where: part .> lanes)
        next += 16
      }
      best = lanes.max()
    }
    while next < numbers.count {
      if numbers[next] > best { best = numbers[next] }
      next += 1
    }
    return (best, numbers.firstIndex(of: best) ?? 0)
  }

  /// Runs a batch and offers each picture's answers, except those of unreadable pictures.
  ///
  /// - Parameter first: the number, in the atlas's own order, of the batch's first picture.
  func look(
    at loaded: BatchLoader.Batch, first: Int, into answers: inout StrongestAnswers
  ) {
    executor.withInput(0) { writer.write(loaded, into: $0) }
    executor.run()
    largest.pictures = min(batch, loaded.count)
    scan.run()
    let failed = Set(loaded.failures.map(\.position))
    for picture in 0..<largest.pictures where !failed.contains(picture) {
      let start = picture * largest.channels
      for channel in 0..<largest.channels {
        answers.offer(
          StrongestAnswers.Answer(
            value: largest.values[start + channel],
            picture: Int32(truncatingIfNeeded: first + picture),
            position: largest.positions[start + channel]),
          to: channel)
      }
    }
  }
}
