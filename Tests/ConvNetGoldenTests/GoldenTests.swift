import ConvNetGraph
import Testing

/// Every operation against numbers recorded from PyTorch, forward and backward.
///
/// `CONVNET_GOLDEN=FOLDER swift test --filter GoldenTests` tries another set of the same form.
@Suite(.enabled(if: GoldenSet.isPresent, "no golden set at \(GoldenSet.folder)"))
struct GoldenTests {
  @Test(arguments: [GoldenExecutor.float64, .float32, .engine, .fastEngine])
  func everyCaseIsAsInPyTorch(_ executor: GoldenExecutor) throws {
    let set = try GoldenSet(folder: GoldenSet.folder)
    var summary = GoldenSummary()
    for item in set.cases where !GoldenSummary.isTraining(item.operation) {
      do {
        let run = try GoldenRun(item, of: set, by: executor)
        summary.add(item, run)
        for problem in run.problems {
          Issue.record("\(item.id) (\(executor.name)): \(problem)")
        }
      } catch let unsupported as Unsupported {
        summary.unsupported.append("\(item.id): \(unsupported.reason)")
      } catch {
        Issue.record("\(item.id) (\(executor.name)): \(error)")
        summary.fail(item)
      }
    }
    print("\(summary) (\(executor.name))")
    // A set that was named may hold anything; what is not there yet is listed, not failed.
    if !GoldenSet.isNamed { #expect(summary.run > 0 && summary.unsupported.isEmpty) }
  }

  @Test func aWrongNumberIsFound() throws {
    let set = try GoldenSet(folder: GoldenSet.folder)
    let item = try #require(set.cases.first { GoldenOperations.trace($0.operation) != nil })
    let reference = GoldenExecutor.float64
    let wrong = GoldenExecutor(name: "wrong", tolerance: reference.tolerance) { graph, inputs in
      var results = try reference.run(graph, inputs)
      results[0].elements[0] += 0.001
      return results
    }
    #expect(try GoldenRun(item, of: set, by: reference).problems.isEmpty)
    #expect(try !GoldenRun(item, of: set, by: wrong).problems.isEmpty)
  }
}

/// What became of the cases of a set.
struct GoldenSummary: CustomStringConvertible {
  private(set) var run = 0
  private(set) var failed: [String] = []
  var unsupported: [String] = []
  private var worst: (share: Double, place: String) = (0, "")

  mutating func add(_ item: GoldenSet.Case, _ result: GoldenRun) {
    run += 1
    if !result.problems.isEmpty { failed.append(item.id) }
    if result.worst.share > worst.share {
      worst = (result.worst.share, "\(item.id) \(result.worst.name)")
    }
  }

  mutating func fail(_ item: GoldenSet.Case) {
    run += 1
    failed.append(item.id)
  }

  /// The line that is printed.
  var description: String {
    var line = "golden: \(run) run, \(run - failed.count) passed, \(unsupported.count) unsupported"
    if !unsupported.isEmpty { line += " (\(unsupported.joined(separator: "; ")))" }
    if !failed.isEmpty { line += ", failed: \(failed.joined(separator: ", "))" }
    let percent = Int((100 * worst.share).rounded(.up))
    return line + "; nearest to its tolerance: \(worst.place), \(percent) %"
  }

  /// Whether an operation is no part of a graph: ConvNetTrainingTests runs its cases.
  static func isTraining(_ operation: String) -> Bool {
    ["optim.", "lr_scheduler.", "TrainSteps"].contains { operation.hasPrefix($0) }
  }
}
