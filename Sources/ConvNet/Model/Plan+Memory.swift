internal import ConvNetEngine
internal import ConvNetGraph
internal import ConvNetText

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension Plan {
  /// Whether the plan's intermediate results fit this machine at all, before memory is taken: shapes
  /// can come from a file.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` with both numbers.
  func checkMemory() throws(ConvNetError) {
    let there = Plan.physicalMemory
    guard arenaBytes > there else { return }
    throw ConvNetError(
      .invalidArgument,
      "the network needs \(NumberFormat.bytes(arenaBytes)) for its intermediate results",
      reason: "this machine has \(NumberFormat.bytes(there))",
      advice: "use smaller pictures or a smaller batch")
  }

  /// The machine's memory in bytes.
  private static let physicalMemory: Int = {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let size = sysconf(Int32(_SC_PAGESIZE))
    guard pages > 0, size > 0 else { return .max }
    let (bytes, overflow) = pages.multipliedReportingOverflow(by: size)
    return overflow ? .max : bytes
  }()
}
