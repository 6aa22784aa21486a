internal import Dispatch
internal import Synchronization

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// A polite end: the first SIGINT or SIGTERM asks the work to finish its step and save, the second
/// ends the process at once.
///
/// It belongs to the process, as signals do. A plain handler is used since a Dispatch signal
/// source needs the signal ignored on Darwin and blocked in every thread on Linux.
package enum Interruption {
  /// The two signals that ask a program to end.
  package enum Signal: Sendable {
    case interrupt
    case terminate

    /// The exit code of a program that ended because of it.
    package var exitCode: ExitCode {
      switch self {
      case .interrupt: .interrupted
      case .terminate: .terminated
      }
    }

    fileprivate init(number: Int32) { self = number == SIGTERM ? .terminate : .interrupt }
  }

  /// The number of the first signal, or 0.
  private static let firstNumber = Atomic<Int32>(0)
  /// The end of a pipe that the handler writes to, or -1.
  private static let pipeEnd = Atomic<Int32>(-1)
  private static let source = Mutex<(any DispatchSourceRead)?>(nil)

  /// The signal that asked for an end, or nil.
  package static var received: Signal? {
    let number = firstNumber.load(ordering: .acquiring)
    return number == 0 ? nil : Signal(number: number)
  }

  /// Begins to listen, until the process ends; calling it again changes nothing.
  ///
  /// - Parameter onFirst: Called once, on a queue of its own, after the first signal: to say that
  ///   the step is being finished, and to cancel the task that does the work.
  package static func listen(onFirst: @escaping @Sendable (Signal) -> Void = { _ in }) {
    source.withLock { source in
      guard source == nil else { return }
      // A handler may do next to nothing; a byte in a pipe wakes up code that may do anything.
      var ends: [Int32] = [-1, -1]
      if pipe(&ends) == 0 {
        let readEnd = ends[0]
        let reader = DispatchSource.makeReadSource(
          fileDescriptor: readEnd, queue: DispatchQueue(label: "convnet.interruption"))
        reader.setEventHandler {
          var byte: UInt8 = 0
          if read(readEnd, &byte, 1) == 1 { onFirst(Signal(number: Int32(byte))) }
        }
        reader.resume()
        source = reader
        pipeEnd.store(ends[1], ordering: .releasing)
      }
      // Touched before the handler can run: a first access initialises, which it must not do.
      _ = firstNumber.load(ordering: .relaxed)
      signal(SIGINT, handle)
      signal(SIGTERM, handle)
      // A parent may have started this process with the signals blocked (Foundation's Process does).
      var both = sigset_t()
      sigemptyset(&both)
      sigaddset(&both, SIGINT)
      sigaddset(&both, SIGTERM)
      pthread_sigmask(SIG_UNBLOCK, &both, nil)
    }
  }

  /// Only calls what POSIX allows in a signal handler.
  private static let handle: @convention(c) (Int32) -> Void = { number in
    let exchange = firstNumber.compareExchange(
      expected: 0, desired: number, ordering: .acquiringAndReleasing)
    guard exchange.exchanged else { _exit(128 + number) }
    let savedError = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(pipeEnd.load(ordering: .acquiring), &byte, 1)
    errno = savedError
  }
}
