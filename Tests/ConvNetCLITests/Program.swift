import Foundation
import Synchronization
import Testing

/// Runs the program `convnet` that was built beside these tests.
enum Program {
  /// What a run wrote, and how it ended.
  struct Outcome {
    var code: Int32
    var output: String
    var error: String

    var outputLines: [String] { output.split(separator: "\n").map(String.init) }

    /// The lines of the output as JSON; nil stands for a line that is none.
    var records: [[String: Any]?] {
      outputLines.map {
        try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
      }
    }
  }

  /// The program's file: in the folder of the test bundle.
  static let path: String = {
    let bundle = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
    let folder =
      bundle?.deletingLastPathComponent()
      ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    return folder.appendingPathComponent("convnet").path
  }()

  /// Runs a command line to its end.
  ///
  /// - Parameters:
  ///   - output: A file for the standard output instead of what the outcome holds.
  ///   - environment: Variables to set besides those of this process.
  ///   - whileRunning: Called with the process and everything on its standard error so far, each time
  ///     something is written there.
  static func run(
    _ arguments: [String], input: Data? = nil, output file: String? = nil,
    environment: [String: String] = [:],
    whileRunning: (@Sendable (Process, String) -> Void)? = nil
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, error, feed) = (Pipe(), Pipe(), Pipe())
    if let file {
      process.standardOutput = FileHandle(forWritingAtPath: file)
    } else {
      process.standardOutput = output
    }
    process.standardError = error
    process.standardInput = feed
    try process.run()
    try feed.fileHandleForWriting.write(contentsOf: input ?? Data())
    try feed.fileHandleForWriting.close()

    let written = Mutex(Data())
    let done = DispatchSemaphore(value: 0)
    Thread {
      while case let part = error.fileHandleForReading.availableData, !part.isEmpty {
        let text = written.withLock { data in
          data.append(part)
          return String(decoding: data, as: UTF8.self)
        }
        whileRunning?(process, text)
      }
      done.signal()
    }.start()
    let data = file == nil ? output.fileHandleForReading.readDataToEndOfFile() : Data()
    process.waitUntilExit()
    done.wait()
    return Outcome(
      code: process.terminationStatus, output: String(decoding: data, as: UTF8.self),
      error: written.withLock { String(decoding: $0, as: UTF8.self) })
  }

  /// Runs a command line to its end.
  static func run(
    _ arguments: String..., input: Data? = nil, output file: String? = nil
  ) throws -> Outcome {
    try run(arguments, input: input, output: file)
  }
}
