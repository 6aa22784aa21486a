import Foundation
import Testing

struct ProgramTests {
  @Test(
    arguments: [
      (["train"], 64, "needs DATA"), (["train", "/nowhere"], 66, "/nowhere: no such file"),
      (["trian"], 64, "did you mean 'train'?"),
      (["train", "x", "--epoch", "3"], 64, "did you mean '--epochs'?"),
      (["train", "x", "--arch", "resnt18"], 64, "did you mean 'resnet18'?"),
      (
        ["train", "x", "--epochs", "0x10"], 64, "--epochs needs a whole number from 1 to 1,000,000"
      ),
      (["summary", "nothing-like-it"], 66, "no network and no file is called 'nothing-like-it'"),
      (["eval", "/nowhere", "x"], 66, "/nowhere: no such file"),
      (["predict", "/dev/zero", "x"], 65, "/dev/zero"),
      (["data", "stats", "/dev/null"], 65, "not a data set"),
      (["summary", "primer", "--size", "3x2x2"], 65, "kernel 2 does not fit"),
      (["summary", "primer", "--columns", "name,nothing"], 64, "--columns needs some of"),
    ] as [([String], Int32, String)])
  func aWrongLineHasItsCodeAndText(line: [String], code: Int32, text: String) throws {
    let outcome = try Program.run(line)
    #expect(outcome.code == code)
    #expect(outcome.output == "")
    #expect(outcome.error.hasPrefix("error: "))
    #expect(outcome.error.contains(text), "\(outcome.error)")
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func aFullDiskUnderTheOutputIsAFailure() throws {
    let outcome = try Program.run("summary", "primer", output: "/dev/full")
    #expect(outcome.code == 73)
    #expect(outcome.error.hasPrefix("error: standard output cannot be written"))
  }

  @Test func thePrimersNetworkCountsAsItShould() throws {
    let outcome = try Program.run("summary", "primer")
    #expect(outcome.code == 0)
    #expect(outcome.output.contains("1,558,026"))
    #expect(outcome.output.contains("58,397,696"))
    let record = try #require(try Program.run("summary", "primer", "--json").records.first ?? nil)
    #expect(record["parameters"] as? Int == 1_558_026)
    #expect(record["multiplyAdds"] as? Int == 58_397_696)
  }

  @Test func theDoctorFindsTheNumbersRight() throws {
    let outcome = try Program.run("doctor", "--json")
    #expect(outcome.code == 0, "\(outcome.output)")
    let record = try #require(outcome.records.first ?? nil)
    #expect(record["passed"] as? Bool == true)
    #expect((record["instruction_sets"] as? [String])?.last == "portable")
  }

  @Test func dataIsCountedAndDrawn() throws {
    let pictures = try SmallPictures(perClass: 5)
    let stats = try Program.run("data", "stats", pictures.path, "--json", "--val-split", "0.2")
    #expect(stats.records.compactMap { $0?["part"] as? String } == ["train", "val"])
    #expect(stats.records.compactMap { $0?["pictures"] as? Int } == [8, 2])
    let shown = try Program.run("data", "show", pictures.path, "--val-split", "0")
    #expect(shown.code == 0, "\(shown.error)")
    #expect(shown.outputLines.count == 2 * 9)
    let checked = try Program.run("data", "check", pictures.path)
    #expect(checked.code == 0, "\(checked.output)")
    #expect(checked.output.contains("all fine"))
  }

  @Test func aPictureComesThroughThePipe() throws {
    let pictures = try SmallPictures(perClass: 4)
    let trained = try Program.run(
      "train", pictures.path, "--arch", "compact", "--size", "16", "--batch", "2", "--epochs", "1",
      "--out", pictures.work + "/run", "--val-split", "0")
    #expect(trained.code == 0, "\(trained.error)")
    let model = pictures.work + "/run/best.safetensors"
    let picture = try Data(
      contentsOf: URL(fileURLWithPath: pictures.path + "/vertical/0.pgm"))
    let piped = try Program.run("predict", model, "-", input: picture)
    let named = try Program.run("predict", model, pictures.path + "/vertical/0.pgm")
    #expect(piped.code == 0, "\(piped.error)")
    #expect(piped.output.dropFirst(1) == named.output.dropFirst(pictures.path.count + 15))
    let mixed = try Program.run("predict", model, pictures.path, "/nowhere", "--json")
    #expect(mixed.code == 66)
    try pictures.addDamagedPicture()
    let damaged = try Program.run("predict", model, pictures.path, "--json")
    #expect(damaged.code == 65)
    #expect(damaged.records.count == 9)
    #expect(damaged.records.contains { $0?["error"] != nil })
  }
}
