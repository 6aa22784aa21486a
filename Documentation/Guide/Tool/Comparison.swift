/// Whether a text is what a program prints now.
///
/// With the instruction set that the guide was made with, both are the same characters. With another one
/// sums are added in another order: the last digit of a number may differ, and a training goes another way,
/// so that blocks that say "about" are not compared then. Their times are never compared.
struct Comparison {
  let isAbout: Bool
  /// Whether the guide was made with this processor's instruction set.
  let isSameMachine: Bool

  /// The first pair of lines that differ.
  func difference(_ shown: [String], _ now: [String]) -> (shown: String, now: String)? {
    if shown == now { return nil }
    for index in 0..<max(shown.count, now.count) {
      let a = index < shown.count ? shown[index] : "(nothing)"
      let b = index < now.count ? now[index] : "(nothing)"
      if a != b, isSameMachine && !isAbout || !areClose(a, b) { return (a, b) }
    }
    return nil
  }

  private func areClose(_ a: String, _ b: String) -> Bool {
    let (a, b) = (words(a), words(b))
    guard a.count == b.count else { return false }
    return zip(a, b).allSatisfy { x, y in
      if x == y { return true }
      guard let p = Double(x.filter { $0 != "," }), let q = Double(y.filter { $0 != "," }) else {
        return false
      }
      let larger = max(p.magnitude, q.magnitude)
      let digits = max(places(x), places(y))
      let unit = (0..<digits).reduce(1.0) { unit, _ in unit / 10 }
      return (p - q).magnitude <= max(digits > 0 ? 2.01 * unit : 0, 1e-6 * larger)
    }
  }

  private func places(_ number: Substring) -> Int {
    number.firstIndex(of: ".").map { number.distance(from: $0, to: number.endIndex) - 1 } ?? 0
  }

  /// Numbers and what is between them, without drawings and, in a block "about", without times.
  private func words(_ line: String) -> [Substring] {
    var found: [Substring] = []
    for word in line.split(separator: " ") {
      if word.allSatisfy({ "▁▂▃▄▅▆▇█▏▎▍▌▋▊▉░▒▓".contains($0) }) { continue }
      var rest = word
      while let first = rest.first {
        let isNumber = { (c: Character) in c.isASCII && c.isNumber || c == "." || c == "," }
        let isPart = first == "-" || isNumber(first)
        let part =
          isPart
          ? rest.prefix(1) + rest.dropFirst().prefix(while: isNumber)
          : rest.prefix { $0 != "-" && !isNumber($0) }
        found.append(part)
        rest = rest.dropFirst(part.count)
      }
    }
    guard isAbout else { return found }
    // A row of `train`: behind the learning rate come speed and time.
    if line.drop(while: { $0 == " " }).prefix(while: { $0.isNumber || $0 == "/" }).contains("/") {
      return Array(found.prefix(10))
    }
    let units: Set<Substring> = ["s", "ms", "s;", "ms;", "img/s", "img/s)"]
    return found.indices.filter { index in
      !units.contains(found[index])
        && !(index + 1 < found.count && units.contains(found[index + 1]))
    }.map { found[$0] }
  }
}
