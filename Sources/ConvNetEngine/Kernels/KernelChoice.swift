internal import ConvNetGraph

/// A node that a kernel is wanted for.
struct KernelRequest {
  let operation: any Operation
  let inputShapes: [Shape]
  let outputShapes: [Shape]
  /// The layouts that each input exists in already.
  let inputLayouts: [Set<Layout>]
  let table: KernelTable
  let options: EngineOptions
  /// Whether the weights stay as they are over many runs: then packing them is done once.
  let hasFixedWeights: Bool

  /// Whether the first input is an image that lies in blocks already: what works in any layout follows.
  var prefersBlocked: Bool {
    inputShapes[0].rank == 4 && inputLayouts[0].contains(.blocked)
  }
}

/// A kernel with what it wants and gives.
struct KernelChoice {
  /// The form in which a kernel reads an input.
  enum InputUse {
    /// In a layout.
    case layout(Layout)
    /// The plain numbers brought into a kernel's own order by a step before it; where they are fixed,
    /// that step runs once.
    case packed(any PackingKernel)
  }

  var kernel: any Kernel
  var inputs: [InputUse]
  var outputLayouts: [Layout]
  /// Float32 elements of work space shared by the tasks of all phases.
  var workspace = 0
  /// The input whose memory each output may take over where nobody else reads it.
  var inPlace: [Int?] = []
  /// Faster ways of the same kernel that were not taken, and why; `print(plan)` shows them.
  var remarks: [String] = []
}

/// What a kernel's author answers to a request.
enum KernelAnswer {
  /// Yes, like this.
  case choice(KernelChoice)
  /// No, and why; `print(plan)` shows it.
  case refusal(String)
  /// The operation is not of this kind at all.
  case notMine
}

/// Something that can make kernels for some operations.
protocol KernelProvider: Sendable {
  static func answer(_ request: KernelRequest) -> KernelAnswer
}

/// The ordered list of providers; the first that says yes is taken, the reference always does.
enum KernelList {
  static let providers: [any KernelProvider.Type] = [
    ConvolutionProvider.self, NormalizationProvider.self, PoolingProvider.self,
    ActivationProvider.self, BinaryProvider.self, LinearProvider.self,
    LossProvider.self, ChannelProvider.self, ResampleProvider.self, CopyProvider.self,
    FoldProvider.self, FillProvider.self, BroadcastProvider.self, RearrangingProvider.self,
    MatMulProvider.self,
  ]

  /// The kernel for a node, and the refusals of the faster ones.
  static func choose(_ request: KernelRequest) -> (choice: KernelChoice, refusals: [String]) {
    var refusals: [String] = []
    if request.options.algorithms != .reference {
      for provider in providers {
        switch provider.answer(request) {
        case .choice(let choice): return (choice, refusals + choice.remarks)
        case .refusal(let reason): refusals.append(reason)
        case .notMine: continue
        }
      }
    }
    let reference = ReferenceKernel(
      operation: request.operation, inputShapes: request.inputShapes,
      outputShapes: request.outputShapes)
    return (
      KernelChoice(
        kernel: reference,
        inputs: request.inputShapes.map { _ in .layout(.plain) },
        outputLayouts: request.outputShapes.map { _ in .plain }), refusals
    )
  }
}
