import Foundation
import Testing

@Suite struct LabCommandTests {
  @Test func theExperimentsAreListedWithTheirClaims() throws {
    let listed = try Program.run(["lab"])
    #expect(listed.code == 0 && listed.output.contains("batchnorm  S8: "))
    #expect(listed.output.contains("池化") && listed.output.contains("convnet lab all"))
    #expect(try Program.run(["lab", "stride", "--list"]).output == listed.output)
    let records = try Program.run(["lab", "--json"]).records
    #expect(records.count == 9 && records.allSatisfy { $0?["claim"] is [String: String] })
  }

  @Test func aPageIsWrittenFromAPhoto() throws {
    let pictures = try SmallPictures(perClass: 1, size: 40)
    let (photo, page) = (pictures.path + "/vertical/0.pgm", pictures.work + "/kernels.html")
    let run = try Program.run([
      "lab", "kernels", "--photo", photo, "--quick", "--seeds", "1", "-o", page,
    ])
    #expect(run.code == 0, "\(run.error)")
    #expect(run.output.contains("verdict: the claim holds partly"))
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.contains("Your photo through six kernels") && html.contains("--photo "))
    #expect(html.components(separatedBy: "data:image/png").count == 7 + 1)
    let direct = try Program.run([
      "lab", "kernels", "--photo", photo, "--quick", "--seeds", "1", "-o", "-", "-q",
    ])
    #expect(direct.output.contains("<!DOCTYPE html>"))
  }

  @Test func aRecordHoldsTheNumbersWhichThreadsDoNotChange() throws {
    let pictures = try SmallPictures()
    func record(_ threads: String) throws -> String {
      let run = try Program.run([
        "lab", "stride", "--quick", "--seeds", "2", "--data", pictures.path, "--json",
        "--threads", threads, "-o", pictures.work + "/\(threads).html",
      ])
      #expect(run.code == 0, "\(run.error)")
      let record = try #require(run.records.first ?? nil)
      #expect(record["experiment"] as? String == "stride" && record["seeds"] as? [Int] == [0, 1])
      #expect(pictures.exists("\(threads).html"))
      // Times are the only numbers called seconds.
      return run.output.replacing(/"seconds":[-+.e0-9]+/, with: "")
    }
    #expect(try record("1") == record("2"))
  }

  @Test func mistakesAreSaid() throws {
    let pictures = try SmallPictures(perClass: 1)
    try pictures.addDamagedPicture()
    let damaged = pictures.path + "/vertical/damaged.pgm"
    let photo = pictures.path + "/vertical/0.pgm"
    for (arguments, code, words) in [
      (["pooling2"], 64, "did you mean 'pooling'?"), (["poling"], 64, "did you mean 'pooling'?"),
      (["stride", "--data", pictures.work + "/none"], 66, "no such file or folder"),
      (["stride", "--data", photo], 65, "is no data set that is known"),
      (["kernels", "--photo", pictures.work + "/none.jpg"], 66, "none.jpg"),
      (["kernels", "--photo", damaged], 65, "damaged.pgm"),
      (["size", "--seeds", "0"], 64, "--seeds needs a whole number from 1 to 100"),
      (["size", "--quick", "-o", pictures.work + "/no/page.html"], 73, "cannot be written"),
    ] as [([String], Int32, String)] {
      let run = try Program.run(["lab"] + arguments)
      #expect(run.code == code, "\(arguments): \(run.error)")
      #expect(run.error.contains(words), "\(run.error)")
    }
  }

  @Test(.disabled(if: FileManager.default.fileExists(atPath: "/usr/share/datasets/fashion-mnist")))
  func withoutFashionMNISTItSaysHowToGetIt() throws {
    let run = try Program.run(["lab", "depth"])
    #expect(run.code == 66 && run.error.contains("dataset-fashion-mnist"))
    #expect(run.error.contains("--data"))
  }
}
