#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The memory of this process as the system counts it.
enum ProcessMemory {
  /// The most bytes that were resident since the last ``startOver()``; since the process began where
  /// the system cannot start over.
  static var peak: Int {
    var usage = rusage()
    // RUSAGE_SELF, which is a type of its own in one C library and a number in another.
    getrusage(0, &usage)
    #if canImport(Darwin)
      return usage.ru_maxrss
    #else
      return usage.ru_maxrss * 1024
    #endif
  }

  /// Forgets the peak so far: on Linux, 5 written to this file does that (man 5 proc).
  static func startOver() {
    #if os(Linux)
      let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return }
      _ = write(descriptor, "5", 1)
      close(descriptor)
    #endif
  }
}
