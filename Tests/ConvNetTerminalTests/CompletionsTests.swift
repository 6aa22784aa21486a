import ConvNetTerminal
import Foundation
import Testing

struct CompletionsTests {
  func script(_ shell: Shell) -> String { Completions(SampleTool.tool).script(for: shell) }

  /// Runs a shell with a script on its standard input; nil where there is no such shell.
  static func run(_ shell: String, _ arguments: [String], input: String) throws -> (Int32, String)?
  {
    let places = ["/bin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
    guard
      let path = places.map({ "\($0)/\(shell)" }).first(where: FileManager.default.isExecutableFile)
    else { return nil }
    let process = Process()
    let (output, feed) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = output
    process.standardInput = feed
    try process.run()
    feed.fileHandleForWriting.write(Data(input.utf8))
    feed.fileHandleForWriting.closeFile()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  static func has(_ shell: String) -> Bool {
    (try? run(shell, ["-c", "true"], input: "")) != nil
  }

  @Test(
    .enabled(if: has("bash")),
    arguments: [
      (["sample", "tr"], ["train"]),
      (["sample", ""], ["train", "predict", "data", "fail", "help", "completions"]),
      (["sample", "data", ""], ["check", "stats"]),
      (["sample", "--j"], ["--json"]),
      (["sample", "train", "--ep"], ["--epochs"]),
      (["sample", "train", "--opt", ""], ["sgd", "adamw"]),
      (["sample", "train", "--lr", ""], ["auto"]),
      (["sample", "train", "--arch", "res"], ["resnet18"]),
      (["sample", "train", "--epochs", ""], []),
      (["sample", "completions", ""], ["bash", "zsh", "fish"]),
      (["sample", "data", "check", "--q"], ["--quiet"]),
    ])
  func bashCompletes(words: [String], expected: [String]) throws {
    let quoted = words.map { "'\($0)'" }.joined(separator: " ")
    let input =
      script(.bash) + "\nCOMP_WORDS=(\(quoted)); COMP_CWORD=\(words.count - 1); _sample\n"
      + "printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    let (status, output) = try #require(
      try Self.run("bash", ["--norc", "--noprofile"], input: input))
    #expect(status == 0)
    #expect(output.split(separator: "\n").map(String.init) == expected)
  }

  @Test(.enabled(if: has("zsh")))
  func zshAcceptsTheScript() throws {
    let (status, output) = try #require(try Self.run("zsh", ["-n"], input: script(.zsh)))
    #expect(status == 0, "\(output)")
  }

  @Test(.enabled(if: has("fish")))
  func fishCompletes() throws {
    let input = script(.fish) + "\ncomplete -C'sample train --opt '\ncomplete -C'sample da'\n"
    let (status, output) = try #require(try Self.run("fish", ["--no-config"], input: input))
    #expect(status == 0)
    #expect(
      output.split(separator: "\n").map(String.init) == [
        "adamw\tthe optimiser", "sgd\tthe optimiser", "data\tlook at data",
      ])
  }

  @Test(arguments: Shell.allCases)
  func everyCommandAndOptionIsInTheScript(shell: Shell) {
    let text = script(shell)
    for word in ["train", "predict", "check", "stats", "epochs", "dry-run", "quiet", "tag"] {
      #expect(text.contains(word), "\(word)")
    }
  }
}
