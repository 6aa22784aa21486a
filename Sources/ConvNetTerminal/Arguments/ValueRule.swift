internal import ConvNetText

/// What an option's value may be.
package enum ValueRule: Sendable, Equatable {
  case integer(ClosedRange<Int>)
  /// A number of a range, or the keyword if there is one.
  case number(NumberRange, keyword: String? = nil)
  case choice([String])
  /// Some of the words, with commas between them.
  case choices([String])
  /// Any text that is not empty.
  case text
  /// One of some known names, or a file.
  case nameOrFile([String])
  case file
  case folder
  /// A file or a folder.
  case path
  /// A length of time, in seconds.
  case duration(ClosedRange<Double>)
  /// Sizes joined by `x`; each within a range, their count within another.
  case sizes(count: ClosedRange<Int>, each: ClosedRange<Int>)

  /// The value that a text stands for, or nil if the rule forbids it.
  package func value(of text: String) -> ArgumentValue? {
    switch self {
    case .integer(let range):
      return Numeral.integer(text).flatMap { range.contains($0) ? .integer($0) : nil }
    case .number(let range, let keyword):
      if text == keyword { return .text(text) }
      return Numeral.number(text).flatMap { range.contains($0) ? .number($0) : nil }
    case .choice(let choices):
      return choices.contains(text) ? .text(text) : nil
    case .choices(let choices):
      let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      return words.allSatisfy(choices.contains) ? .texts(words) : nil
    case .text, .nameOrFile, .file, .folder, .path:
      return text.isEmpty ? nil : .text(text)
    case .duration(let range):
      return Numeral.seconds(text).flatMap { range.contains($0) ? .number($0) : nil }
    case .sizes(let count, let each):
      guard let sizes = Numeral.sizes(text), count.contains(sizes.count),
        sizes.allSatisfy(each.contains)
      else { return nil }
      return .sizes(sizes)
    }
  }

  /// What the rule allows, in words that end the sentence "… needs".
  package var expectation: String {
    switch self {
    case .integer(let range): return "a whole number \(Self.words(range))"
    case .number(let range, let keyword):
      return (keyword.map { "'\($0)' or " } ?? "") + "a number \(range.words)"
    case .choice(let choices): return "one of \(choices.joined(separator: ", "))"
    case .choices(let choices):
      return "some of \(choices.joined(separator: ", ")), with commas between them"
    case .text: return "a text"
    case .nameOrFile(let names): return "a file, or one of \(names.joined(separator: ", "))"
    case .file: return "a file"
    case .folder: return "a folder"
    case .path: return "a file or a folder"
    case .duration(let range):
      let (low, high) = (range.lowerBound, range.upperBound)
      return "a time such as 90s, 20m or 1h30m, from \(DurationFormat.spoken(seconds: low)) "
        + "to \(DurationFormat.spoken(seconds: high))"
    case .sizes(let count, let each):
      let example = ["3", "32", "32"].suffix(count.upperBound).joined(separator: "x")
      let number = count.count == 1 ? "\(count.lowerBound)" : Self.words(count)
      return "sizes such as \(example): \(number) whole numbers, each \(Self.words(each))"
    }
  }

  /// The range or choices as a help page adds them to an option's description, or nil.
  var helpText: String? {
    switch self {
    case .integer(let range): return Self.words(range)
    case .number(let range, _): return range.words
    case .choice(let choices), .choices(let choices): return choices.joined(separator: ", ")
    case .nameOrFile(let names): return names.joined(separator: ", ")
    case .text, .file, .folder, .path, .duration, .sizes: return nil
    }
  }

  /// The near miss among the known names, as the end of a sentence.
  func question(for text: String) -> String {
    switch self {
    case .choice(let names): Suggestion.question(for: text, in: names)
    default: ""
    }
  }

  private static func words(_ range: ClosedRange<Int>) -> String {
    let low = NumberFormat.grouped(range.lowerBound)
    return range.upperBound == .max
      ? "of at least \(low)" : "from \(low) to \(NumberFormat.grouped(range.upperBound))"
  }
}

/// A value that was given on the command line, after its option's rule was applied.
package enum ArgumentValue: Sendable, Equatable {
  /// An option without a value was given.
  case flag
  case integer(Int)
  case number(Double)
  case text(String)
  case texts([String])
  case sizes([Int])
}
