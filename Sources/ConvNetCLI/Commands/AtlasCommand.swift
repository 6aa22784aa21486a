internal import ConvNet
internal import ConvNetExplain
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// `convnet atlas`: what each channel of a network looks for, out of the user's own pictures.
enum AtlasCommand {
  static let model = Positional<String>.required(
    "MODEL", rule: .nameOrFile(PretrainedModel.names + [ExplainModel.starter]),
    "a model file, an ONNX file, the name of a pretrained network, or 'starter' for the network that "
      + "comes with the program")
  static let data = Positional<String>.required(
    "DATA", rule: .path,
    "a data set as 'train' takes it, or a folder of pictures; no classes needed")
  static let output = Option<String>.text(
    "output", letter: "o", "FILE", rule: .file, default: "net.atlas", "the atlas (safetensors)")
  static let html = Option<String?>.text(
    "html", "FILE", rule: .file, "also write a contact sheet: a page to look at, print or hang up")
  static let language = Option<String>.text(
    "lang", "LANG", rule: .choice(["en", "zh"]), default: "en", "the contact sheet's language")
  static let count = Option<Int>.integer(
    "topk", "K", 1...64, default: 9, "the pieces per channel")
  static let images = Option<Int?>.integer(
    "images", "N", 1...Int.max, defaultText: "all",
    "the pictures to look at, evenly spread over the data")
  static let split = Option<String>.text(
    "split", "PART", rule: .choice(["train", "val", "test"]), default: "train",
    "the part of a data set")
  static let patch = Option<Int>.integer(
    "patch", "PIXELS", 8...1024, default: 64, "the longest side of a piece; longer ones are reduced"
  )
  static let budget = Option<Double>.number(
    "budget", "MB", NumberRange(from: 0.1, to: 10_000), default: 64,
    "the most megabytes of all pieces together; they become smaller to keep it")
  static let channels = Option<Int>.integer(
    "channels", "N", 1...100_000, default: 24, "the channels per layer on the contact sheet")
  static let skipBad = Option<Bool>.flag(
    "skip-bad", "pass over pictures that cannot be read; otherwise they are an error")

  static let command = Command(
    "atlas", "find the pieces of pictures that excite each channel most",
    discussion: [
      "For every channel of every convolution and block: the pieces of your pictures with its largest "
        + "answers, as large as the channel sees, one per picture at most. 'explain --atlas' shows them.",
      "Ctrl-C ends the search; the atlas is then made of the pictures seen so far.",
    ],
    positionals: [model.specification, data.specification],
    options: [
      OptionGroup("Files", [output.specification, html.specification, language.specification]),
      OptionGroup(
        "Pieces",
        [
          count.specification, patch.specification, budget.specification, channels.specification,
        ]),
      OptionGroup(
        "Data", [images.specification, split.specification, skipBad.specification]),
      OptionGroup("Computing", [EngineArguments.threads.specification]),
    ],
    examples: [
      "atlas starter /usr/share/datasets/fashion-mnist -o starter.atlas --html starter.html",
      "atlas net.safetensors photos --images 5000",
      "explain cat.jpg --model net.safetensors --atlas net.atlas",
    ], body: run)

  private static let run: Command.Body = { arguments, console in
    let source = try ExplainModel(arguments[model], console: console)
    let path = arguments[data]
    let pictures = try PlainPictures.open(path, part: arguments[split], console: console)
    var options = AtlasOptions()
    options.count = arguments[count]
    options.patchSize = arguments[patch]
    options.byteLimit = Int(arguments[budget] * 1_000_000)
    options.pictures = arguments[images]
    options.skipsUnreadable = arguments[skipBad]

    Interruption.listen { _ in
      console.warning("ending the search; once more ends at once, without a file")
    }
    let reporter = ProgressReporter(console: console)
    let start = ContinuousClock.now
    var atlas = try source.model.atlas(
      of: pictures, options: options, engine: EngineArguments.options(arguments)
    ) { progress in
      reporter.update {
        Progress(
          title: progress.phase == .searching ? "searching" : "cutting", done: progress.done,
          total: progress.total, elapsedSeconds: start.duration(to: .now) / .seconds(1))
      }
      return Interruption.received == nil
    }
    reporter.finish()
    atlas.modelName = source.name
    atlas.modelSHA256 = source.sha256
    atlas.dataName = PathName.last(of: path)
    for picture in atlas.unreadable { console.warning("passed over: \(picture.reason)") }

    let target = arguments[output]
    try atlas.write(to: target)
    let seconds = start.duration(to: .now) / .seconds(1)
    console.record(record(atlas, path: target, seconds: seconds))
    console.note(
      "atlas    \(target.escapedForDisplay): \(NumberFormat.grouped(channelCount(atlas))) channels "
        + "of \(atlas.layers.count) layers, \(NumberFormat.grouped(atlas.pictureCount)) pictures, "
        + DurationFormat.spoken(seconds: seconds))
    if let sheet = arguments[html] {
      let page = AtlasPage(
        atlas, channels: arguments[channels], tool: "convnet \(programVersion)",
        language: arguments[language] == "zh" ? .zh : .en)
      try AtomicFile.write(page.html, to: sheet)
      console.note(
        "sheet    \(sheet.escapedForDisplay) (\(NumberFormat.bytes(page.html.utf8.count)))")
    }
    console.note(
      "next     convnet explain PHOTO --model \(arguments[model].escapedForDisplay) --atlas "
        + target.escapedForDisplay)
    return Interruption.received?.exitCode ?? .success
  }

  private static func channelCount(_ atlas: Atlas) -> Int {
    atlas.layers.reduce(0) { $0 + $1.channels.count }
  }

  private static func record(_ atlas: Atlas, path: String, seconds: Double) -> JSONValue {
    [
      "path": .string(path), "pictures": .integer(atlas.pictureCount),
      "seconds": .number(seconds), "unreadable": .integer(atlas.unreadable.count),
      "layers": .array(
        atlas.layers.map { layer in
          [
            "name": .string(layer.name), "measured_at": .string(layer.measuredAt),
            "channels": .integer(layer.channels.count),
            "silent": .integer(layer.channels.count { $0.isEmpty }),
            "field": [.integer(layer.fieldSize.height), .integer(layer.fieldSize.width)],
          ]
        }),
    ]
  }
}
