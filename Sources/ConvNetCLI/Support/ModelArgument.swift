internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal

/// The argument of every command that uses a trained model.
enum ModelArgument {
  static let path = Positional<String>.required("MODEL", "a model file, as 'train' saves it")

  /// Loads it.
  static func load(_ arguments: ParsedArguments) throws(ConvNetError) -> Model {
    try Model(contentsOf: arguments[path])
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
