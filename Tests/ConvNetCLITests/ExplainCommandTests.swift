import Foundation
import Testing

@Suite struct ExplainCommandTests {
  @Test func aPageIsWrittenAndVerified() throws {
    let pictures = try SmallPictures(perClass: 1, size: 40)
    let photo = pictures.path + "/vertical/0.pgm"
    let (page, dump) = (pictures.work + "/page.html", pictures.work + "/run.safetensors")
    let made = try Program.run(["explain", photo, "-o", page, "--dump", dump, "--topk", "3"])
    #expect(made.code == 0, "\(made.error)")
    #expect(made.error.contains("conv1") && made.error.contains("every number"))
    let good = try Program.run(["verify", page, "--tensors", dump, "--against", dump])
    #expect(good.code == 0 && good.outputLines.last == "the page is right", "\(good.output)")
    let records = try Program.run(["verify", page, "--json"]).records
    #expect(records.count >= 5 && records.allSatisfy { $0?["wrong"] as? Int == 0 })

    var html = try String(contentsOfFile: page, encoding: .utf8)
    let place = try #require(html.range(of: "data-src=\"score:"))
    let number = try #require(html.range(of: "data-v=\"", range: place.upperBound..<html.endIndex))
    html.insert("8", at: number.upperBound)
    try html.write(toFile: page, atomically: true, encoding: .utf8)
    let bad = try Program.run(["verify", page])
    #expect(bad.code == 1 && bad.outputLines.last == "the page is NOT right")
    try "<html></html>".write(toFile: page, atomically: true, encoding: .utf8)
    #expect(try Program.run(["verify", page]).code == 65)
  }

  @Test func theTextShowsOneWindow() throws {
    let pictures = try SmallPictures(perClass: 1, size: 28)
    let photo = pictures.path + "/horizontal/0.pgm"
    let said = try Program.run([
      "explain", photo, "--text", "--layer", "conv1", "--channel", "5", "--position", "0,0",
    ])
    #expect(said.code == 0, "\(said.error)")
    #expect(said.output.contains("conv1 channel 5 at (0, 0)"))
    // A corner's 3x3 window: five cells of padding.
    #expect(said.output.components(separatedBy: "pad").count - 1 == 5 + 2)
    #expect(!pictures.exists("pictures/horizontal/0.explain.html"))
    let files = pictures.work + "/png"
    let drawn = try Program.run(["explain", photo, "--text", "--png", files])
    #expect(drawn.code == 0)
    #expect(pictures.exists("png/01-input.png") && pictures.exists("png/91-gradcam.png"))
  }

  @Test func mistakesAreSaid() throws {
    let pictures = try SmallPictures(perClass: 1, size: 28)
    let photo = pictures.path + "/horizontal/0.pgm"
    for (arguments, words) in [
      (["--layer", "conv9"], "no layer is called 'conv9' — did you mean"),
      (["--class", "sneeker"], "no class is called 'sneeker' — did you mean 'sneaker'?"),
      (["--position", "3"], "--position takes a row and a column"),
      (["--class", "10"], "no class is called '10'"),
    ] {
      let run = try Program.run(["explain", photo, "-o", pictures.work + "/p.html"] + arguments)
      #expect(run.code == (words.hasPrefix("no layer") ? 66 : 64), "\(arguments)")
      #expect(run.error.contains(words), "\(run.error)")
    }
    let run = try Program.run(["verify", photo, "--against", photo])
    #expect(run.code == 64 && run.error.contains("--tensors"))
  }
}
