internal import ConvNet
internal import ConvNetExplain
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// `convnet explain`: every step of a network on a photo, as a page, as text, as pictures.
enum ExplainCommand {
  static let photos = Positional<[String]>.list("PHOTO", rule: .path, "pictures, each its own page")
  static let model = Option<String?>.text(
    "model", letter: "m", "MODEL",
    rule: .nameOrFile(PretrainedModel.names + [ExplainModel.starter]),
    defaultText: "the starter network",
    "a model file, as 'train' saves it, or the name of a pretrained network")
  static let output = Option<String?>.text(
    "output", letter: "o", "FILE", rule: .file, defaultText: "PHOTO.explain.html",
    "the page's file, - for the standard output")
  static let text = Option<Bool>.flag("text", "say it in the terminal; no page")
  static let png = Option<String?>.text(
    "png", "DIR", rule: .folder, "also write the pictures into this folder")
  static let dump = Option<String?>.text(
    "dump", "FILE", rule: .file, "write all tensors of the run, exactly (safetensors)")
  static let language = Option<String>.text(
    "lang", "LANG", rule: .choice(["en", "zh", "auto"]), default: "auto",
    "the language that the page starts in; it always holds both")
  static let classOption = Option<String?>.text(
    "class", "NAME", defaultText: "the likeliest", "the class to explain: its name or number")
  static let count = Option<Int>.integer("topk", "K", 1...100, default: 5, "the classes to list")
  static let atlas = Option<String?>.text(
    "atlas", "FILE", rule: .file, "the pictures that excite each channel most, from 'atlas'")
  static let layer = Option<String?>.text(
    "layer", "NAME", defaultText: "the first convolution", "the layer to look at first")
  static let channel = Option<Int?>.integer(
    "channel", "N", 0...1_000_000, defaultText: "the strongest", "the channel to look at first")
  static let position = Option<String?>.text(
    "position", "Y,X", defaultText: "the strongest", "the position to look at first")
  static let channels = Option<Int>.integer(
    "channels", "N", 1...1024, default: 8, "the channels per layer with exact kernels")
  static let budget = Option<Double>.number(
    "budget", "MB", NumberRange(from: 0.2, to: 200), default: 3,
    "the most megabytes that a page may have")
  static let times = Option<Bool>.flag(
    "times", "measure how long each layer takes; a page has other bytes each time then")
  static let ascii = Option<Bool>.flag(
    "ascii", "draw with ASCII characters only, without colours")
  static let opens = Option<Bool>.flag("open", "open the page afterwards")

  static let command = Command(
    "explain", "show every step of a network on a photo: a page, a text, pictures",
    discussion: [
      "Without --model the starter network looks at the photo: a small network that was trained on "
        + "Fashion-MNIST's clothes and comes with the program.",
      "The page is one file that needs no network connection, and it checks its own numbers.",
    ],
    positionals: [photos.specification],
    options: [
      OptionGroup("Network", [model.specification, EngineArguments.threads.specification]),
      OptionGroup(
        "Files",
        [
          output.specification, png.specification, dump.specification, text.specification,
          ascii.specification, opens.specification,
        ]),
      OptionGroup(
        "What is shown",
        [
          language.specification, classOption.specification, count.specification,
          layer.specification, channel.specification, position.specification,
          channels.specification, budget.specification, atlas.specification,
          times.specification,
        ]),
    ],
    examples: [
      "explain shoe.jpg", "explain cat.jpg --model resnet.safetensors --open",
      "explain shoe.jpg --text --layer conv1 --channel 5 --position 0,0",
      "explain shoe.jpg --dump run.safetensors -o page.html",
    ], body: run)

  private static let run: Command.Body = { arguments, console in
    let paths = try arguments[photos].flatMap { (path) throws(ConvNetError) in
      try PictureFiles.paths(at: path)
    }
    guard paths.count == 1 || arguments[output] == nil && arguments[dump] == nil else {
      throw ConvNetError(
        .invalidArgument, "--output and --dump take one photo, got \(paths.count)",
        advice: "leave them out: each photo's page is written beside it")
    }
    let source = try ExplainModel(arguments[model], console: console)
    for path in paths { try explain(path, source, arguments, console) }
    return .success
  }

  private static func explain(
    _ path: String, _ source: ExplainModel, _ arguments: ParsedArguments, _ console: Console
  ) throws(ConvNetError) {
    let file = try FileBytes(path: path)
    let photo = try Image(decoding: file)
    let run = try source.model.explain(
      photo, options: EngineArguments.options(arguments), measuresTimes: arguments[times])
    var options = try pageOptions(arguments, source)
    options.photo = photo
    options.photoName = PathName.last(of: path)
    options.photoSHA256 = SHA256.hex(SHA256.digest(file.withUnsafeBytes { Array($0) }))

    if let dump = arguments[dump] {
      let evidence = run.evidenceLayer == nil ? [] : try run.evidence(for: run.ranking(1))
      try SafetensorsFile.write(try RunDump.tensors(run, evidence), to: dump)
      console.note("dump     \(dump.escapedForDisplay)")
    }
    if let folder = arguments[png] {
      let files = try ExplainPictures.write(run, options: options, to: folder)
      console.note("pictures \(folder.escapedForDisplay): \(files.count) files")
    }
    var terminal = console.output
    // Where nobody's window says how wide it is, lines are those of a wide page.
    if !terminal.isTerminal { terminal.width = 100 }
    if arguments[ascii] { (terminal.isUnicode, terminal.colours) = (false, .none) }
    let report = ExplainText(run, options: options, terminal: terminal)
    console.record(report.record(path: path))
    if arguments[text] || (console.isJSON && arguments[output] == nil) {
      console.result(try report.text(isDetailed: arguments[layer] != nil))
      return
    }
    let page = try ExplainPage(run, options: options)
    let target = arguments[output] ?? PathName.withoutExtension(path) + ".explain.html"
    if target == "-" {
      console.result(page.html)
      return
    }
    try AtomicFile.write(page.html, to: target)
    if arguments[output] == nil || console.verbosity >= .normal {
      console.note(try report.text(isDetailed: arguments[layer] != nil))
    }
    console.note(
      "page     \(target.escapedForDisplay) (\(NumberFormat.bytes(page.html.utf8.count)), "
        + (page.isComplete ? "every number" : "windows around the strongest answers") + ")")
    if arguments[opens] { try PageOpener.open(target) }
  }

  private static func pageOptions(
    _ arguments: ParsedArguments, _ source: ExplainModel
  ) throws(ConvNetError) -> PageOptions {
    var options = PageOptions()
    options.language = PageOptions.Language(rawValue: arguments[language]) ?? .auto
    options.budget = Int(arguments[budget] * 1_000_000)
    options.topCount = arguments[count]
    options.channels = arguments[channels]
    options.layer = arguments[layer]
    options.channel = arguments[channel]
    options.modelName = source.name
    options.modelSHA256 = source.sha256
    options.tool = "convnet \(programVersion)"
    if let wanted = arguments[classOption] {
      options.classIndex = try source.classIndex(wanted)
    }
    if let position = arguments[position] {
      let parts = position.split(separator: ",").map { Int($0) }
      guard parts.count == 2, let row = parts[0], let column = parts[1] else {
        throw ConvNetError(
          .invalidArgument, "--position takes a row and a column, such as 3,5",
          reason: "got '\(position.escapedForDisplay)'")
      }
      options.position = (row, column)
    }
    if let path = arguments[atlas] {
      let atlas = try Atlas(path: path)
      try atlas.requireModel(sha256: source.sha256, name: source.name)
      options.atlas = atlas
    }
    return options
  }
}
