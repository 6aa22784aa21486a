internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// The argument of every command that uses a trained model.
enum ModelArgument {
  static let path = Positional<String>.required(
    "MODEL", rule: .nameOrFile(PretrainedModel.names),
    "a model file, as 'train' saves it, an ONNX file, or the name of a pretrained network")

  /// Loads it.
  static func load(
    _ arguments: ParsedArguments, console: Console
  ) throws(ConvNetError) -> Model {
    try load(arguments[path], console: console)
  }

  /// Loads a model file, or the pretrained network of a name, which is fetched where it is not there.
  ///
  /// - Throws: The file's errors; a `notFound` error with the nearest name where there is neither.
  static func load(_ name: String, console: Console) throws(ConvNetError) -> Model {
    do throws(ConvNetError) {
      return try Model(contentsOf: name)
    } catch {
      guard error.kind == .notFound else { throw error }
      guard PretrainedModel.names.contains(name) else {
        throw ConvNetError(
          .notFound, error.summary + Suggestion.question(for: name, in: PretrainedModel.names),
          reason: error.reason,
          advice: name.contains("/")
            ? error.advice
            : "pretrained networks: \(PretrainedModel.names.joined(separator: ", "))")
      }
    }
    let pretrained = try PretrainedModel.named(name)
    if !pretrained.isFetched { try pretrained.fetch(console) }
    return try pretrained.load()
  }
}

extension PretrainedModel {
  /// Fetches it, with a word for the person who waits.
  func fetch(_ console: Console) throws(ConvNetError) {
    let megabytes = NumberFormat.fixed(Double(downloadSize) / 1e6, decimals: 1)
    console.note("fetching \(name) (\(megabytes) MB) with pip")
    try fetch()
  }
}

extension Model {
  /// Checks that the data's classes are those that the model was trained for, in the same order.
  ///
  /// - Throws: An `invalidArgument` error with the first difference.
  func requireClasses(of dataset: Dataset) throws(ConvNetError) {
    guard !labels.isEmpty, labels != dataset.classNames else { return }
    let (known, found) = (Set(labels), Set(dataset.classNames))
    let onlyModel = labels.filter { !found.contains($0) }
    let onlyData = dataset.classNames.filter { !known.contains($0) }
    func list(_ names: [String]) -> String {
      let shown = names.prefix(5).map(\.escapedForDisplay).joined(separator: ", ")
      return names.isEmpty ? "none" : names.count > 5 ? shown + ", …" : shown
    }
    throw ConvNetError(
      .invalidArgument, "\(dataset.path): its classes are not those of the model",
      reason: "only in the model: \(list(onlyModel)); only in the data: \(list(onlyData))",
      advice: onlyModel.isEmpty && onlyData.isEmpty ? "they have another order" : nil)
  }
}
