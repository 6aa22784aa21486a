import ConvNetTerminal
import Foundation
import Testing

struct InterruptionTests {
  @Test func theFirstSignalOnlyAsks() async {
    await #expect(processExitsWith: .exitCode(7)) {
      let (asked, continuation) = AsyncStream<Interruption.Signal>.makeStream()
      Interruption.listen { continuation.yield($0) }
      guard Interruption.received == nil else { exit(1) }
      kill(getpid(), SIGTERM)
      for await signal in asked {
        exit(signal == .terminate && Interruption.received == .terminate ? 7 : 2)
      }
    }
  }

  @Test func theSecondSignalEndsAtOnce() async {
    await #expect(processExitsWith: .exitCode(130)) {
      let (asked, continuation) = AsyncStream<Interruption.Signal>.makeStream()
      Interruption.listen { continuation.yield($0) }
      kill(getpid(), SIGTERM)
      for await _ in asked {
        kill(getpid(), SIGINT)
        // Longer than any machine needs to deliver a signal; ends with another code if it did not.
        try await Task.sleep(for: .seconds(20))
        exit(Interruption.received == nil ? 3 : 4)
      }
    }
  }

  @Test func theSignalsHaveTheirCodes() {
    #expect(Interruption.Signal.interrupt.exitCode.rawValue == 130)
    #expect(Interruption.Signal.terminate.exitCode.rawValue == 143)
  }
}
