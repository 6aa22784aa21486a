internal import ConvNetGraph

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The whole pages of a tensor that lies in a mapped file.
///
/// Given back, they take no memory any more; whoever reads them again gets them from the file.
struct MappedPages: Sendable {
  private let start: UInt
  private let bytes: Int

  /// The pages of a tensor; nil where it lies in ordinary memory or is small.
  init?(_ tensor: Tensor) {
    guard tensor.isMapped else { return nil }
    let page = UInt(max(1, sysconf(Int32(_SC_PAGESIZE))))
    let first = UInt(bitPattern: tensor.address)
    let end = (first + UInt(tensor.count * 4)) / page * page
    start = (first + page - 1) / page * page
    guard end > start, end - start >= MappedPages.leastBytes else { return nil }
    bytes = Int(end - start)
  }

  /// Below that the call costs more than the memory is worth.
  private static let leastBytes: UInt = 1 << 16

  func release() {
    madvise(UnsafeMutableRawPointer(bitPattern: start), bytes, Int32(MADV_DONTNEED))
  }
}

/// Gives mapped pages back when their last reader is done.
struct ReleaseKernel: Kernel {
  let pages: [MappedPages]

  var taskCounts: [Int] { [1] }
  var summary: String { "mapped weights released" }

  func run(phase: Int, task: Int, _ memory: KernelMemory) {
    for part in pages { part.release() }
  }
}

extension Plan {
  /// The steps of a run, and after the last reader of a mapped parameter one that releases it: a plan
  /// for a single run reads weights once and has no use for them afterwards.
  func steps(releasing pages: [Int: MappedPages]) -> [Step] {
    guard !pages.isEmpty else { return steps }
    var lastReaders: [Int: Int] = [:]
    for (position, step) in steps.enumerated() {
      for buffer in step.reads where pages[buffer.index] != nil {
        lastReaders[buffer.index] = position
      }
    }
    let finished = Dictionary(grouping: lastReaders.keys) { lastReaders[$0] ?? 0 }
    var result: [Step] = []
    for (position, step) in steps.enumerated() {
      result.append(step)
      guard let buffers = finished[position] else { continue }
      result.append(
        Step(
          name: "\(step.name): weights",
          kernel: ReleaseKernel(pages: buffers.compactMap { pages[$0] }),
          reads: [], writes: [], refusals: [], inPlace: []))
    }
    return result
  }
}
