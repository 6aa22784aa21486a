internal import ConvNetText

extension Benchmark {
  /// A table of whole runs, one line per row.
  public static func table(_ rows: [Benchmark]) -> String {
    let table = TextTable(
      columns: [
        "batch", "threads", "median", "p10", "p90", "p99", "images/s", "peak memory", "GFLOP/s",
        "of peak",
      ].map { TextTable.Column($0, .right) },
      rows: rows.map { row in
        ["\(row.batch)", "\(row.threads)"]
          + [row.latency.median, row.latency.p10, row.latency.p90, row.latency.p99].map(time)
          + [
            NumberFormat.significant(row.imagesPerSecond, digits: 4),
            NumberFormat.bytes(row.peakMemory), NumberFormat.fixed(row.gigaflops, decimals: 1),
            NumberFormat.percent(row.gigaflops / max(row.peakGigaflops, 1e-9), decimals: 0),
          ]
      })
    return table.lines().joined(separator: "\n")
  }

  /// A table of the steps, with what the columns mean below.
  public var layerTable: String {
    let table = TextTable(
      columns: [
        TextTable.Column("layer", .left), TextTable.Column("time", .right),
        TextTable.Column("%", .right), TextTable.Column("MACs", .right),
        TextTable.Column("GFLOP/s", .right), TextTable.Column("of peak", .right),
        TextTable.Column("kernel", .left),
      ],
      rows: layers.map { layer in
        let counts = layer.multiplyAdds > 0
        return [
          layer.name, Benchmark.time(layer.milliseconds),
          NumberFormat.fixed(100 * layer.share, decimals: 1),
          counts ? NumberFormat.grouped(layer.multiplyAdds) : "–",
          counts ? NumberFormat.fixed(layer.gigaflops, decimals: 1) : "–",
          counts ? NumberFormat.percent(layer.peakShare, decimals: 0) : "–", layer.kernel,
        ]
      })
    let peak = NumberFormat.fixed(peakGigaflops, decimals: 1)
    return
      (table.lines() + [
        "",
        "time = median of the step run alone; whole runs are measured apart.",
        "GFLOP/s = two operations per multiply-add of the definition: Winograd needs fewer and may "
          + "exceed the peak.",
        "peak = \(peak) GFLOP/s: multiply-adds in registers, \(instructionSet), \(threads) threads, "
          + "measured now.",
      ]).joined(separator: "\n")
  }

  private static func time(_ milliseconds: Double) -> String {
    DurationFormat.spoken(seconds: milliseconds / 1e3)
  }
}
