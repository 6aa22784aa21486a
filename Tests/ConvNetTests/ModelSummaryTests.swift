import ConvNet
import Foundation
import Testing

@Suite struct ModelSummaryTests {
  @Test(arguments: ["primer", "lenet5", "resnet20"]) func textIsTheGoldenFile(
    _ name: String
  ) throws {
    let entry = try Zoo.entry(name)
    let summary = ModelSummary(try Graph(entry.make(), input: entry.input))
    #expect(summary.text() + "\n" == (try Files.golden("summary/\(name).txt")))
  }

  @Test(arguments: ["lenet5", "resnet20", "mobilenet_v2"]) func jsonIsTheCodableForm(
    _ name: String
  ) throws {
    let entry = try Zoo.entry(name)
    let summary = ModelSummary(try Graph(entry.make(), input: entry.input))
    let text = try summary.json()
    #expect(!text.contains("\n"))
    #expect(try JSONDecoder().decode(ModelSummary.self, from: Data(text.utf8)) == summary)
    let value = try JSONValue(parsing: summary.json(indent: 2))
    #expect(try value.decode(ModelSummary.self, name: "summary") == summary)
  }

  @Test func sharedWeightsAreCountedOnceAndNamed() throws {
    struct Twice: Module {
      let conv = Conv2d(inChannels: 4, outChannels: 4, kernelSize: 3, padding: 1)
      func forward(_ x: Value) -> Value { conv(conv(x)) }
    }
    let summary = ModelSummary(try Graph(Twice(), input: [4, 8, 8]))
    #expect(summary.parameters == 4 * 4 * 9 + 4)
    #expect(summary.rows.map(\.parameters) == [148, 0])
    #expect(summary.rows.map(\.sharesWeightsWith) == [nil, "conv"])
    #expect(summary.multiplyAdds == 2 * 4 * 4 * 9 * 64)
    let lines = summary.text().split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("conv_2 ") && $0.contains(" = conv ") })
    #expect(lines.contains("  = LAYER: uses that layer's weights, which are counted there."))
  }

  @Test func parametersThatNothingReadsAreNamed() throws {
    struct Idle: Module {
      let used = Conv2d(inChannels: 1, outChannels: 1, kernelSize: 1)
      let idle = Conv2d(inChannels: 1, outChannels: 2, kernelSize: 1, bias: false)
      func forward(_ x: Value) -> Value { used(x) }
    }
    let summary = ModelSummary(try Graph(Idle(), input: [1, 4, 4]))
    #expect(summary.parameters == 4)
    #expect(summary.unusedParameters == ["idle.weight"])
    #expect(summary.text().contains("read by no layer: idle.weight"))
  }

  @Test func aBatchIsShownAndCounted() throws {
    let graph = try Graph(Zoo.make("lenet5"), input: [1, 28, 28])
    let summary = ModelSummary(try graph.reshaped(batch: 8))
    #expect(summary.multiplyAdds == 8 * 416_520)
    #expect(summary.text().hasPrefix("input 8×1×28×28\n"))
    #expect(summary.text().contains("for the whole batch"))
  }

  @Test func rowsCanBeOrderedAndColumnsChosen() throws {
    let summary = ModelSummary(try Graph(Zoo.make("primer"), input: [3, 32, 32]))
    let lines = summary.text(columns: [.name, .macs], sortedBy: .macs).split(separator: "\n")
    #expect(lines[1].split(separator: " ") == ["layer", "MACs"])
    #expect(lines[3].split(separator: " ") == ["conv2", "18,874,368"])
    let last = lines.dropFirst(3).prefix(summary.rows.count).last
    #expect(last?.split(separator: " ") == ["flatten", "0"])
    #expect(!summary.text(columns: [.name, .macs]).contains("RF ="))
  }

  @Test func nothingIsCutOffHoweverLongANameIs() throws {
    let name = String(repeating: "very_long_", count: 20)
    let net = Sequential(named: [(name, Conv2d(inChannels: 1, outChannels: 1, kernelSize: 3))])
    let text = ModelSummary(try Graph(net, input: [1, 8, 8])).text()
    #expect(text.contains(name + "  Conv2d k3 s1 p0   1×6×6"))
  }
}
