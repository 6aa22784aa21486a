import ConvNetTerminal
import ConvNetText
import Testing

struct ProgressTests {
  let progress = Progress(
    title: "epoch 3/30", done: 223, total: 391,
    figures: ["loss 0.912", "acc 68.1%", "lr 0.080", "1,480 img/s"], elapsedSeconds: 31.4)

  @Test func theLineShowsBarCountsAndTimes() {
    #expect(
      ProgressLine.drawn(progress, width: 110)
        == "epoch 3/30 ━━━━━━━━━━━━━╸           57% 223/391  loss 0.912  acc 68.1%  lr 0.080"
        + "  1,480 img/s  0:31<0:24")
  }

  @Test(arguments: 0...130)
  func theLineNeverWraps(width: Int) {
    #expect(ProgressLine.drawn(progress, width: width).displayWidth <= max(0, width - 1))
  }

  @Test func lessImportantFiguresGoFirst() {
    let line = ProgressLine.drawn(progress, width: 70)
    #expect(line.contains("loss 0.912") && line.contains("0:31<0:24"))
    #expect(!line.contains("img/s"))
  }

  @Test func aLogGetsEverything() {
    #expect(
      ProgressLine.plain(progress)
        == "epoch 3/30 57% 223/391  loss 0.912  acc 68.1%  lr 0.080  1,480 img/s  0:31<0:24")
  }

  @Test(arguments: [
    (0.0, "    "), (0.125, "╸   "), (0.5, "━━  "), (1, "━━━━"), (7, "━━━━"), (-1, "    "),
    (.nan, "    "),
  ])
  func theBarFills(share: Double, bar: String) {
    #expect(ProgressBar.text(share: share, width: 4) == bar)
  }

  @Test func theBarHasAnASCIIForm() {
    #expect(ProgressBar.text(share: 0.375, width: 4, isUnicode: false) == "=-  ")
    #expect(ProgressBar.text(share: 0.5, width: -3) == "")
  }

  @Test func nothingIsKnownBeforeTheFirstStep() {
    let start = Progress(title: "x", done: 0, total: 0, elapsedSeconds: 0)
    #expect(ProgressLine.plain(start) == "x 0% 0/0  0:00<-:--")
  }
}

struct ProgressReporterTests {
  let start = ContinuousClock.now

  func console(_ capabilities: TerminalCapabilities, _ sink: MemorySink) -> Console {
    Console(output: capabilities, error: capabilities, outputSink: sink, errorSink: sink)
  }

  func step(_ done: Int) -> Progress {
    Progress(title: "epoch 1/1", done: done, total: 4000, elapsedSeconds: Double(done) / 10)
  }

  @Test func aTerminalIsRedrawnTenTimesASecond() {
    let sink = MemorySink()
    let reporter = ProgressReporter(console: console(.terminal, sink), start: start)
    for millisecond in 0..<1000 {
      reporter.update(at: start + .milliseconds(millisecond)) { step(millisecond) }
    }
    let drawings = sink.text.split(separator: "\r")
    #expect(drawings.count == 10)
    #expect(drawings.allSatisfy { $0.hasPrefix("\u{1B}[2Kepoch 1/1 ") })
    #expect(!sink.text.contains("\n"))
    reporter.finish(row: "epoch 1 done")
    #expect(sink.text.hasSuffix("\r\u{1B}[2Kepoch 1 done\n"))
  }

  @Test func aLogGetsASignOfLifeEveryMinute() {
    let sink = MemorySink()
    let reporter = ProgressReporter(console: console(.plain, sink), start: start)
    for second in 0..<200 {
      reporter.update(at: start + .seconds(second)) { step(second) }
    }
    let rows = sink.text.split(separator: "\n")
    #expect(
      rows.map { $0.prefix(22) }
        == [60, 120, 180].map { "epoch 1/1 \($0 / 40)% \($0)/4,000  ".prefix(22) })
    #expect(!sink.text.contains("\r") && !sink.text.contains("\u{1B}"))
  }

  @Test func otherLinesAreWrittenAboveTheProgress() {
    let sink = MemorySink()
    let console = console(.terminal, sink)
    console.showProgress("line")
    console.warning("look")
    #expect(sink.text == "\r\u{1B}[2Kline\r\u{1B}[2Kwarning: look\nline")
    console.clearProgress()
    console.note("end")
    #expect(sink.text.hasSuffix("line\r\u{1B}[2Kend\n"))
  }

  @Test func aQuietProgramShowsNoProgress() {
    let sink = MemorySink()
    let console = Console(
      output: .terminal, error: .terminal, verbosity: .quiet, outputSink: sink, errorSink: sink)
    console.showProgress("line")
    #expect(sink.text == "")
  }
}
