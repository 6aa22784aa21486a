internal import ConvNetExplain
internal import ConvNetFormats
internal import ConvNetText

/// Reports as one HTML file without any address of the outside, which works without JavaScript.
package struct LabPage: Sendable {
  /// The language that the page starts in; it always holds both.
  package enum Language: String, Sendable, CaseIterable {
    case en, zh
    /// The reader's browser decides; English without JavaScript.
    case auto
  }

  /// The document.
  package let html: String

  /// Writes the page of one experiment or several; several begin with a table of their verdicts.
  ///
  /// - Parameters:
  ///   - command: the command that makes the page.
  ///   - tool: the program and its version.
  ///   - machine: what computed: instruction set and threads.
  package init(
    _ reports: [LabReport], command: String, tool: String, machine: String,
    language: Language = .auto
  ) {
    let isSingle = reports.count == 1
    let title =
      isSingle ? reports[0].experiment.title : Bilingual("The primer's claims, tried", "入门的说法，逐一试验")
    var body = LabPage.bar(title: title, reports, language)
    body += "<main>"
    if isSingle {
      body += LabPage.hero(reports[0])
    } else {
      body += LabPage.overview(title, reports)
    }
    for report in reports { body += LabPage.sections(report, isSingle: isSingle) }
    body += LabPage.about(reports, command: command, tool: tool, machine: machine) + "</main>"
    html = LabPage.document(title: title, body: body, tool: tool, language: language)
  }

  // MARK: Frame

  private static func document(
    title: Bilingual, body: String, tool: String, language: Language
  ) -> String {
    let style = PageAssets.style + LabStyle.css
    let hash = { (text: String) in "sha256-" + Base64.encoded(SHA256.digest(text.utf8)) }
    return """
      <!DOCTYPE html>
      <html lang="\(language == .zh ? "zh-Hans" : "en")" data-start="\(language.rawValue)">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src \
      '\(hash(LabStyle.script))'; style-src '\(hash(style))'; img-src data:; base-uri 'none'; \
      form-action 'none'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="generator" content="\(LabMarkup.escaped(tool))">
      <title>\(LabMarkup.attribute(title)) – convnet lab</title>
      <style>\(style)</style>
      </head>
      <body class="lab" data-verify="unavailable">
      \(body)
      <script>\(LabStyle.script)</script>
      </body>
      </html>

      """
  }

  private static func bar(title: Bilingual, _ reports: [LabReport], _ language: Language) -> String
  {
    let name = reports.count == 1 ? reports[0].experiment.name : "all"
    func choice(_ code: String, _ words: String, _ tag: String) -> String {
      let isChosen = (language == .zh ? "zh" : "en") == code
      return "<input type=\"radio\" name=\"language\" id=\"say-\(code)\" "
        + "data-testid=\"lang-\(code)\"\(isChosen ? " checked" : "")>"
        + "<label for=\"say-\(code)\" lang=\"\(tag)\">\(words)</label>"
    }
    return "<header class=\"top\"><p class=\"brand\"><b>convnet</b> <i>"
      + LabMarkup.text(Bilingual("the lab", "实验室")) + "</i></p>"
      + "<p class=\"files\"><code>lab \(LabMarkup.escaped(name))</code></p>"
      + "<div class=\"tools\"><fieldset class=\"say\"><legend class=\"unseen\">"
      + LabMarkup.escaped("语言 / language") + "</legend>" + choice("zh", "中文", "zh-Hans-CN")
      + choice("en", "English", "en-GB") + "</fieldset>"
      + "<button id=\"theme\" class=\"round\" data-testid=\"theme\" "
      + "aria-label=\"浅色或深色 / light or dark\" hidden>◐</button></div></header>"
  }

  // MARK: First view

  private static func hero(_ report: LabReport) -> String {
    let experiment = report.experiment
    return "<section class=\"opening\"><div><p class=\"eyebrow\">"
      + LabMarkup.text(
        Bilingual("Row \(experiment.row) of the primer: ", "入门第 \(experiment.row) 条：")
          + experiment.title) + "</p>"
      + LabMarkup.element("h1", experiment.question)
      + "<blockquote class=\"claim\"><p>" + LabMarkup.text(experiment.claim)
      + "</p><footer>" + LabMarkup.text(Bilingual("what the primer says", "入门的说法"))
      + "</footer></blockquote>" + (leading(report).map(figure) ?? "") + "</div>"
      + outcome(report) + "</section>"
  }

  /// The plot that stands in the first view; pictures need the whole width.
  private static func leading(_ report: LabReport) -> LabFigure? {
    guard let first = report.figures.first, case .plot = first else { return nil }
    return first
  }

  /// The verdict with what led to it.
  private static func outcome(_ report: LabReport) -> String {
    let items = report.checks.map { check in
      "<li class=\"\(check.isMet ? "met" : "unmet")\"><span class=\"sign\" aria-hidden=\"true\">"
        + (check.isMet ? "✓" : "✗") + "</span><div><p>" + (check.isMain ? "<b>◆</b> " : "")
        + LabMarkup.text(check.statement) + " <span class=\"unseen\">"
        + LabMarkup.text(
          check.isMet ? Bilingual("(met)", "（通过）") : Bilingual("(not met)", "（未通过）"))
        + "</span></p><p class=\"note\">" + LabMarkup.text(check.measured) + " · "
        + LabMarkup.text(Bilingual("rule: ", "规则：") + check.rule) + "</p></div></li>"
    }
    return "<aside class=\"outcome \(report.verdict.rawValue)\"><p class=\"verdict\">"
      + LabMarkup.text(report.verdict.words) + "</p><ul class=\"checks\">\(items.joined())</ul>"
      + LabMarkup.element("p", Verdict.rule, "class=\"note\"") + "</aside>"
  }

  private static func overview(_ title: Bilingual, _ reports: [LabReport]) -> String {
    let rows = reports.map { report -> String in
      let experiment = report.experiment
      let main = report.checks.filter(\.isMain)
      let shown = (main.isEmpty ? report.checks : main).map { check in
        "<li class=\"\(check.isMet ? "met" : "unmet")\">" + LabMarkup.text(check.statement)
          + ": <b>" + LabMarkup.text(check.measured) + "</b></li>"
      }
      return "<tr><th scope=\"row\"><a href=\"#\(experiment.name)\">"
        + LabMarkup.text(experiment.title) + "</a><br><small>\(experiment.row)</small></th><td>"
        + LabMarkup.text(experiment.claim) + "</td><td><ul>\(shown.joined())</ul></td>"
        + "<td><span class=\"chip \(report.verdict.rawValue)\">"
        + LabMarkup.text(report.verdict.words) + "</span></td></tr>"
    }
    let counts = Verdict.allCases.map { verdict in
      (verdict, reports.count { $0.verdict == verdict })
    }
    let say = counts.map { verdict, count in
      Bilingual("\(count) \(verdict.words.en)", "\(count) 条\(verdict.words.zh)")
    }
    return "<section class=\"opening wide\"><div>" + LabMarkup.element("h1", title)
      + "<p class=\"lede\">"
      + LabMarkup.text(
        Bilingual(
          "Each claim was put to the test with real trainings on this machine: "
            + say.map(\.en).joined(separator: ", ") + ".",
          "每一条说法都在这台机器上用真实的训练检验过：" + say.map(\.zh).joined(separator: "，") + "。"))
      + "</p></div></section><section><div class=\"scroll\" tabindex=\"0\"><table class=\"summary\">"
      + "<thead><tr>"
      + [
        Bilingual("experiment", "实验"), Bilingual("claim", "说法"),
        Bilingual("result: mean ± spread between the seeds", "结果：各种子的平均值 ± 标准差"),
        Bilingual("verdict", "结论"),
      ].map { LabMarkup.element("th", $0, "scope=\"col\"") }.joined()
      + "</tr></thead><tbody>\(rows.joined())</tbody></table></div>"
      + LabMarkup.element("p", Verdict.rule, "class=\"note\"") + "</section>"
  }

  // MARK: The rest

  private static func sections(_ report: LabReport, isSingle: Bool) -> String {
    let experiment = report.experiment
    var html = ""
    if !isSingle {
      html +=
        "<section class=\"opening\" id=\"\(experiment.name)\"><div><p class=\"eyebrow\">"
        + LabMarkup.text(
          Bilingual("Row \(experiment.row): ", "第 \(experiment.row) 条：") + experiment.title)
        + "</p>" + LabMarkup.element("h2", experiment.question) + "<p class=\"lede\">"
        + LabMarkup.text(experiment.claim) + "</p></div>" + outcome(report) + "</section>"
    }
    let heading = isSingle ? "h2" : "h3"
    var parts: [String] = []
    if !report.findings.isEmpty {
      parts.append(
        "<section>" + LabMarkup.element(heading, Bilingual("What came out", "结果说明"))
          + "<ul class=\"findings\">"
          + report.findings.map { LabMarkup.element("li", $0) }.joined() + "</ul></section>")
    }
    let isLed = isSingle && leading(report) != nil
    let figures = isLed ? Array(report.figures.dropFirst()) : report.figures
    if !figures.isEmpty {
      parts.append(
        "<section>" + LabMarkup.element(heading, Bilingual("To see", "看一看"))
          + "<div class=\"figures\">" + figures.map(figure).joined() + "</div></section>")
    }
    // Where pictures tell most, they come first.
    html += (isSingle && !isLed ? parts.reversed() : parts).joined()
    if !report.tables.isEmpty {
      html +=
        "<section>" + LabMarkup.element(heading, Bilingual("The numbers", "数据"))
        + report.tables.map { LabMarkup.table($0) }.joined()
        + LabMarkup.element(
          "p",
          Bilingual(
            "Mean ± standard deviation between the seeds. Times, in grey, depend on what else the "
              + "machine was doing; they are in no check.",
            "各种子的平均值 ± 标准差。灰色的时间与机器当时的忙闲有关，不参与任何检查。"),
          "class=\"note\"") + "</section>"
    }
    html +=
      "<section>" + LabMarkup.element(heading, Bilingual("How it was done", "做法"))
      + "<ul class=\"findings\">" + report.method.map { LabMarkup.element("li", $0) }.joined()
      + (report.data.map {
        LabMarkup.element("li", Bilingual("Pictures: ", "图像：") + $0)
      } ?? "") + "</ul></section>"
    return html
  }

  private static func figure(_ figure: LabFigure) -> String {
    switch figure {
    case .plot(let plot):
      let legend = plot.legend.enumerated().map { index, name in
        "<li><svg viewBox=\"0 0 34 14\" aria-hidden=\"true\">"
          + Drawing.line(1, 7, 33, 7, "curve k\(index % 6)")
          + Drawing.mark(17, 7, series: index) + "</svg>" + LabMarkup.text(name) + "</li>"
      }
      return "<figure class=\"plot\">" + LabMarkup.element("h3", plot.title)
        + (legend.isEmpty ? "" : "<ul class=\"legend\">\(legend.joined())</ul>") + plot.svg
        + "<figcaption>" + LabMarkup.text(plot.note) + "</figcaption><details><summary>"
        + LabMarkup.text(Bilingual("its numbers", "图中的数")) + "</summary>"
        + LabMarkup.table(plot.table, showsTitle: false) + "</details></figure>"
    case .gallery(let title, let note, let pictures):
      let items = pictures.map { picture -> String in
        let rings = picture.marks.map { mark in
          "<circle class=\"ring\" cx=\"\(Drawing.number(mark.x))\" "
            + "cy=\"\(Drawing.number(mark.y))\" "
            + "r=\"\(Drawing.number(max(1.5, Double(picture.width) / 18)))\"/>"
        }
        return "<figure><svg class=\"picture\" role=\"img\" "
          + "viewBox=\"0 0 \(picture.width) \(picture.height)\" "
          + "aria-label=\"\(LabMarkup.attribute(picture.caption))\">"
          + "<image class=\"cells\" width=\"\(picture.width)\" height=\"\(picture.height)\" "
          + "href=\"\(LabMarkup.address(picture.png))\"/>\(rings.joined())</svg><figcaption>"
          + LabMarkup.text(picture.caption) + "</figcaption></figure>"
      }
      let size = pictures.contains { $0.width >= 96 } ? " large" : ""
      return "<div class=\"gallery\(size)\">" + LabMarkup.element("h3", title)
        + LabMarkup.element("p", note, "class=\"note\"")
        + "<div class=\"pictures\">\(items.joined())</div></div>"
    }
  }

  private static func about(
    _ reports: [LabReport], command: String, tool: String, machine: String
  ) -> String {
    let seeds = (reports.first?.seeds ?? []).map(String.init).joined(separator: ", ")
    let seconds = DurationFormat.spoken(seconds: reports.reduce(0) { $0 + $1.seconds })
    var facts: [(Bilingual, Bilingual)] = [
      (Bilingual("seeds", "种子"), Bilingual(same: seeds)),
      (Bilingual("program", "程序"), Bilingual(same: tool)),
      (Bilingual("computed by", "计算"), Bilingual(same: machine)),
      (Bilingual("time", "用时"), Bilingual(same: seconds)),
    ]
    if let data = reports.lazy.compactMap(\.data).first {
      facts.insert((Bilingual("pictures", "图像"), data), at: 0)
    }
    let rows = facts.map { name, value in
      "<tr><th scope=\"row\">\(LabMarkup.text(name))</th>"
        + "<td class=\"words\">\(LabMarkup.text(value))</td></tr>"
    }
    let isShort = (reports.first?.seeds.count ?? 0) < 2
    return "<section>" + LabMarkup.element("h2", Bilingual("Do it again", "自己再做一遍"))
      + (isShort
        ? LabMarkup.element(
          "p",
          Bilingual(
            "A single seed shows no spread: what looks like a difference may be chance.",
            "只有一个种子，看不出偶然差异：看似的差别可能只是运气。"), "class=\"banner\"") : "")
      + "<pre>\(LabMarkup.escaped(command))</pre>"
      + LabMarkup.element(
        "p",
        Bilingual(
          "The same command gives the same numbers with any number of threads on every processor "
            + "with this instruction set; with another one the last digits of sums differ, and with "
            + "them the trainings. Only the times change.",
          "在指令集相同的处理器上，同一命令用任意线程数都得到相同的数字；指令集不同时，求和的末几位不同，"
            + "训练结果也随之不同。只有时间会变。"), "class=\"note\"")
      + "<div class=\"scroll\" tabindex=\"0\"><table class=\"facts\"><tbody>\(rows.joined())"
      + "</tbody></table></div></section>"
  }
}
