internal import ConvNet
internal import ConvNetEngine
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// `convnet bench`: how fast a network runs here.
enum BenchCommand {
  static let size = Option<[Int]?>.sizes(
    "size", "CxHxW", count: 3...3, each: 1...65_536, defaultText: "the network's own",
    "the picture: channels, height, width")
  static let batches = Option<String>.text(
    "batch", "LIST", default: "1", "the pictures that are computed at once, with commas: 1,8,32")
  static let threads = Option<String?>.text(
    "threads", "LIST", defaultText: "all cores", "the numbers of threads, with commas: 1,2")
  static let warmup = Option<Int>.integer(
    "warmup", "N", 0...1_000_000, default: 10, "the runs before the clock starts")
  static let time = Option<Double?>.duration(
    "min-time", "TIME", 0...86_400, defaultText: "2s", "how long each row is measured, at least")
  static let trains = Option<Bool>.flag(
    "train", "time loss and gradients instead of scores (without the optimiser's update)")
  static let showsLayers = Option<Bool>.flag(
    "layers", "show each step with its time and the share of the machine's peak")
  static let earlier = Option<String?>.text(
    "compare", "FILE", rule: .file,
    "an earlier measurement, as --json writes it: exit code 1 where this one is slower")
  static let tolerance = Option<String>.text(
    "tolerance", "PERCENT", default: "5%", "how much slower than before is not slower")

  static let command = Command(
    "bench", "measure how fast a network runs on this machine",
    discussion: [
      "The numbers of a network that is named, and the pictures, are random: only time is measured. "
        + "With --json each row is one record; a file of them is what --compare reads."
    ],
    positionals: [NamedNetwork.argument.specification],
    options: [
      OptionGroup(
        "Work",
        [
          size.specification, batches.specification, threads.specification,
          EngineArguments.precision.specification, trains.specification,
        ]),
      OptionGroup("Measuring", [warmup.specification, time.specification]),
      OptionGroup(
        "Result", [showsLayers.specification, earlier.specification, tolerance.specification]),
    ],
    examples: [
      "bench resnet18 --batch 1,8 --threads 1,2", "bench net.safetensors --layers",
      "bench primer --json > before.json", "bench primer --compare before.json --tolerance 10%",
    ]
  ) { arguments, console in
    var options = BenchmarkOptions()
    options.work = arguments[trains] ? .training : .inference
    options.batches = try NumberList.parse(arguments[batches], option: "batch", 1...65_536)
    if let text = arguments[threads] {
      options.threads = try NumberList.parse(text, option: "threads", 1...1024)
    }
    options.warmup = arguments[warmup]
    options.minimumSeconds = arguments[time] ?? options.minimumSeconds
    options.engine.precision = EngineArguments.precision(arguments)
    let tolerance = try share(arguments[tolerance])
    let before = try arguments[earlier].map { (path) throws(ConvNetError) in
      try BenchmarkFile.read(path)
    }
    let model = try model(arguments)
    let rows = try model.benchmark(options)
    for row in rows { console.record(try JSONValue(encoding: row)) }
    console.result("\(model.architecture), input \(model.inputShape), \(options.work.rawValue)")
    console.result(Benchmark.table(rows))
    if arguments[showsLayers] {
      for row in rows {
        console.result("\nbatch \(row.batch), \(row.threads) threads:\n\(row.layerTable)")
      }
    }
    guard let before else { return .success }
    return try compare(rows, before, tolerance, console)
  }

  private static func model(_ arguments: ParsedArguments) throws(ConvNetError) -> Model {
    let size = arguments[size]
    switch try NamedNetwork(arguments[NamedNetwork.argument]) {
    case .zoo(let entry):
      return try Model(
        zoo: entry.name, channels: size?[0],
        size: size.map { Size2D(height: $0[1], width: $0[2]) })
    case .model(let model):
      guard let size else { return model }
      return try Model(
        model.graph.reshaped(inputs: [Shape([1] + size)]), weights: model.weights,
        architecture: model.architecture)
    }
  }

  private static func share(_ text: String) throws(ConvNetError) -> Double {
    let number = text.hasSuffix("%") ? String(text.dropLast()) : text
    guard let percent = Double(number), percent.isFinite, percent >= 0 else {
      throw ConvNetError(
        .invalidArgument, "--tolerance: '\(text.escapedForDisplay)' is no percentage",
        advice: "for example --tolerance 5%")
    }
    return percent / 100
  }

  /// Says of each row how it compares, and whether any is slower.
  private static func compare(
    _ rows: [Benchmark], _ before: [Benchmark], _ tolerance: Double, _ console: Console
  ) throws(ConvNetError) -> ExitCode {
    var compared = 0
    var slower = 0
    for row in rows {
      guard let old = before.last(where: row.isComparable) else { continue }
      compared += 1
      let change = row.slowdown(against: old) - 1
      let isSlower = change > tolerance
      slower += isSlower ? 1 : 0
      let percent = NumberFormat.percent(abs(change))
      console.result(
        "batch \(row.batch), \(row.threads) threads: "
          + (isSlower
            ? "SLOWER by \(percent)" : change > 0 ? "\(percent) slower" : "\(percent) faster")
          + " than before")
    }
    guard compared > 0 else {
      throw ConvNetError(
        .invalidData, "the earlier measurement has no row of this network, size, batch and threads")
    }
    return slower > 0 ? .checkFailed : .success
  }
}

/// Whole numbers with commas between them.
enum NumberList {
  static func parse(
    _ text: String, option: String, _ range: ClosedRange<Int>
  ) throws(ConvNetError) -> [Int] {
    var numbers: [Int] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let number = Int(word), range.contains(number), word.first != "+" else {
        throw ConvNetError(
          .invalidArgument,
          "--\(option): '\(String(word).escapedForDisplay)' is no whole number of "
            + "\(range.lowerBound)...\(range.upperBound)", advice: "for example --\(option) 1,8,32")
      }
      numbers.append(number)
    }
    return numbers
  }
}

/// A file of measurements: one JSON object per line.
enum BenchmarkFile {
  private static let limit = 1 << 26

  static func read(_ path: String) throws(ConvNetError) -> [Benchmark] {
    let bytes = try FileBytes(path: path, limit: limit)
    let text = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    var rows: [Benchmark] = []
    for (number, line) in text.split(separator: "\n").enumerated() {
      let name = "\(bytes.name), line \(number + 1)"
      rows.append(
        try JSONValue(parsing: String(line), name: name).decode(Benchmark.self, name: name))
    }
    guard !rows.isEmpty else {
      throw ConvNetError(.invalidData, "\(bytes.name): holds no measurement")
    }
    return rows
  }
}
