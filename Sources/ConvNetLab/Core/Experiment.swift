package import ConvNetGraph

/// One of the primer's claims, and the way to find out whether it holds.
package protocol Experiment: Sendable {
  /// The name on the command line.
  var name: String { get }
  /// The primer's row: `S4`.
  var row: String { get }
  /// What it is about, in a word or two.
  var title: Bilingual { get }
  /// What the primer says.
  var claim: Bilingual { get }
  /// What is asked.
  var question: Bilingual { get }
  /// Whether it learns from pictures with classes.
  var needsData: Bool { get }

  /// Finds out.
  ///
  /// The same seeds and pictures give the same numbers at any number of threads; only times differ.
  ///
  /// - Throws: ``ConvNetError`` of kind `cancelled` where the lab was stopped, `notFound` where it
  ///   needs pictures and there are none.
  func run(_ lab: Lab) throws(ConvNetError) -> LabReport
}

extension Experiment {
  package var needsData: Bool { true }
}

/// The experiments by name.
package enum Experiments {
  /// All of them, in the primer's order.
  package static let all: [any Experiment] = [
    KernelsExperiment(), StrideExperiment(), PaddingExperiment(), SizeExperiment(),
    ActivationExperiment(), BatchNormExperiment(), PoolingExperiment(), DepthExperiment(),
    ChannelsExperiment(),
  ]

  /// Their names.
  package static var names: [String] { all.map(\.name) }

  /// The experiment of a name; nil where there is none.
  package static func named(_ name: String) -> (any Experiment)? {
    all.first { $0.name == name }
  }
}
