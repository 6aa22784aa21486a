import Foundation
import Testing

@Suite struct AtlasCommandTests {
  @Test func anAtlasGoesIntoAPage() throws {
    let pictures = try SmallPictures(perClass: 6, size: 28)
    let (atlas, sheet) = (pictures.work + "/net.atlas", pictures.work + "/sheet.html")
    let made = try Program.run([
      "atlas", "starter", pictures.path, "-o", atlas, "--html", sheet, "--lang", "zh", "--json",
    ])
    #expect(made.code == 0, "\(made.error)")
    let record = try #require(made.records.first ?? nil)
    #expect(record["pictures"] as? Int == 12)
    #expect((record["layers"] as? [[String: Any]])?.count == 4)
    #expect(try String(contentsOfFile: sheet, encoding: .utf8).contains("在寻找什么"))

    let photo = pictures.path + "/vertical/0.pgm"
    let page = pictures.work + "/page.html"
    let shown = try Program.run(["explain", photo, "--atlas", atlas, "-o", page])
    #expect(shown.code == 0, "\(shown.error)")
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.contains("\"owners\":{") && html.contains("0.pgm"))
    #expect(try Program.run(["verify", page]).code == 0)

    // The same bytes again, with another number of threads.
    let again = pictures.work + "/again.atlas"
    #expect(
      try Program.run(["atlas", "starter", pictures.path, "-o", again, "--threads", "1"]).code == 0)
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: again))
        == Data(contentsOf: URL(fileURLWithPath: atlas)))
  }

  @Test func mistakesAreSaid() throws {
    let pictures = try SmallPictures(perClass: 3, size: 28)
    let atlas = pictures.work + "/net.atlas"
    #expect(
      try Program.run(["atlas", "starter", pictures.path + "/vertical", "-o", atlas]).code == 0)
    let trained = pictures.work + "/run"
    let train = try Program.run([
      "train", pictures.path, "--arch", "lenet5", "--epochs", "1", "--out", trained, "-q",
    ])
    #expect(train.code == 0, "\(train.error)")
    let photo = pictures.path + "/vertical/0.pgm"
    let other = try Program.run([
      "explain", photo, "--model", trained + "/best.safetensors", "--atlas", atlas, "-o",
      pictures.work + "/p.html",
    ])
    #expect(other.code == 64 && other.error.contains("was made of another model"), "\(other.error)")
    let none = try Program.run(["explain", photo, "--atlas", trained + "/best.safetensors"])
    #expect(none.code == 65 && none.error.contains("is no atlas"), "\(none.error)")
    try pictures.addDamagedPicture()
    let damaged = try Program.run(["atlas", "starter", pictures.path, "-o", atlas])
    #expect(damaged.code == 65 && damaged.error.contains("damaged.pgm"), "\(damaged.error)")
    let skipped = try Program.run(["atlas", "starter", pictures.path, "-o", atlas, "--skip-bad"])
    #expect(skipped.code == 0 && skipped.error.contains("passed over"), "\(skipped.error)")
    #expect(try Program.run(["atlas", "starter", pictures.work + "/nothing"]).code == 66)
  }
}
