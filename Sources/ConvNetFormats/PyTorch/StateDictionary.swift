internal import ConvNetGraph

/// The names and tensors of a checkpoint, found in the value that its pickle describes.
struct StateDictionary {
  /// Names with places in the heap's tensors, in order.
  private(set) var tensors: [(name: String, tensor: Int)] = []
  private(set) var notes: [String] = []

  /// Under which names training scripts keep the state dict inside a checkpoint, best first.
  private static let usualKeys = [
    "state_dict", "model_state_dict", "model", "net", "network", "weights", "params", "module",
    "state_dict_ema", "model_ema", "ema",
  ]
  /// What wrappers (data parallelism, compilation) put in front of every name.
  private static let prefixes = ["module.", "_orig_mod."]
  private static let depthLimit = 4

  init(_ root: PickleValue, heap: PickleHeap, file: String) throws(ConvNetError) {
    guard case .dictionary(let place) = root else {
      throw ConvNetError(
        .unsupported, "\(file): not a plain state dict: holds something else",
        reason: "expected is a dictionary of names and tensors",
        advice: "export it in Python with torch.save(model.state_dict(), \"weights.pth\")")
    }
    let found = try Self.find(place, heap: heap, file: file)
    var names: Set<String> = []
    var others: [String] = []
    // Of equal keys the last one counts, as in Python.
    for (key, value) in heap.dictionaries[found].reversed() {
      guard case .string(let name) = key else { continue }
      guard names.insert(name).inserted else { continue }
      if case .tensor(let tensor) = value {
        tensors.append((name, tensor))
      } else {
        others.append(name)
      }
    }
    tensors.reverse()
    if !others.isEmpty {
      let shown = others.reversed().prefix(5).map(\.escapedForDisplay).joined(separator: ", ")
      notes.append(
        "\(others.count) entries that are no tensors were passed over: \(shown)"
          + (others.count > 5 ? ", …" : ""))
    }
    removePrefixes()
  }

  private mutating func removePrefixes() {
    for prefix in Self.prefixes where tensors.allSatisfy({ $0.name.hasPrefix(prefix) }) {
      tensors = tensors.map { (String($0.name.dropFirst(prefix.count)), $0.tensor) }
    }
  }

  /// The dictionary that holds tensors: the root itself, one under a usual key, or the only one.
  private static func find(
    _ root: Int, heap: PickleHeap, file: String
  ) throws(ConvNetError) -> Int {
    var level = [root]
    var visited: Set<Int> = [root]
    for _ in 0...depthLimit {
      let holders = level.filter { place in
        heap.dictionaries[place].contains {
          if case .tensor = $0.value { true } else { false }
        }
      }
      if holders.count == 1 { return holders[0] }
      guard holders.isEmpty else {
        throw ConvNetError(
          .unsupported, "\(file): holds \(holders.count) sets of weights",
          reason: "none of them is called " + usualKeys.joined(separator: ", "))
      }
      var next: [(key: String, place: Int)] = []
      for place in level {
        for (key, value) in heap.dictionaries[place] {
          guard case .string(let name) = key, case .dictionary(let child) = value,
            visited.insert(child).inserted
          else { continue }
          next.append((name, child))
        }
      }
      let usual = usualKeys.lazy.compactMap { key in next.first { $0.key == key } }.first
      level = usual.map { [$0.place] } ?? next.map(\.place)
    }
    throw ConvNetError(
      .unsupported, "\(file): holds no tensors",
      reason: "looked for a dictionary of names and tensors")
  }
}
