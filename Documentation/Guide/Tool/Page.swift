import Foundation

/// One page of the guide with the parts of it that a program can check.
struct Page {
  /// A fenced part of the page and what it has to be.
  struct Block {
    enum Kind: Hashable {
      /// The code of a sample.
      case code(String)
      /// What a sample prints.
      case printed(String)
      /// Commands and what they print.
      case commands
    }

    let kind: Kind
    /// Whether it holds times, or what comes of a training: compared on the same kind of processor only.
    let isAbout: Bool
    /// The lines between the fences.
    var lines: [String]
    /// The line number of the first of them, from 0.
    let start: Int
  }

  let file: URL
  var lines: [String]
  private(set) var blocks: [Block] = []
  private(set) var problems: [String] = []
  /// The pictures that the page shows.
  private(set) var pictures: [String] = []
  /// The number of headings, which both languages share.
  var headings: Int { lines.count { $0.hasPrefix("## ") } }

  var name: String { file.lastPathComponent }

  init(_ file: URL) throws {
    self.file = file
    lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
    read()
  }

  /// The marker in front of a fence: `<!-- sample: NAME -->`, `<!-- prints: NAME -->`, `<!-- run -->`;
  /// `<!-- prints about: NAME -->` and `<!-- run about -->` where they hold times or a training.
  private static func marker(_ line: String) -> (words: [Substring], name: String)? {
    guard line.hasPrefix("<!-- "), line.hasSuffix(" -->") else { return nil }
    let parts = line.dropFirst(5).dropLast(4).split(separator: ":", maxSplits: 1)
    let name = parts.count == 2 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
    return (parts[0].split(separator: " "), name)
  }

  private mutating func read() {
    var marker: (words: [Substring], name: String)?
    var number = 0
    while number < lines.count {
      let line = lines[number]
      if let found = Page.marker(line) {
        marker = found
      } else if line.hasPrefix("```") {
        let start = number + 1
        var end = start
        while end < lines.count, lines[end] != "```" { end += 1 }
        add(marker, language: String(line.dropFirst(3)), Array(lines[start..<end]), start)
        marker = nil
        number = end
      } else if line.hasPrefix("!["), let open = line.range(of: "](") {
        pictures.append(String(line[open.upperBound...].prefix { $0 != ")" }))
      }
      number += 1
    }
  }

  private mutating func add(
    _ marker: (words: [Substring], name: String)?, language: String, _ lines: [String], _ start: Int
  ) {
    let isAbout = marker?.words.dropFirst().first == "about"
    func block(_ kind: Block.Kind) {
      blocks.append(Block(kind: kind, isAbout: isAbout, lines: lines, start: start))
    }
    switch (marker?.words.first, language) {
    case ("sample", "swift"): block(.code(marker?.name ?? ""))
    case ("prints", "text"): block(.printed(marker?.name ?? ""))
    case ("run", "console"): block(.commands)
    // What cannot be run in a check says why: an hour of training, another program.
    case ("not", "swift"), ("not", "console"), ("not", "python"): break
    case (nil, "text"), (nil, "yaml"): break
    default:
      problems.append("\(name):\(start): a fence of '\(language)' without a marker in front of it")
    }
  }

  /// Puts other lines between the fences of a block.
  mutating func replace(_ index: Int, with new: [String]) {
    let block = blocks[index]
    guard block.lines != new else { return }
    lines.replaceSubrange(block.start..<(block.start + block.lines.count), with: new)
    blocks = []
    pictures = []
    problems = []
    read()
  }

  func write() throws {
    try lines.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
  }
}

/// Commands as a terminal shows them, with the lines that they print.
struct Session {
  var commands: [(command: String, output: [String])] = []

  init(_ lines: [String]) {
    var continues = false
    for line in lines {
      if continues {
        commands[commands.count - 1].command += "\n" + line
      } else if line.hasPrefix("$ ") {
        commands.append((String(line.dropFirst(2)), []))
      } else if !commands.isEmpty {
        commands[commands.count - 1].output.append(line)
      }
      continues = (continues || line.hasPrefix("$ ")) && line.hasSuffix("\\")
    }
  }

  var lines: [String] {
    commands.flatMap { ("$ " + $0.command).components(separatedBy: "\n") + $0.output }
  }
}
