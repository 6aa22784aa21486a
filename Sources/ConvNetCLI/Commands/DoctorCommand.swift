internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// `convnet doctor`: what this build and machine can do, and whether its numbers are right.
enum DoctorCommand {
  static let command = Command(
    "doctor", "say what this build and machine can do, and test the numbers",
    discussion: [
      "Runs a small network with every kind of kernel that this processor has and compares the "
        + "result with the plain loops of the definition. Exit code 1 where they disagree."
    ],
    examples: ["doctor"]
  ) { _, console in
    let codecs = codecs
    let codecText = codecs.map { "\($0.name) \($0.isBuiltIn ? "yes" : "no (trait off)")" }
    console.result("convnet \(programVersion)")
    console.result("cores that may be used: \(AvailableCores.count)")
    console.result("instruction sets: \(InstructionSet.available.joined(separator: ", "))")
    console.result("codecs: \(codecText.joined(separator: ", "))")
    var record: JSONObject = JSONObject()
    record["version"] = .string(programVersion)
    record["cores"] = .integer(AvailableCores.count)
    record["instruction_sets"] = .array(InstructionSet.available.map(JSONValue.string))
    record["codecs"] = .array(codecs.filter(\.isBuiltIn).map { .string($0.name) })

    var differences = JSONObject()
    var isRight = true
    for name in InstructionSet.available {
      let difference = try NumericSelfTest.largestDifference(instructionSet: name)
      let passes = difference <= NumericSelfTest.tolerance
      isRight = isRight && passes
      differences[name] = .number(Double(difference))
      console.result(
        "numbers with \(name): \(passes ? "right" : "WRONG"), largest difference "
          + NumberFormat.significant(Double(difference), digits: 2))
    }
    record["differences"] = .object(differences)
    record["passed"] = .bool(isRight)
    console.record(.object(record))
    return isRight ? .success : .checkFailed
  }

  /// The readers that the build was made with: its package traits.
  private static var codecs: [(name: String, isBuiltIn: Bool)] {
    #if JPEG
      let jpeg = true
    #else
      let jpeg = false
    #endif
    #if PNG
      let png = true
    #else
      let png = false
    #endif
    #if WebP
      let webP = true
    #else
      let webP = false
    #endif
    #if Zlib
      let zlib = true
    #else
      let zlib = false
    #endif
    return [("JPEG", jpeg), ("PNG", png), ("WebP", webP), ("gzip", zlib)]
  }
}
