internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetText

/// A written page taken apart again: description, blocks of numbers, shown numbers.
///
/// The page may come from anywhere; everything about it is checked before it is used.
struct PageReader {
  /// A block of a tensor.
  struct Block {
    let box: PageBox
    let numbers: [Float]
    let sum: String
  }

  /// A number that the page shows without its script.
  struct Shown {
    let source: String
    let exact: String
    let text: String
  }

  let manifest: JSONValue
  let blocks: [Block]
  let shown: [Shown]
  /// The checksums that the page's policy allows, and those of what it holds.
  let scriptHashes: (allowed: String, found: String)
  let styleHashes: (allowed: String, found: String)
  private let positions: [String: [Int]]

  init(_ html: String, name: String) throws(ConvNetError) {
    func fail(_ what: String) -> ConvNetError {
      ConvNetError(
        .invalidData, "\(name): is not a page of 'convnet explain', or is damaged", reason: what)
    }
    let text = Array(html.utf8)
    let scanner = ByteScanner(text)
    guard let run = scanner.element("<script type=\"application/json\" id=\"run\">", "</script>")
    else {
      throw fail("it holds no description of a run")
    }
    manifest = try JSONValue(parsing: run, name: "\(name): description")
    guard manifest["schema"]?.string == Manifest.schema else {
      throw fail("its description is not of kind \(Manifest.schema)")
    }
    var blobs: [String: [Float]] = [:]
    var blocks: [Block] = []
    for entry in manifest["boxes"]?.array ?? [] {
      guard let box = PageBox(entry), let blob = entry["blob"]?.string,
        let start = entry["at"]?.int, let sum = entry["sha"]?.string,
        blob.utf8.allSatisfy({ (48...57).contains($0) || (97...122).contains($0) })
      else { throw fail("a block of numbers is not described well") }
      if blobs[blob] == nil {
        let opening = "<script type=\"application/octet-stream\" id=\"\(blob)\">"
        guard let body = scanner.element(opening, "</script>"), let bytes = Base64.decoded(body)
        else {
          throw fail("the numbers '\(blob)' are missing or no base64")
        }
        let limit = min(bytes.count, 1 << 26) * 1100 + 4096
        let plain = try Zlib.decompressed(
          bytes, limit: min(limit, 1 << 30), name: "\(name): \(blob)")
        guard plain.count % 4 == 0 else { throw fail("the numbers '\(blob)' are cut short") }
        blobs[blob] = PageBlob.numbers(plain)
      }
      let numbers = blobs[blob] ?? []
      let count = box.count * box.height * box.width
      guard start >= 0, start <= numbers.count, count <= numbers.count - start else {
        throw fail("the numbers '\(blob)' are too few")
      }
      blocks.append(Block(box: box, numbers: Array(numbers[start..<start + count]), sum: sum))
    }
    if let input = try Self.input(scanner, manifest, name: name) { blocks.append(input) }
    self.blocks = blocks
    positions = Dictionary(grouping: blocks.indices) { blocks[$0].box.tensor }
    shown = scanner.shownNumbers()
    func hashes(_ policy: String, _ opening: String, _ closing: String) -> (String, String) {
      let allowed = scanner.element("\(policy) '", "'") ?? ""
      let body = scanner.lastElement(opening, closing) ?? ""
      return (allowed, "sha256-" + Base64.encoded(SHA256.digest(body.utf8)))
    }
    scriptHashes = hashes("script-src", "<script>", "</script>")
    styleHashes = hashes("style-src", "<style>", "</style>")
  }

  /// The run's input, made again of the page's picture; nil where this build reads no PNG files.
  private static func input(
    _ scanner: ByteScanner, _ manifest: JSONValue, name: String
  ) throws(ConvNetError) -> Block? {
    let opening = "<img id=\"picture\" src=\"data:image/png;base64,"
    let sizes = (manifest["input"]?["shape"]?.array ?? []).compactMap(\.int)
    func numbers(_ key: String) -> [Float] {
      (manifest["photo"]?[key]?.array ?? []).compactMap { $0.double.map { Float($0) } }
    }
    do throws(ConvNetError) {
      guard let text = scanner.element(opening, "\""), let bytes = Base64.decoded(text),
        sizes.count == 3
      else { throw ConvNetError(.invalidData, "the picture is missing") }
      let image = try Image(decoding: FileBytes(bytes, name: "\(name): picture"))
        .converted(to: sizes[0] == 1 ? .gray : .rgb)
      guard [image.channels, image.height, image.width] == sizes else {
        throw ConvNetError(.invalidData, "the picture has another size than the input")
      }
      let tensor = try image.tensor(mean: numbers("mean"), standardDeviation: numbers("std"))
      let box = PageBox(
        tensor: "input", channels: nil, count: sizes[0], row: 0, column: 0, height: sizes[1],
        width: sizes[2], isWhole: true)
      return Block(
        box: box, numbers: tensor.elements, sum: manifest["input"]?["sha"]?.string ?? "")
    } catch {
      guard error.kind != .unsupported else { return nil }
      throw ConvNetError(
        .invalidData, "\(name): is not a page of 'convnet explain', or is damaged",
        reason: error.summary)
    }
  }

  /// One number of a tensor, where the page holds it.
  func number(_ tensor: String, _ channel: Int, _ row: Int = 0, _ column: Int = 0) -> Float? {
    for index in positions[tensor] ?? [] {
      let (box, numbers) = (blocks[index].box, blocks[index].numbers)
      guard row >= box.row, row < box.row + box.height, column >= box.column,
        column < box.column + box.width
      else { continue }
      let position = box.channels.map { $0.firstIndex(of: channel) } ?? channel
      guard let position, position >= 0, position < box.count else { continue }
      return numbers[(position * box.height + row - box.row) * box.width + column - box.column]
    }
    return nil
  }

  /// All of a tensor's numbers, where the page holds them in one block.
  func whole(_ tensor: String) -> [Float]? {
    positions[tensor]?.first.map { blocks[$0].numbers }
  }
}

extension PageBox {
  /// The block that a page describes; nil where it cannot be one.
  init?(_ entry: JSONValue) {
    func number(_ key: String) -> Int? {
      entry[key]?.int.flatMap { (0...(1 << 26)).contains($0) ? $0 : nil }
    }
    guard let tensor = entry["t"]?.string, let count = number("n"), let row = number("y"),
      let column = number("x"), let height = number("h"), let width = number("w")
    else { return nil }
    let (plane, overflow) = height.multipliedReportingOverflow(by: width)
    guard !overflow, plane <= 1 << 28, count <= (1 << 28) / max(1, plane) else { return nil }
    let rows = entry["rows"]?.array?.compactMap(\.int)
    if let rows, rows.count != count { return nil }
    self.init(
      tensor: tensor, channels: rows, count: count, row: row, column: column, height: height,
      width: width, isWhole: entry["all"]?.bool ?? false)
  }
}

/// Finds the parts of a page in its bytes.
private struct ByteScanner {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func find(_ text: String, from start: Int = 0) -> Int? {
    let wanted = Array(text.utf8)
    guard let first = wanted.first, bytes.count >= wanted.count, start >= 0 else { return nil }
    return bytes.withUnsafeBufferPointer { bytes in
      var at = start
      while at + wanted.count <= bytes.count {
        if bytes[at] == first, bytes[at..<(at + wanted.count)].elementsEqual(wanted) { return at }
        at += 1
      }
      return nil
    }
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  /// What stands between the first place of a text and the next place of another.
  func element(_ opening: String, _ closing: String, from start: Int = 0) -> String? {
    guard let found = find(opening, from: start) else { return nil }
    let begin = found + opening.utf8.count
    return find(closing, from: begin).map { text(begin..<$0) }
  }

  /// The same for the last place.
  func lastElement(_ opening: String, _ closing: String) -> String? {
    var (last, start): (String?, Int) = (nil, 0)
    while let found = find(opening, from: start) {
      last = element(opening, closing, from: found)
      start = found + 1
    }
    return last
  }

  /// The numbers of the page's elements, as the writer writes them.
  func shownNumbers() -> [PageReader.Shown] {
    var result: [PageReader.Shown] = []
    let opening = "<span class=\"n\" data-src=\""
    var start = 0
    while let found = find(opening, from: start) {
      let source = found + opening.utf8.count
      start = source
      guard let sourceEnd = find("\" data-v=\"", from: source) else { break }
      let exact = sourceEnd + "\" data-v=\"".utf8.count
      guard let exactEnd = find("\">", from: exact), let end = find("</span>", from: exactEnd)
      else {
        break
      }
      result.append(
        PageReader.Shown(
          source: Self.unescaped(text(source..<sourceEnd)), exact: text(exact..<exactEnd),
          text: text(exactEnd + 2..<end)))
      start = end
    }
    return result
  }

  private static func unescaped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
    return text.replacingText("&lt;", with: "<").replacingText("&gt;", with: ">")
      .replacingText("&quot;", with: "\"").replacingText("&#39;", with: "'").replacingText(
        "&amp;", with: "&")
  }
}
