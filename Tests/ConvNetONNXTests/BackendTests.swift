import ConvNet
import Foundation
import Testing

/// ONNX's node tests, where Debian's package `libonnx-testdata` is installed.
@Suite struct BackendTests {
  /// The number of cases that pass at least; `Scripts/onnx-backend-tests` prints them all.
  private static let leastPassed = 825

  @Test(
    .enabled(
      if: BackendCase.isInstalled, "the ONNX tests are not there: apt-get install libonnx-testdata")
  )
  func nodeTests() throws {
    let isVerbose = ProcessInfo.processInfo.environment["CONVNET_ONNX_REPORT"] != nil
    var table: [String: (passed: Int, folded: Int, failed: Int, unsupported: Int)] = [:]
    var sum = (passed: 0, folded: 0, failed: 0, unsupported: 0)
    for example in try BackendCase.all() {
      let topic = BackendTests.topic(example.name)
      var row = table[topic] ?? (0, 0, 0, 0)
      switch example.run() {
      case .passed(let folded):
        row.passed += 1
        row.folded += folded ? 1 : 0
      case .failed(let reason):
        row.failed += 1
        if isVerbose { print("failed       \(example.name): \(BackendTests.line(reason))") }
      case .unsupported(let reason):
        row.unsupported += 1
        if isVerbose { print("unsupported  \(example.name): \(BackendTests.line(reason))") }
      }
      table[topic] = row
    }
    for row in table.values {
      sum.passed += row.passed
      sum.folded += row.folded
      sum.failed += row.failed
      sum.unsupported += row.unsupported
    }
    if isVerbose {
      print("topic                          passed  failed  unsupported")
      for (topic, row) in table.sorted(by: { $0.key < $1.key }) {
        let name = topic.padding(toLength: 30, withPad: " ", startingAt: 0)
        print("\(name) \(row.passed)  \(row.failed)  \(row.unsupported)")
      }
    }
    print(
      "ONNX node tests: \(sum.passed) passed (\(sum.folded) of them computed while reading), "
        + "\(sum.failed) failed, \(sum.unsupported) unsupported")
    #expect(sum.passed >= BackendTests.leastPassed)
  }

  /// The operator's part of a test's name: `conv` of `test_conv_with_strides_padding`.
  private static func topic(_ name: String) -> String {
    let words = name.split(separator: "_").dropFirst()
    return name.hasSuffix("expanded") ? "functions, expanded" : String(words.first ?? "?")
  }

  private static func line(_ text: String) -> String {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .joined(separator: " | ")
  }
}
