import ConvNetGraph
import ConvNetTerminal
import Testing

struct ArgumentParserTests {
  @Test func valuesHaveDefaults() throws {
    let arguments = try SampleTool.arguments("train", "photos")
    #expect(arguments[SampleTool.data] == "photos")
    #expect(arguments[SampleTool.epochs] == 30)
    #expect(arguments[SampleTool.seed] == nil)
    #expect(arguments[SampleTool.decay] == 5e-4)
    #expect(arguments[SampleTool.rate] == nil)
    #expect(arguments[SampleTool.optimizer] == "sgd")
    #expect(arguments[SampleTool.size] == nil)
    #expect(arguments[SampleTool.tags] == [])
    #expect(arguments[SampleTool.dryRun] == false)
    #expect(!arguments.isGiven(SampleTool.epochs))
  }

  @Test func valuesAreReadInBothForms() throws {
    let arguments = try SampleTool.arguments(
      "train", "--epochs", "3", "--wd=0.25", "photos", "--lr", "1e-3", "--opt=adamw", "--time",
      "1h30m", "--size", "1x28x28", "-o", "here", "--dry-run", "--tag", "a", "--tag=b", "-q",
      "--arch", "my net.json")
    #expect(arguments.path == ["train"])
    #expect(arguments[SampleTool.epochs] == 3)
    #expect(arguments[SampleTool.decay] == 0.25)
    #expect(arguments[SampleTool.rate] == 1e-3)
    #expect(arguments[SampleTool.optimizer] == "adamw")
    #expect(arguments[SampleTool.time] == 5400)
    #expect(arguments[SampleTool.size] == [1, 28, 28])
    #expect(arguments[SampleTool.folder] == "here")
    #expect(arguments[SampleTool.architecture] == "my net.json")
    #expect(arguments[SampleTool.tags] == ["a", "b"])
    #expect(arguments[SampleTool.dryRun])
    #expect(arguments[SharedOptions.quiet])
    #expect(arguments.isGiven(SampleTool.epochs))
  }

  @Test func negativeNumbersAreValues() throws {
    #expect(
      try SampleTool.arguments("train", "d", "--momentum", "-0.5")[SampleTool.momentum] == -0.5)
    #expect(
      SampleTool.error(["train", "d", "--epochs", "-1"])?.summary
        == "--epochs needs a whole number from 1 to 100,000, got '-1'")
  }

  @Test func aKeywordStandsForNoNumber() throws {
    let arguments = try SampleTool.arguments("train", "d", "--lr", "auto")
    #expect(arguments[SampleTool.rate] == nil)
    #expect(arguments.isGiven(SampleTool.rate))
  }

  @Test func wordsAfterTwoDashesAreNoOptions() throws {
    let arguments = try SampleTool.arguments("predict", "m", "--", "-x.jpg", "--help", "--")
    #expect(arguments[SampleTool.model] == "m")
    #expect(arguments[SampleTool.images] == ["-x.jpg", "--help", "--"])
  }

  @Test func oneDashIsAWord() throws {
    #expect(try SampleTool.arguments("predict", "m", "-")[SampleTool.images] == ["-"])
  }

  @Test func sharedOptionsStandBeforeTheCommandToo() throws {
    #expect(try SampleTool.arguments("--json", "train", "d")[SharedOptions.json])
    #expect(
      SampleTool.error(["--json", "train", "d", "--json"])?.summary == "--json is given twice")
  }

  @Test func subcommandsAreFound() throws {
    let arguments = try SampleTool.arguments("data", "check", "photos", "conv1")
    #expect(arguments.path == ["data", "check"])
    #expect(arguments[SampleTool.layer] == "conv1")
    #expect(try SampleTool.arguments("data", "check", "photos")[SampleTool.layer] == nil)
  }

  @Test(arguments: [
    (["--help"], []), (["-h"], []), ([], []), (["-q", "-h"], []), (["train", "-h"], ["train"]),
    (["train", "--epoch", "x", "--help"], ["train"]), (["data", "--help"], ["data"]),
    (["data", "check", "a", "b", "c", "--help"], ["data", "check"]),
  ])
  func whoeverAsksGetsHelp(line: [String], page: [String]) throws {
    guard case .help(let path) = try SampleTool.parse(line) else {
      Issue.record("no help for \(line)")
      return
    }
    #expect(path == page)
  }

  @Test(arguments: [
    (["trian"], "unknown command 'trian' — did you mean 'train'?"),
    (["-q"], "no command given"),
    (["data"], "'sample data' needs a subcommand"),
    (["data", "chekc"], "unknown subcommand 'chekc' — did you mean 'check'?"),
    (["train"], "'sample train' needs DATA: the pictures"),
    (["train", ""], "DATA needs a folder, got ''"),
    (["train", "d", "--epoch", "3"], "unknown option '--epoch' — did you mean '--epochs'?"),
    (["train", "d", "--nothing=1"], "unknown option '--nothing'"),
    (["train", "d", "-x"], "unknown option '-x'"),
    (["train", "d", "--epochs"], "--epochs needs a value: a whole number from 1 to 100,000"),
    (
      ["train", "d", "--epochs", "--seed", "1"],
      "--epochs needs a value: a whole number from 1 to 100,000"
    ),
    (
      ["train", "d", "--seed", "-5"], "--seed needs a whole number of at least 0, got '-5'"
    ),
    (["train", "d", "--dry-run=yes"], "--dry-run takes no value, got 'yes'"),
    (["train", "d", "--epochs", "3", "--epochs=5"], "--epochs is given twice (first as '3')"),
    (["train", "d", "e"], "unexpected argument 'e'"),
    (["predict", "m"], "'sample predict' needs IMAGE: the pictures to name"),
    (["train", "d", "--wd", "1.5"], "--wd needs a number from 0 to 1, got '1.5'"),
    (["train", "d", "--lr", "0"], "--lr needs 'auto' or a number above 0, got '0'"),
    (
      ["train", "d", "--momentum", "1"],
      "--momentum needs a number from -1 to less than 1, got '1'"
    ),
    (
      ["train", "d", "--opt", "adam"],
      "--opt needs one of sgd, adamw, got 'adam' — did you mean 'adamw'?"
    ),
    (
      ["train", "d", "--time", "20"],
      "--time needs a time such as 90s, 20m or 1h30m, from 1.00 s to 24 h 0 min, got '20'"
    ),
    (
      ["train", "d", "--size", "3x32"],
      "--size needs sizes such as 3x32x32: 3 whole numbers, each from 1 to 4,096, got '3x32'"
    ),
    (["completions", "tcsh"], "SHELL needs one of bash, zsh, fish, got 'tcsh'"),
    (["help", "train", "--json"], "unknown option '--json'"),
  ])
  func errorsNameWhatIsWrong(line: [String], message: String) throws {
    let error = try #require(SampleTool.error(line))
    #expect(error.kind == .invalidArgument)
    #expect(error.summary == message)
  }

  @Test(arguments: ["epochs", "seed", "wd", "lr", "momentum", "time", "size"], notNumbers)
  func everyNumericOptionNamesItselfAndItsRange(option: String, text: String) throws {
    for line in [["--\(option)", text], ["--\(option)=\(text)"]] {
      let error = try #require(SampleTool.error(["train", "d"] + line))
      #expect(error.kind == .invalidArgument)
      #expect(error.summary.hasPrefix("--\(option) needs "))
      #expect(error.description.count < 400)
      #expect(!error.description.contains("\u{0}"))
    }
  }

  @Test(arguments: ["2147483648", "9223372036854775808", "1e309", "1.5", "0", "-1"])
  func wholeNumbersBeyondTheRangeAreRefused(text: String) throws {
    let error = try #require(SampleTool.error(["train", "d", "--epochs", text]))
    #expect(
      error.summary == "--epochs needs a whole number from 1 to 100,000, got '\(text)'")
  }

  @Test func tenThousandArgumentsAreRead() throws {
    let images = (0..<10_000).map { "\($0).jpg" }
    guard case .run(_, let arguments) = try SampleTool.parse(["predict", "m"] + images) else {
      Issue.record("no command")
      return
    }
    #expect(arguments[SampleTool.images] == images)
    let options = Array(repeating: "--quiet", count: 10_000)
    #expect(
      SampleTool.error(["train", "d"] + options)?.summary == "--quiet is given twice")
  }
}
