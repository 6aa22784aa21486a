internal import ConvNetText

/// The one-line picture of a progress:
/// `epoch 3/30 ━━━━━━━╸    57% 223/391  loss 0.912  acc 68.1%  1,480 img/s  0:31<0:24`.
package enum ProgressLine {
  /// The line for a terminal, never wider than `width` cells: the bar shrinks first, then the
  /// figures go from the last one on.
  package static func drawn(_ progress: Progress, width: Int, isUnicode: Bool = true) -> String {
    let (widestBar, narrowestBar) = (24, 6)
    var figures = progress.figures
    while true {
      let text = words(progress, figures: figures)
      // One cell stays free: some terminals wrap when the last one is filled.
      let room = width - 1 - progress.title.displayWidth - 2 - text.displayWidth
      if room >= narrowestBar {
        let bar = ProgressBar.text(
          share: progress.share, width: min(room, widestBar), isUnicode: isUnicode)
        return progress.title + " " + bar + " " + text
      }
      if figures.popLast() == nil {
        return (progress.title + " " + text).prefix(fittingInto: max(0, width - 1))
      }
    }
  }

  /// The line for a log: no bar, nothing left out.
  package static func plain(_ progress: Progress) -> String {
    progress.title + " " + words(progress, figures: progress.figures)
  }

  private static func words(_ progress: Progress, figures: [String]) -> String {
    // Rounded down: 100% means done.
    let percent = "\(Int(progress.share * 100))%"
    let counts = "\(NumberFormat.grouped(progress.done))/\(NumberFormat.grouped(progress.total))"
    let left = progress.remainingSeconds.map { DurationFormat.clock(seconds: $0) } ?? "-:--"
    let times = DurationFormat.clock(seconds: progress.elapsedSeconds) + "<" + left
    return (["\(percent) \(counts)"] + figures + [times]).joined(separator: "  ")
  }
}
