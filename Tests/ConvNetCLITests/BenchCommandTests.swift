import Foundation
import Testing

@Suite struct BenchCommandTests {
  private let quick = ["bench", "lenet5", "--min-time", "0s", "--warmup", "1"]

  private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("convnet-bench-\(UUID().uuidString).json").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try body(path)
  }

  @Test func eachBatchAndThreadCountIsARecord() throws {
    let outcome = try Program.run(quick + ["--batch", "1,4", "--threads", "1,2", "--json"])
    #expect(outcome.code == 0)
    let records = outcome.records.compactMap { $0 }
    #expect(records.count == outcome.outputLines.count)
    let places = records.map { [$0["batch"] as? Int, $0["threads"] as? Int] }
    #expect(places == [[1, 1], [1, 2], [4, 1], [4, 2]])
    for record in records {
      let latency = try #require(record["latency"] as? [String: Any])
      let times = ["p10", "median", "p90", "p99"].compactMap { latency[$0] as? Double }
      #expect(times.count == 4 && times == times.sorted() && times[0] > 0)
      let rate = try #require(record["imagesPerSecond"] as? Double)
      let memory = try #require(record["peakMemory"] as? Int)
      let peak = try #require(record["peakGigaflops"] as? Double)
      #expect(rate > 0 && memory > 1_000_000 && peak > 0)
      let layers = try #require(record["layers"] as? [[String: Any]])
      let work = layers.compactMap { $0["multiplyAdds"] as? Int }.reduce(0, +)
      let batch = try #require(record["batch"] as? Int)
      #expect(work == 416_520 * batch)
      let shares = layers.compactMap { $0["share"] as? Double }.reduce(0, +)
      #expect(abs(shares - 1) < 1e-6)
    }
  }

  @Test func theTablesAreForPeople() throws {
    let outcome = try Program.run(quick + ["--layers", "--train"])
    #expect(outcome.code == 0)
    for word in ["training", "median", "peak memory", "MACs", "conv1", "GFLOP/s ="] {
      #expect(outcome.output.contains(word), "\(word)")
    }
  }

  @Test func aSlowerRunIsAFailedCheck() throws {
    let first = try Program.run(quick + ["--json", "--threads", "1"])
    let record = try #require(first.records.first ?? nil)
    func changed(_ factor: Double) throws -> String {
      var record = record
      var latency = try #require(record["latency"] as? [String: Any])
      let median = try #require(latency["median"] as? Double)
      latency["median"] = factor * median
      record["latency"] = latency
      return String(
        decoding: try JSONSerialization.data(withJSONObject: record), as: UTF8.self)
    }
    // A thousand times as fast and as slow as it is: no machine is as noisy as that.
    try withFile(changed(1e-3)) { path in
      let outcome = try Program.run(quick + ["--threads", "1", "--compare", path])
      #expect(outcome.code == 1)
      #expect(outcome.output.contains("SLOWER by"))
      let tolerant = try Program.run(
        quick + ["--threads", "1", "--compare", path, "--tolerance", "10000000%"])
      #expect(tolerant.code == 0)
    }
    try withFile(changed(1e3)) { path in
      let outcome = try Program.run(quick + ["--threads", "1", "--compare", path])
      #expect(outcome.code == 0)
      #expect(outcome.output.contains("faster than before"))
      let other = try Program.run(quick + ["--batch", "3", "--threads", "1", "--compare", path])
      #expect(other.code == 65)
      #expect(other.error.contains("no row of this network"))
    }
    try withFile("{\"network\": 3}") { path in
      let outcome = try Program.run(quick + ["--compare", path])
      #expect(outcome.code == 65)
    }
  }

  @Test(arguments: [
    (["--batch", "1,x"], "--batch: 'x'"), (["--batch", ""], "--batch needs a text"),
    (["--threads", "0"], "--threads: '0'"), (["--tolerance", "much"], "--tolerance: 'much'"),
    (["--min-time", "soon"], "min-time"), (["--warmup", "-1"], "warmup"),
  ])
  func wrongArgumentsAreNamed(_ arguments: [String], _ text: String) throws {
    let outcome = try Program.run(quick + arguments)
    #expect(outcome.code == 64)
    #expect(outcome.error.contains(text))
    #expect(outcome.output.isEmpty)
  }

  @Test func anUnknownNetworkGetsASuggestion() throws {
    let outcome = try Program.run("bench", "lenet6")
    #expect(outcome.code == 66)
    #expect(outcome.error.contains("lenet5"))
  }
}
