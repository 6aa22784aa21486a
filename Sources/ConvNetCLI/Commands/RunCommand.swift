internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal

/// `convnet run`: a network on raw tensors, for comparisons with other programs.
enum RunCommand {
  static let inputs = Option<String?>.text(
    "inputs", "FILE", rule: .file,
    "a safetensors file with a tensor per input of the network, batch included")
  static let outputs = Option<String?>.text(
    "outputs", "FILE", rule: .file, "the safetensors file to write the outputs to")
  static let reference = Option<Bool>.flag(
    "reference", "compute with plain loops in Float64 instead of the engine: slow")

  static let command = Command(
    "run", "run a network on raw tensors from a file",
    discussion: [
      "Nothing is prepared: the tensors are the network's inputs as they are. A single tensor of any "
        + "name does for a network of one input. The outputs keep the names and, where they can, the "
        + "element types of the network's file."
    ],
    positionals: [ModelArgument.path.specification],
    options: [
      OptionGroup("Tensors", [inputs.specification, outputs.specification]),
      OptionGroup(
        "Computing",
        [
          EngineArguments.threads.specification, EngineArguments.precision.specification,
          reference.specification,
        ]),
    ],
    examples: [
      "run net.safetensors --inputs in.safetensors --outputs out.safetensors",
      "run detector.onnx --inputs in.safetensors --outputs out.safetensors --reference",
    ]
  ) { arguments, console in
    guard let source = arguments[inputs], let target = arguments[outputs] else {
      throw ConvNetError(
        .invalidArgument, "'convnet run' needs --inputs FILE and --outputs FILE")
    }
    let tensors = try SafetensorsFile(path: source).loadData()
    let results = try NetworkRun.outputs(
      of: arguments[ModelArgument.path], inputs: tensors,
      executor: arguments[reference] ? .reference : .engine,
      options: EngineArguments.options(arguments))
    try SafetensorsFile.write(results, to: target)
    for result in results {
      console.record([
        "name": .string(result.name), "dtype": .string(result.elementType.rawValue),
        "shape": .array(result.shape.dimensions.map { .integer($0) }),
      ])
      console.result(
        "\(result.name.escapedForDisplay)  \(result.elementType.rawValue) \(result.shape)")
    }
    return .success
  }
}
