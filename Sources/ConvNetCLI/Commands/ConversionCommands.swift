internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// What `import`, `export` and `convert` have in common: writing a model in another form, reading it
/// back, and saying how far apart both are.
enum Conversion {
  static let output = Option<String?>.text(
    "output", letter: "o", "FILE", rule: .file, "the file to write; its ending says which form")
  static let size = Option<[Int]?>.sizes(
    "size", "CxHxW", count: 3...3, each: 1...65_536, defaultText: "the file's own",
    "the network's input, where an ONNX file leaves its sizes free")
  static let network = Option<String?>.text(
    "arch", "NAME", rule: .choice(Zoo.names),
    "the network of the zoo that the weights of a .pth or .safetensors file belong to")
  static let classes = Option<Int?>.integer(
    "classes", "N", 1...1_000_000, defaultText: "the network's own",
    "with --arch: the classes of the network")
  static let labels = Option<String?>.text(
    "labels", "FILE", rule: .file, "the names of the classes, one a line")
  static let stored = Option<String?>.text(
    "verify", "FILE", rule: .file,
    "a safetensors file with tensors 'input' and 'output' of another program to compare with")
  static let tolerance = Option<Double>.number(
    "tolerance", "X", NumberRange(from: 0), default: 1e-4,
    "the largest difference, as a share of the largest output, that is no failure")

  static let options = [
    OptionGroup(
      "Network",
      [
        network.specification, classes.specification, size.specification, labels.specification,
      ]),
    OptionGroup(
      "Result",
      [
        output.specification, stored.specification, tolerance.specification,
      ]),
    EngineArguments.group,
  ]

  /// The model of a file of any kind that is read.
  static func model(
    _ path: String, _ arguments: ParsedArguments, _ console: Console
  ) throws(ConvNetError) -> Model {
    let names = try arguments[labels].map { (file) throws(ConvNetError) in try lines(of: file) }
    if let name = arguments[network] {
      let size = arguments[size]
      var model = try Model(
        zoo: name, classes: arguments[classes], channels: size?[0],
        size: size.map { Size2D(height: $0[1], width: $0[2]) }, labels: names ?? [])
      for note in try model.load(path).notes { console.warning(note) }
      return model
    }
    guard arguments[classes] == nil else {
      throw ConvNetError(.invalidArgument, "--classes needs --arch")
    }
    let isONNX = (try? FileBytes(path: path)).map { ONNXModel.isONNX($0, path: path) } ?? false
    guard isONNX else {
      var model = try ModelArgument.load(path, console: console)
      if let names { model.labels = names }
      return model
    }
    return try Model(
      onnx: ONNXModel(path: path), input: arguments[size].map { Shape($0) }, labels: names ?? [])
  }

  private static func lines(of path: String) throws(ConvNetError) -> [String] {
    let bytes = try FileBytes(path: path, limit: 1 << 26)
    let text = bytes.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
    guard let text else { throw ConvNetError(.invalidData, "\(bytes.name): is not UTF-8 text") }
    return text.split(whereSeparator: \.isNewline).map(String.init)
  }

  /// Writes the model in the form that the file's ending says, reads it back and compares.
  static func write(
    _ model: Model, to path: String, _ arguments: ParsedArguments, _ console: Console
  ) throws(ConvNetError) -> ExitCode {
    if path.hasSuffix(".onnx") {
      try model.export(onnx: path)
    } else if path.hasSuffix(".safetensors") {
      try model.save(to: path)
    } else {
      throw ConvNetError(
        .invalidArgument, "'\(path.escapedForDisplay)' has an ending that says no form",
        advice: "name it .safetensors or .onnx")
    }
    let options = EngineArguments.options(arguments)
    let back = try Model(contentsOf: path)
    var code = report(
      try model.difference(of: back, options: options), "read back", path, arguments, console)
    if let file = arguments[stored] {
      let other = report(
        try back.difference(fromStored: file, options: options), "compared with \(file)", path,
        arguments, console)
      code = code == .success ? other : code
    }
    return code
  }

  /// Says a difference; the exit code is that of a failed check where it is too large.
  static func report(
    _ difference: OutputDifference, _ what: String, _ path: String, _ arguments: ParsedArguments,
    _ console: Console
  ) -> ExitCode {
    let relative = NumberFormat.significant(difference.relative, digits: 3)
    let largest = NumberFormat.significant(difference.largest, digits: 3)
    console.record([
      "path": .string(path), "check": .string(what), "largest": .number(difference.largest),
      "relative": .number(difference.relative), "numbers": .integer(difference.count),
    ])
    console.result(
      "\(path.escapedForDisplay): \(what.escapedForDisplay): largest difference \(largest) "
        + "(\(relative) of the largest output, \(NumberFormat.grouped(difference.count)) numbers)")
    guard difference.relative <= arguments[tolerance] else {
      console.warning("the difference is larger than --tolerance allows")
      return .checkFailed
    }
    return .success
  }

  /// The file to write, which has to be said.
  static func target(_ arguments: ParsedArguments, _ command: String) throws(ConvNetError) -> String
  {
    guard let path = arguments[output] else {
      throw ConvNetError(.invalidArgument, "'convnet \(command)' needs --output FILE")
    }
    return path
  }
}

/// `convnet import`: a model file of what another program wrote.
enum ImportCommand {
  static let source = Positional<String>.required(
    "FILE", rule: .file,
    "an ONNX file, or with --arch a .pth, .pt, .th or .safetensors file of weights")

  static let command = Command(
    "import", "make a model file of an ONNX file or of another program's weights",
    discussion: [
      "The engine's result on a probe is compared with plain loops in Float64, and the file that was "
        + "written is read back; a difference above --tolerance ends with exit code 1."
    ],
    positionals: [source.specification], options: Conversion.options,
    examples: [
      "import resnet18.onnx -o resnet18.safetensors",
      "import detector.onnx --size 3x640x640 -o detector.safetensors",
      "import resnet18.pth --arch resnet18 -o resnet18.safetensors",
    ]
  ) { arguments, console in
    let path = try Conversion.target(arguments, "import")
    let model = try Conversion.model(arguments[source], arguments, console)
    let first = Conversion.report(
      try model.differenceFromReference(options: EngineArguments.options(arguments)),
      "engine against plain loops", arguments[source], arguments, console)
    let second = try Conversion.write(model, to: path, arguments, console)
    return first == .success ? second : first
  }
}

/// `convnet export`: a model in a form that other programs read.
enum ExportCommand {
  static let command = Command(
    "export", "write a model as ONNX for other programs",
    discussion: [
      "The file that was written is read back and compared on a probe; a difference above "
        + "--tolerance ends with exit code 1. Class names and the preparation of pictures are stored "
        + "as texts beside the graph."
    ],
    positionals: [ModelArgument.path.specification], options: Conversion.options,
    examples: ["export runs/…/best.safetensors -o net.onnx"]
  ) { arguments, console in
    let path = try Conversion.target(arguments, "export")
    let model = try Conversion.model(arguments[ModelArgument.path], arguments, console)
    return try Conversion.write(model, to: path, arguments, console)
  }
}

/// `convnet convert`: from any form that is read to any that is written.
enum ConvertCommand {
  static let source = Positional<String>.required("FROM", rule: .file, "the file to read")
  static let target = Positional<String>.required(
    "TO", rule: .file, "the file to write: .safetensors or .onnx")

  static let command = Command(
    "convert", "turn a file of a network into another form",
    discussion: [
      "Weights without a network (.pth, .pt, .th, .safetensors) become a .safetensors file of the "
        + "same tensors, or with --arch a model."
    ],
    positionals: [source.specification, target.specification], options: Conversion.options,
    examples: [
      "convert net.onnx net.safetensors", "convert weights.pth weights.safetensors",
      "convert weights.pth resnet18.onnx --arch resnet18",
    ]
  ) { arguments, console in
    let (from, to) = (arguments[source], arguments[target])
    guard arguments[Conversion.output] == nil else {
      throw ConvNetError(.invalidArgument, "'convnet convert' takes TO instead of --output")
    }
    if arguments[Conversion.network] == nil, to.hasSuffix(".safetensors"), isWeightsOnly(from) {
      let file = try WeightsFile.load(from)
      for note in file.notes { console.warning(note) }
      try SafetensorsFile.write(file.weights, to: to)
      let back = try SafetensorsFile(path: to).load()
      let difference = OutputDifference(
        back.weights.map(\.tensor), file.weights.map(\.tensor))
      return Conversion.report(difference, "read back", to, arguments, console)
    }
    let model = try Conversion.model(from, arguments, console)
    return try Conversion.write(model, to: to, arguments, console)
  }

  /// Whether a file holds tensors but no network.
  private static func isWeightsOnly(_ path: String) -> Bool {
    guard let bytes = try? FileBytes(path: path), !ONNXModel.isONNX(bytes, path: path) else {
      return false
    }
    guard let file = try? SafetensorsFile(bytes) else { return true }
    return file.metadata["convnet.graph"] == nil
  }
}
