import ConvNet
import ConvNetExplain
import ConvNetFormats
import ConvNetGraph
import Testing

@Suite struct PageTests {
  private static func page(_ model: Model, size: Int, budget: Int = 3_000_000) throws -> ExplainPage
  {
    let channels = model.preprocessing.channels
    let run = try model.explain(Samples.picture(size, channels: channels))
    var options = PageOptions()
    options.photoName = "photo.png"
    options.budget = budget
    return try ExplainPage(run, options: options)
  }

  @Test func aPageChecksItself() throws {
    for (model, size) in [(try Samples.starter(), 28), (try Samples.branching(), 20)] {
      let page = try Self.page(model, size: size)
      let check = try PageCheck(page.html, name: "page")
      #expect(page.isComplete)
      #expect(check.isGood, "\(check.rows)")
      #expect(check.rows.contains { $0.name.hasPrefix("sums") && $0.total > 1000 })
    }
  }

  @Test func aSmallBudgetLeavesWindows() throws {
    let model = try Samples.branching()
    let whole = try Self.page(model, size: 20)
    for share in [95, 85] {
      let budget = whole.html.utf8.count * share / 100
      let page = try Self.page(model, size: 20, budget: budget)
      #expect(!page.isComplete && page.html.utf8.count <= budget)
      let check = try PageCheck(page.html, name: "page")
      #expect(check.isGood, "\(check.rows)")
      #expect(check.rows.contains { $0.name.hasPrefix("sums") && $0.total > 20 })
    }
    #expect(throws: ConvNetError.self) { try Self.page(model, size: 20, budget: 50_000) }
  }

  @Test func theSameRunGivesTheSameBytes() throws {
    let model = try Samples.branching()
    var pages: Set<String> = []
    for threads in [1, 2, 3] {
      let run = try model.explain(Samples.picture(33), options: EngineOptions(threads: threads))
      pages.insert(try ExplainPage(run).html)
    }
    #expect(pages.count == 1)
  }

  @Test func theDumpHoldsEveryNumberOfThePage() throws {
    let model = try Samples.branching()
    let run = try model.explain(Samples.picture(20))
    let page = try ExplainPage(run)
    let good = try PageCheck(page.html, name: "page", dump: run.tensors, reference: run.tensors)
    #expect(good.isGood, "\(good.rows)")
    var changed = run.tensors
    changed["stem"]?[0, 3, 2, 1] += 0.001
    #expect(try !PageCheck(page.html, name: "page", dump: changed).isGood)
    let other = try PageCheck(page.html, name: "page", dump: run.tensors, reference: changed)
    #expect(!other.isGood && (other.rows.last?.worst ?? 0) > 0.0009)
  }

  @Test(arguments: [
    // A stored tensor: any letter of its text.
    ("id=\"b0\">", 40), ("id=\"b4\">", 100), ("id=\"b11\">", 2000),
  ])
  func aChangedLetterOfATensorIsFound(_ place: String, _ offset: Int) throws {
    let page = try Self.page(Samples.starter(), size: 28)
    var bytes = Array(page.html.utf8)
    let start = try #require(page.html.firstRange(of: place)?.lowerBound)
    let at =
      page.html.utf8.distance(from: page.html.startIndex, to: start) + place.utf8.count + offset
    bytes[at] = bytes[at] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
    #expect(!Self.isGood(String(decoding: bytes, as: UTF8.self)))
  }

  @Test func aChangedShownNumberIsFound() throws {
    let page = try Self.page(Samples.starter(), size: 28)
    #expect(Self.isGood(page.html))
    for (source, wrong) in [
      ("data-src=\"score:", "data-v"), ("data-src=\"meta:conv2.macs\"", "text"),
      ("data-src=\"stat:bn3.mean\"", "data-v"), ("data-src=\"calc:100*prob:", "text"),
    ] {
      let found = try #require(page.html.firstRange(of: source))
      let mark = wrong == "data-v" ? "data-v=\"" : "\">"
      let number = try #require(page.html[found.upperBound...].firstRange(of: mark)).upperBound
      var changed = page.html
      changed.insert("7", at: number)
      #expect(!Self.isGood(changed), "\(source)")
    }
  }

  @Test func aChangedDescriptionIsFound() throws {
    let page = try Self.page(Samples.starter(), size: 28)
    let probabilities = try #require(page.html.firstRange(of: "\"probabilities\":["))
    var changed = page.html
    changed.replaceSubrange(
      changed.index(
        after: probabilities.upperBound)..<changed.index(probabilities.upperBound, offsetBy: 3),
      with: ".5")
    #expect(!Self.isGood(changed))
    #expect(!Self.isGood(page.html.replacing("'use strict'", with: "'use strikt'")))
    #expect(!Self.isGood(page.html.replacing("Palatino", with: "Palatina")))
    #expect(!Self.isGood(page.html.replacing("\"stride\":[1,1]", with: "\"stride\":[2,2]")))
    #expect(!Self.isGood("<html></html>"))
  }

  private static func isGood(_ html: String) -> Bool {
    (try? PageCheck(html, name: "page").isGood) ?? false
  }

  @Test func hostileNamesStayText() throws {
    let hostile = "</script><img src=x onerror=alert(1)>\u{202E}"
    let model = try Samples.branching(labels: [hostile, hostile + "b", hostile + "c", "<!--"])
    let run = try model.explain(Samples.picture(20))
    var options = PageOptions()
    options.photoName = "\"><script>alert(2)</script>.png"
    options.modelName = "'onload='alert(3)"
    let page = try ExplainPage(run, options: options)
    #expect(!page.html.contains("<img src=x"))
    #expect(!page.html.contains("<script>alert"))
    #expect(!page.html.contains("\u{202E}<"))
    #expect(try PageCheck(page.html, name: "page").isGood)
  }

  @Test func nothingIsAskedFromOutside() throws {
    let page = try Self.page(Samples.starter(), size: 28)
    #expect(page.html.contains("default-src 'none'"))
    for address in ["http://", "https://", "//cdn", "@import", "style=\""] {
      let found = page.html.replacing("http://www.w3.org/2000/svg", with: "").contains(address)
      #expect(!found, "\(address)")
    }
  }

  @Test func theStarterNetworkKnowsItsClasses() throws {
    let model = try Samples.starter()
    #expect(model.labels.count == 10 && model.parameterCount == 47_354)
    #expect(StarterModel.bytes.count < 300_000)
    #expect((model.training?.accuracy ?? 0) >= 0.91)
  }

  @Test func whatDoesNotExistIsAnError() throws {
    let run = try Samples.branching().explain(Samples.picture(20))
    for change: (inout PageOptions) -> Void in [
      { $0.layer = "nothing" }, { $0.channel = 8 }, { $0.position = (20, 0) },
      { $0.classIndex = 4 },
    ] {
      var options = PageOptions()
      change(&options)
      #expect(throws: ConvNetError.self) { try ExplainPage(run, options: options) }
    }
  }
}
