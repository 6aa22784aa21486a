internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// A network that the command line names: one of the zoo, or a model file.
enum NamedNetwork {
  case zoo(Zoo.Entry)
  case model(Model)

  static let argument = Positional<String>.required(
    "NETWORK", rule: .nameOrFile(Zoo.names),
    "the name of a network, or a model file, or a pretrained network that was fetched")

  /// Finds it.
  ///
  /// - Throws: A `notFound` error with the nearest name where there is neither, or the file's errors.
  init(_ name: String) throws(ConvNetError) {
    if Zoo.names.contains(name) {
      self = .zoo(try Zoo.entry(name))
      return
    }
    if let pretrained = PretrainedModel.all.first(where: { $0.name == name && $0.isFetched }) {
      self = .model(try pretrained.load())
      return
    }
    do throws(ConvNetError) {
      self = .model(try Model(contentsOf: name))
    } catch {
      guard error.kind == .notFound else { throw error }
      throw ConvNetError(
        .notFound,
        "no network and no file is called '\(name.escapedForDisplay)'"
          + Suggestion.question(for: name, in: Zoo.names),
        reason: "networks: \(Zoo.names.joined(separator: ", "))")
    }
  }
}
