internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal

/// `convnet summary`: a network layer by layer, with what it costs.
enum SummaryCommand {
  static let size = Option<[Int]?>.sizes(
    "size", "CxHxW", count: 3...3, each: 1...65_536, defaultText: "the network's own",
    "the picture that it is computed for: channels, height, width")
  static let classes = Option<Int?>.integer(
    "classes", "N", 1...1_000_000, defaultText: "the network's own",
    "the classes of a network of the zoo")
  static let sort = Option<String?>.text(
    "sort", "COLUMN", rule: .choice(ModelSummary.Column.allCases.map(\.rawValue)),
    defaultText: "as they run", "the column that the layers are ordered by, largest first")
  static let columns = Option<[String]?>.choices(
    "columns", "LIST", ModelSummary.Column.allCases.map(\.rawValue), defaultText: "all",
    "the columns to show, with commas between them")

  static let command = Command(
    "summary", "show a network layer by layer: shapes, parameters, multiply-adds, receptive field",
    positionals: [NamedNetwork.argument.specification],
    options: [
      OptionGroup("Network", [size.specification, classes.specification]),
      OptionGroup("Table", [sort.specification, columns.specification]),
    ],
    examples: [
      "summary resnet18", "summary primer --size 1x28x28 --sort macs",
      "summary net.safetensors --columns name,output,params",
    ]
  ) { arguments, console in
    let summary = ModelSummary(try graph(arguments))
    console.record(try JSONValue(encoding: summary))
    let columns = arguments[columns].map { $0.compactMap(ModelSummary.Column.init(rawValue:)) }
    console.result(
      summary.text(
        columns: columns ?? ModelSummary.Column.allCases,
        sortedBy: arguments[sort].flatMap(ModelSummary.Column.init(rawValue:))))
    return .success
  }

  private static func graph(_ arguments: ParsedArguments) throws(ConvNetError) -> Graph {
    let size = arguments[size]
    switch try NamedNetwork(arguments[NamedNetwork.argument]) {
    case .zoo(let entry):
      let net = try entry.make(
        classes: arguments[classes], channels: size?[0],
        size: size.map { Size2D(height: $0[1], width: $0[2]) })
      return try Graph(net, input: size.map { Shape($0) } ?? entry.input)
    case .model(let model):
      guard arguments[classes] == nil else {
        throw ConvNetError(
          .invalidArgument, "--classes is for networks of the zoo; a model file has its own")
      }
      return try size.map { (size) throws(ConvNetError) in
        try model.graph.reshaped(inputs: [Shape([1] + size)])
      } ?? model.graph
    }
  }
}
