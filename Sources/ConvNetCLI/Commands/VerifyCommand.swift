internal import ConvNet
internal import ConvNetExplain
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// `convnet verify`: is everything on an explain page what the run computed?
enum VerifyCommand {
  static let page = Positional<String>.required("PAGE", "a page that 'explain' wrote")
  static let tensors = Option<String?>.text(
    "tensors", "FILE", rule: .file, "the dump of the same run (explain --dump)")
  static let against = Option<String?>.text(
    "against", "FILE", rule: .file,
    "tensors of another program under the same names, to compare the dump with")
  static let tolerance = Option<Double>.number(
    "atol", "X", .notNegative, default: 1e-4, "the largest difference allowed to those")

  static let command = Command(
    "verify", "check every number of a page that 'explain' wrote",
    discussion: [
      "Checksums of the stored tensors, layers computed again in double precision, shares, and every "
        + "number that the page shows. The exit code is 1 where something is wrong."
    ],
    positionals: [page.specification],
    options: [
      OptionGroup(
        "Comparing", [tensors.specification, against.specification, tolerance.specification])
    ],
    examples: [
      "verify shoe.explain.html", "verify page.html --tensors run.safetensors",
      "verify page.html --tensors run.safetensors --against torch.safetensors --atol 1e-4",
    ]
  ) { arguments, console in
    if arguments[against] != nil, arguments[tensors] == nil {
      throw ConvNetError(
        .invalidArgument, "--against needs the run's dump too",
        advice: "add --tensors run.safetensors, which 'explain --dump run.safetensors' writes")
    }
    let path = arguments[page]
    let file = try FileBytes(path: path)
    let html = file.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    let check = try PageCheck(
      html, name: path.escapedForDisplay,
      dump: try arguments[tensors].map { (path) throws(ConvNetError) in
        try SafetensorsFile(path: path).load().weights
      },
      reference: try arguments[against].map { (path) throws(ConvNetError) in
        try WeightsFile.load(path).weights
      }, tolerance: arguments[tolerance])
    for row in check.rows {
      var object = JSONObject()
      object["check"] = .string(row.name)
      object["numbers"] = .integer(row.total)
      object["wrong"] = .integer(row.wrong)
      if let worst = row.worst { object["worst"] = .number(worst) }
      console.record(.object(object))
      let worst = row.worst.map {
        ", largest difference \(NumberFormat.significant($0, digits: 3))"
      }
      console.result(
        "\(row.wrong == 0 ? "ok    " : "WRONG ") \(row.name): \(NumberFormat.grouped(row.total)) numbers, "
          + "\(NumberFormat.grouped(row.wrong)) wrong\(worst ?? "")")
    }
    console.result(check.isGood ? "\nthe page is right" : "\nthe page is NOT right")
    return check.isGood ? .success : .checkFailed
  }
}
