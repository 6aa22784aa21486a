import ConvNet
import Foundation

/// Everything in the guide that can be wrong without a reader noticing.
struct GuideCheck {
  private let folder: URL
  private let catalogue: URL
  private let isUpdating: Bool
  private let sources: SampleSources
  private let workshop: Workshop
  private(set) var problems: [String] = []
  private var used: Set<String> = []
  /// Whether the guide was made with this processor's instruction set: a training goes the same way.
  private let isSameMachine: Bool
  private var uncompared = 0
  private var counts = (pages: 0, code: 0, outputs: 0, commands: 0, pictures: 0)

  /// What was looked at.
  var summary: String {
    "\(counts.pages) pages, \(counts.code) samples, \(counts.outputs) outputs of samples, "
      + "\(counts.commands) commands, \(counts.pictures) pictures: "
      + (uncompared == 0 ? "" : "\(uncompared) NOT compared (made with other instructions); ")
      + (problems.isEmpty ? "all as they are now" : "\(problems.count) problems")
  }

  init(folder: URL, isUpdating: Bool) throws {
    self.folder = folder
    self.isUpdating = isUpdating
    catalogue = folder.appendingPathComponent("Guide.docc")
    sources = try SampleSources(folder.appendingPathComponent("Samples"))
    let program = URL(fileURLWithPath: CommandLine.arguments[0]).standardizedFileURL
    workshop = try Workshop(programs: program.deletingLastPathComponent())
    let chosen = ProcessInfo.processInfo.environment["CONVNET_ISA"]
    let record = folder.appendingPathComponent("instruction-set.txt")
    let instructions = (chosen ?? InstructionSet.available.first ?? "none") + "\n"
    if isUpdating { try instructions.write(to: record, atomically: true, encoding: .utf8) }
    isSameMachine = (try? String(contentsOf: record, encoding: .utf8)) == instructions
  }

  mutating func run() throws {
    for name in sources.names where !samples.contains(where: { $0.name == name }) {
      problems.append("Samples.swift: the list lacks \(name)")
    }
    for name in try order() {
      let english = try check(page("en", name))
      let chinese = try check(page("zh", name + "-zh"))
      compare(english, chinese)
    }
    for name in sources.names where !used.contains(name) {
      problems.append("Samples: no page shows \(name)")
    }
    try checkPictures()
  }

  private func page(_ language: String, _ name: String) throws -> Page {
    try Page(catalogue.appendingPathComponent(language).appendingPathComponent(name + ".md"))
  }

  /// The pages in the order in which they are read: that of the first page's list.
  private mutating func order() throws -> [String] {
    let root = try Page(catalogue.appendingPathComponent("Guide.md"))
    let links = root.lines.filter { $0.hasPrefix("- <doc:") }.map {
      String($0.dropFirst(7).prefix { $0 != ">" })
    }
    let files = try FileManager.default.contentsOfDirectory(
      atPath: catalogue.appendingPathComponent("en").path)
    for file in files where file.hasSuffix(".md") && !links.contains(String(file.dropLast(3))) {
      problems.append("Guide.md: the list lacks \(file)")
    }
    for link in links where !link.hasSuffix("-zh") && !links.contains(link + "-zh") {
      problems.append("Guide.md: the list lacks \(link)-zh")
    }
    return links.filter { !$0.hasSuffix("-zh") }
  }

  private mutating func check(_ page: Page) throws -> Page {
    var page = page
    problems += page.problems
    counts.pages += 1
    for index in page.blocks.indices {
      let block = page.blocks[index]
      let now = try now(block, on: page)
      if isUpdating {
        page.replace(index, with: now)
      } else if block.isAbout, !isSameMachine {
        uncompared += 1
      } else if let (shown, now) = Comparison(isAbout: block.isAbout, isSameMachine: isSameMachine)
        .difference(block.lines, now)
      {
        problems.append(
          "\(page.name):\(block.start + 1): differs\n    in the guide  \(shown)\n    now           \(now)"
        )
      }
    }
    // What a failing command says is not for readers.
    if isUpdating, problems.isEmpty { try page.write() }
    return page
  }

  /// The lines that a block should have.
  private mutating func now(_ block: Page.Block, on page: Page) throws -> [String] {
    switch block.kind {
    case .code(let name):
      counts.code += 1
      used.insert(name)
      guard let code = sources.code[name] else {
        problems.append("\(page.name):\(block.start): no sample is called '\(name)'")
        return block.lines
      }
      // A sample runs where it is shown, whether or not what it prints is.
      if sources.names.contains(name) { try failing(workshop.output(ofSample: name), page, block) }
      return code
    case .printed(let name):
      counts.outputs += 1
      let output = try workshop.output(ofSample: name)
      failing(output, page, block)
      return output
    case .commands:
      var session = Session(block.lines)
      for index in session.commands.indices {
        counts.commands += 1
        let output = try workshop.output(of: session.commands[index].command)
        failing(output, page, block)
        session.commands[index].output = output
      }
      return session.lines
    }
  }

  private mutating func failing(_ output: [String], _ page: Page, _ block: Page.Block) {
    if let last = output.last, last.hasPrefix("(exit code") {
      problems.append(
        "\(page.name):\(block.start): fails: " + output.joined(separator: " "))
    }
  }

  /// Both languages show the same code, outputs and pictures in the same order.
  private mutating func compare(_ english: Page, _ chinese: Page) {
    if english.blocks.map(\.kind) != chinese.blocks.map(\.kind)
      || zip(english.blocks, chinese.blocks).contains(where: {
        Session($0.lines).commands.map(\.command) != Session($1.lines).commands.map(\.command)
      })
    {
      problems.append("\(chinese.name): does not show the samples and commands of \(english.name)")
    }
    // docc does not look at a button's address.
    for (page, other) in [(english, chinese.name), (chinese, english.name)]
    where !page.lines.contains(where: {
      $0.contains("\"/documentation/guide/\(other.dropLast(3))\"")
    }) {
      problems.append("\(page.name): has no button to \(other)")
    }
    if english.pictures != chinese.pictures {
      problems.append("\(chinese.name): does not show the pictures of \(english.name)")
    }
    if english.headings != chinese.headings {
      problems.append("\(chinese.name): does not have the headings of \(english.name)")
    }
  }

  /// Every picture of the guide was made by a command or sample of it, as `pictures/NAME`.
  private mutating func checkPictures() throws {
    let resources = catalogue.appendingPathComponent("Resources")
    let made = workshop.folder.appendingPathComponent("pictures")
    var shown: Set<String> = []
    for folder in ["en", "zh"] {
      let path = catalogue.appendingPathComponent(folder)
      for file in try FileManager.default.contentsOfDirectory(
        at: path, includingPropertiesForKeys: nil)
      where file.pathExtension == "md" { shown.formUnion(try Page(file).pictures) }
    }
    for name in shown.sorted() {
      counts.pictures += 1
      let new = made.appendingPathComponent(name)
      let old = resources.appendingPathComponent(name)
      guard let bytes = try? Data(contentsOf: new) else {
        problems.append("\(name): no command or sample writes pictures/\(name)")
        continue
      }
      if isUpdating {
        try bytes.write(to: old)
      } else if try !areAlike(old, new) {
        problems.append("\(name): is not the picture that is made now")
      }
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: resources.path)
    where !shown.contains(name) {
      problems.append("\(name): no page shows this picture")
    }
  }

  /// The same bytes, or pixels that differ by rounding only.
  private func areAlike(_ a: URL, _ b: URL) throws -> Bool {
    guard let bytes = try? Data(contentsOf: a) else { return false }
    if bytes == (try Data(contentsOf: b)) { return true }
    let (old, new) = (try Image(path: a.path), try Image(path: b.path))
    guard old.width == new.width, old.height == new.height, old.channels == new.channels else {
      return false
    }
    var sum = 0
    for (before, after) in zip(old.pixels, new.pixels) { sum += abs(Int(before) - Int(after)) }
    return Double(sum) < 0.5 * Double(old.pixels.count)
  }
}
