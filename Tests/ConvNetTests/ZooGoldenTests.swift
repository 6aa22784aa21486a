import ConvNet
import Foundation
import Testing

/// Names, shapes, order, counts and costs of the zoo against lists made with torchvision by
/// Scripts/zoo-golden.py.
@Suite struct ZooGoldenTests {
  @Test(arguments: Zoo.names) func parametersAreThoseOfTheReference(_ name: String) throws {
    let golden = try GoldenNetwork(name)
    let entry = try Zoo.entry(name)
    #expect(entry.input == golden.input)
    let graph = try Graph(entry.make(), input: golden.input)
    let own = graph.parameters.map { ([$0.name] + $0.shape.dimensions.map(String.init)) }
    #expect(own.map { $0.joined(separator: " ") } == golden.tensors)
    let trained = graph.parameters.filter { $0.role == .trained }
    #expect(trained.reduce(0) { $0 + $1.shape.count } == golden.parameters)
    #expect(graph.multiplyAdds == golden.multiplyAdds)
    #expect(graph.shapes(graph.outputs) == [[1, entry.classes]])
  }

  @Test func everyListBelongsToANetwork() throws {
    let folder = Files.packageRoot.appending(path: "Tests/ConvNetTests/Golden/zoo")
    let files = try FileManager.default.contentsOfDirectory(
      atPath: folder.path(percentEncoded: false))
    #expect(Set(files) == Set(Zoo.names.map { $0 + ".txt" }))
    #expect(Set(Zoo.names).count == Zoo.names.count)
  }

  @Test func thePrimerHasTheAnnouncedSize() throws {
    let graph = try Graph(Zoo.make("primer"), input: [3, 32, 32])
    let summary = ModelSummary(graph)
    #expect(summary.parameters == 1_558_026)
    #expect(summary.multiplyAdds == 58_397_696)
  }
}

/// One file of `Golden/zoo`.
private struct GoldenNetwork {
  var input: Shape = []
  var parameters = 0
  var multiplyAdds = 0
  /// One line per tensor: name and sizes.
  var tensors: [String] = []

  init(_ name: String) throws {
    for line in try Files.golden("zoo/\(name).txt").split(separator: "\n") {
      let numbers = line.split(separator: " ").dropFirst().compactMap { Int($0) }
      switch line.prefix(while: { $0 != " " }) {
      case "#": continue
      case "input": input = Shape(numbers)
      case "parameters": parameters = try #require(numbers.first)
      case "multiply_adds": multiplyAdds = try #require(numbers.first)
      default: tensors.append(String(line))
      }
    }
    try #require(!tensors.isEmpty)
  }
}
