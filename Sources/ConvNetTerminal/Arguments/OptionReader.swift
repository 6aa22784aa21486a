internal import ConvNetGraph
internal import ConvNetText

/// The words of a command line that are still to be read, and the options read so far.
struct OptionReader {
  private(set) var words: ArraySlice<String>
  private(set) var values: [String: [ArgumentValue]] = [:]
  /// The values as they were written, for the message about an option that is given twice.
  private var written: [String: String] = [:]

  init(words: ArraySlice<String>) { self.words = words }

  var next: String? { words.first }

  mutating func takeWord() -> String? { words.popFirst() }

  /// Reads the option that the next word is, with its value.
  mutating func takeOption(
    from table: [OptionSpecification], helpPath: String
  ) throws(ConvNetError) {
    guard let word = words.popFirst() else { return }
    var name = word
    var attached: String?
    if word.hasPrefix("--"), let sign = word.firstIndex(of: "=") {
      name = String(word[..<sign])
      attached = String(word[word.index(after: sign)...])
    }
    guard let option = table.first(where: { $0.typed == name || $0.short == name }) else {
      let names = table.map(\.typed)
      throw ConvNetError(
        .invalidArgument,
        "unknown option \(name.quoted())" + Suggestion.question(for: name, in: names),
        advice: "'\(helpPath) --help' lists the options")
    }
    let value = try value(of: option, named: name, attached: attached)
    if !option.repeats, values[option.name] != nil {
      let earlier = written[option.name].map { " (first as \($0.quoted()))" } ?? ""
      throw ConvNetError(.invalidArgument, "\(option.typed) is given twice\(earlier)")
    }
    values[option.name, default: []].append(value)
  }

  private mutating func value(
    of option: OptionSpecification, named name: String, attached: String?
  ) throws(ConvNetError) -> ArgumentValue {
    guard let rule = option.rule else {
      if let attached {
        throw ConvNetError(.invalidArgument, "\(name) takes no value, got \(attached.quoted())")
      }
      return .flag
    }
    guard let text = attached ?? takeValue() else {
      throw ConvNetError(.invalidArgument, "\(name) needs a value: \(rule.expectation)")
    }
    guard let value = rule.value(of: text) else {
      throw ConvNetError(
        .invalidArgument,
        "\(name) needs \(rule.expectation), got \(text.quoted())" + rule.question(for: text))
    }
    if values[option.name] == nil { written[option.name] = text }
    return value
  }

  /// The next word if it can be a value: not another option, though a negative number may be one.
  private mutating func takeValue() -> String? {
    guard let word = words.first else { return nil }
    let looksLikeAnOption = word.hasPrefix("-") && word != "-" && !Numeral.isNegativeNumber(word)
    return looksLikeAnOption ? nil : words.popFirst()
  }
}
