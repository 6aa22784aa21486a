internal import ConvNetEngine

/// Writes a loaded batch as numbers into an executor's input, picture by picture on the pool's threads.
final class InputWriter {
  private let job: Job
  private let tasks: ParallelTasks
  private let batch: Int

  private final class Job {
    let normalizer: Normalizer
    var source: UnsafePointer<UInt8>?
    var target: UnsafeMutablePointer<Float>?
    var count = 0

    init(_ normalizer: Normalizer) { self.normalizer = normalizer }
  }

  init(_ preprocessing: Preprocessing, batch: Int, threads: Int) {
    let job = Job(Normalizer(preprocessing))
    self.job = job
    self.batch = batch
    tasks = ParallelTasks(tasks: batch, threads: threads) { position in
      let size = job.normalizer.count
      guard let source = job.source, let target = job.target else { return }
      if position < job.count {
        job.normalizer.convert(source + position * size, into: target + position * size)
      } else {
        (target + position * size).update(repeating: 0, count: size)
      }
    }
  }

  /// Fills the input; what a short batch leaves over becomes zero.
  func write(_ loaded: BatchLoader.Batch, into input: UnsafeMutableBufferPointer<Float>) {
    job.source = UnsafePointer(loaded.pixels)
    job.target = input.baseAddress
    job.count = min(batch, loaded.count)
    tasks.run()
  }
}
