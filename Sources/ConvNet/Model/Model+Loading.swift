internal import ConvNetFormats
public import ConvNetGraph
internal import ConvNetText

/// What became of the tensors of a file that was loaded into a model.
public struct LoadReport: Hashable, Sendable {
  /// The parameters that were filled.
  public var loaded: [String] = []
  /// The parameters that the file has nothing for; they keep their numbers.
  public var missing: [String] = []
  /// The file's tensors that the model has no place for.
  public var unexpected: [String] = []
  /// The tensors whose shape is not the parameter's; the parameters keep their numbers.
  public var misshapen: [Misshapen] = []
  /// The tensors that are of no use here: counters of batches.
  public var ignored: [String] = []
  /// The file's remarks: numbers that had to be rounded.
  public var notes: [String] = []

  /// A tensor of another shape than the parameter of its name.
  public struct Misshapen: Hashable, Sendable {
    /// The name.
    public var name: String
    /// The shape in the file.
    public var found: Shape
    /// The parameter's shape.
    public var expected: Shape
  }
}

extension Model {
  /// Fills the parameters with the tensors of a file: a state dict saved by PyTorch, or safetensors.
  ///
  /// `num_batches_tracked` counters of batch norm layers are passed over. Nothing changes where an
  /// error is thrown.
  ///
  /// ```swift
  /// try model.load("resnet18.pth")
  /// // another head: everything but the last layer
  /// try model.load("resnet18.pth", strict: false)
  /// // saved from torch.nn.DataParallel
  /// try model.load("net.pth", renaming: { $0.hasPrefix("module.") ? String($0.dropFirst(7)) : $0 })
  /// ```
  ///
  /// - Parameters:
  ///   - path: the file; its kind is found out from its content.
  ///   - strict: whether every parameter must be in the file, with its shape, and nothing else;
  ///     otherwise what fits is taken and the rest is in the report.
  ///   - renaming: the model's name for a name of the file; nil leaves the tensor out.
  /// - Throws: ``ConvNetError``: the file's errors, or of kind `invalidData` listing everything that is
  ///   missing, unexpected or of another shape; without `strict` only where nothing fits.
  @discardableResult
  public mutating func load(
    _ path: String, strict: Bool = true, renaming: (String) -> String? = { $0 }
  ) throws(ConvNetError) -> LoadReport {
    let file = try WeightsFile.load(path)
    return try load(
      file.weights, name: path.escapedForDisplay, strict: strict, notes: file.notes,
      renaming: renaming)
  }

  /// Fills the parameters with tensors: as ``load(_:strict:renaming:)`` with a file.
  ///
  /// - Parameter name: what the tensors are called in messages.
  /// - Throws: ``ConvNetError`` of kind `invalidData`.
  @discardableResult
  public mutating func load(
    _ tensors: Weights, name: String = "the weights", strict: Bool = true,
    renaming: (String) -> String? = { $0 }
  ) throws(ConvNetError) -> LoadReport {
    try load(tensors, name: name, strict: strict, notes: [], renaming: renaming)
  }

  private mutating func load(
    _ tensors: Weights, name: String, strict: Bool, notes: [String],
    renaming: (String) -> String?
  ) throws(ConvNetError) -> LoadReport {
    var report = LoadReport()
    report.notes = notes
    var found: [String: Tensor] = [:]
    let known = Set(graph.parameters.map(\.name))
    for (original, tensor) in tensors {
      guard let renamed = renaming(original) else { continue }
      guard found.updateValue(tensor, forKey: renamed) == nil else {
        throw ConvNetError(
          .invalidData, "\(name): two tensors are called '\(renamed.escapedForDisplay)'",
          advice: "the renaming must give every tensor a name of its own")
      }
      if known.contains(renamed) { continue }
      if renamed.split(separator: ".").last == "num_batches_tracked" {
        report.ignored.append(renamed)
      } else {
        report.unexpected.append(renamed)
      }
    }
    var changed = weights
    for slot in graph.parameters {
      guard let tensor = found[slot.name] else {
        // Constants come with the network; no other program knows them.
        if slot.role != .constant { report.missing.append(slot.name) }
        continue
      }
      guard tensor.shape == slot.shape else {
        report.misshapen.append(
          LoadReport.Misshapen(name: slot.name, found: tensor.shape, expected: slot.shape))
        continue
      }
      changed[slot.name] = tensor
      report.loaded.append(slot.name)
    }
    let problems = report.missing.count + report.unexpected.count + report.misshapen.count
    if problems > 0, strict || report.loaded.isEmpty {
      throw misfit(report, found, name: name)
    }
    weights = changed
    return report
  }

  /// The error that lists everything that does not fit.
  private func misfit(
    _ report: LoadReport, _ found: [String: Tensor], name: String
  ) -> ConvNetError {
    let shapes = Dictionary(uniqueKeysWithValues: graph.parameters.map { ($0.name, $0.shape) })
    var counts: [String] = []
    var lists: [String] = []
    func add(_ count: Int, _ what: String, _ items: [String]) {
      guard count > 0 else { return }
      counts.append("\(count) \(what)")
      let more = count > Model.listLimit ? " and \(count - Model.listLimit) more" : ""
      lists.append("\(what): " + items.prefix(Model.listLimit).joined(separator: ", ") + more)
    }
    add(
      report.missing.count, "missing",
      report.missing.map { missing in
        let shape = shapes[missing] ?? []
        let guess = Model.nearest(missing, shape, report.unexpected, found)
        return "'\(missing)' \(shape)" + (guess.map { " (the file has '\($0)')" } ?? "")
      })
    add(
      report.unexpected.count, "unexpected",
      report.unexpected.map {
        "'\($0.escapedForDisplay)' \(found[$0]?.shape ?? [])"
      })
    add(
      report.misshapen.count, "of another shape",
      report.misshapen.map { "'\($0.name)' is \($0.found), expected \($0.expected)" })
    return ConvNetError(
      .invalidData, "\(name): does not fit the network: \(counts.joined(separator: ", "))",
      reason: lists.joined(separator: "; "), advice: advice(report))
  }

  /// A damaged file may name a hundred thousand tensors.
  private static let listLimit = 1_000

  private func advice(_ report: LoadReport) -> String? {
    // All names of the file behind one more word: the model was wrapped when it was saved.
    if let prefix = report.unexpected.first?.prefix(while: { $0 != "." }), !prefix.isEmpty,
      report.unexpected.allSatisfy({ $0.hasPrefix(prefix + ".") }),
      report.unexpected.contains(where: {
        report.missing.contains(String($0.dropFirst(prefix.count + 1)))
      })
    {
      return "the file's names begin with '\(prefix).': pass "
        + "renaming: { String($0.dropFirst(\(prefix.count + 1))) }"
    }
    if report.missing.isEmpty, report.loaded.count > report.misshapen.count,
      !report.misshapen.isEmpty
    {
      return "for a network with another head pass strict: false"
    }
    return nil
  }

  /// The unexpected name that a missing parameter probably has in the file.
  private static func nearest(
    _ missing: String, _ shape: Shape, _ unexpected: [String], _ found: [String: Tensor]
  ) -> String? {
    let candidates = unexpected.filter { found[$0]?.shape == shape }
    let related = candidates.first {
      $0.hasSuffix("." + missing) || missing.hasSuffix("." + $0)
    }
    return (related ?? Suggestion.nearest(to: missing, in: candidates))?.escapedForDisplay
  }
}
