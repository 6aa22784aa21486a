import ConvNetGraph
import Foundation
import Testing

@Suite struct GradientCheckTests {
  /// Operations that have no gradient, each with the reason.
  private static let withoutGradient: [String: String] = [
    CompareOperation.name: "a step function", ArgMaxOperation.name: "positions are whole numbers",
    TopKOperation.name: "the choice stands behind the last trained layer",
  ]

  @Test(arguments: GradientCase.all) func gradientAgreesWithFiniteDifferences(
    _ example: GradientCase
  ) throws {
    let graph = try example.graph()
    #expect(graph.nodes.contains { type(of: $0.operation).name == example.operation })
    var check = GradientCheck(graph)
    example.prepare(&check)
    let finding = try check.run()
    #expect(finding.largestRelativeError < 1e-6, "\(finding.place)")
  }

  /// Operations of the training form only (dropout's mask) are not stored.
  @Test(
    arguments: GradientCase.all.filter { example in
      OperationRegistry.all.contains { $0.name == example.operation }
    }) func graphComesBackFromItsCodedForm(_ example: GradientCase) throws
  {
    let graph = try example.graph()
    let coded = try JSONDecoder().decode(Graph.self, from: JSONEncoder().encode(graph))
    for (own, original) in zip(coded.nodes, graph.nodes) {
      #expect(AnyHashable(own.operation) == AnyHashable(original.operation))
    }
    #expect(coded.nodes.count == graph.nodes.count)
    #expect(coded.values.map(\.shape) == graph.values.map(\.shape))
    #expect(coded.nodes.map(\.inputs) == graph.nodes.map(\.inputs))
  }

  @Test func everyOperationHasAGradientCase() {
    let covered = Set(GradientCase.all.map(\.operation))
    for operation in OperationRegistry.all {
      let reason = Self.withoutGradient[operation.name]
      #expect(
        covered.contains(operation.name) != (reason != nil),
        "\(operation.name) needs gradient cases, or a reason why it has none, and not both")
    }
  }

  @Test func everyOperationFileIsRegistered() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/ConvNetGraph/Operations").standardizedFileURL
    let files = try FileManager.default.contentsOfDirectory(
      atPath: folder.path(percentEncoded: false))
    let registered = Set(OperationRegistry.all.map { "\($0)" })
    // These files hold protocols.
    let protocols: Set<String> = [
      "ActivationOperation", "AveragePoolingOperation", "BinaryOperation", "MaxPoolingOperation",
      "PairLossOperation", "PoolingOperation", "ReduceOperation",
    ]
    let names = files.filter { $0.hasSuffix("Operation.swift") }.map { String($0.dropLast(6)) }
    #expect(names.count > 3)
    for name in names where !protocols.contains(name) {
      #expect(registered.contains(name), "\(name) is missing in OperationRegistry.all")
    }
  }

  @Test func aWrongGradientIsFound() throws {
    let graph = try Graph(input: [3, 4]) { $0.applying(WronglyDifferentiated()) }
    #expect(try GradientCheck(graph).run().largestRelativeError > 0.4)
  }

  @Test func aGradientThatIsNoNumberIsFound() throws {
    let graph = try Graph(input: [2]) { $0.applying(WronglyDifferentiated()) }
    var check = GradientCheck(graph)
    check.inputs[0].elements[1] = .nan
    #expect(try check.run().largestRelativeError == .infinity)
  }
}

/// The square with half its derivative.
private struct WronglyDifferentiated: ActivationOperation {
  static let name = "WronglyDifferentiated"
  static let derivativeUsesOutput = false
  func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar { x * x }
  func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar { point }
}
