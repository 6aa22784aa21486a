internal import ConvNetGraph

extension ONNXOperators {
  /// Recurrent layers, as text recognisers put behind their convolutions: written out step by step,
  /// since the number of steps is known from the shapes.
  static let recurrent: [String: Function] = [
    "LSTM": { context throws(ConvNetError) in try run(context, gates: 4) },
    "GRU": { context throws(ConvNetError) in try run(context, gates: 3) },
    "RNN": { context throws(ConvNetError) in try run(context, gates: 1) },
  ]

  /// One direction of a layer while it runs.
  private struct Direction {
    let context: ONNXNodeContext
    let gates: Int
    let hiddenSize: Int
    /// `[gates * H, in]`, `[gates * H, H]`, and the biases `[gates * H]` of both.
    let w: Value
    let r: Value
    let inputBias: Value?
    let hiddenBias: Value?
    let peepholes: Value?
    let resetsAfter: Bool

    func part(_ value: Value, _ gate: Int) -> Value {
      context.apply(
        SliceOperation([
          SliceOperation.Range(
            dim: value.shape.rank - 1, start: gate * hiddenSize, end: (gate + 1) * hiddenSize)
        ]), value)
    }

    func linear(_ x: Value, _ w: Value, _ bias: Value?) -> Value {
      bias.map { context.apply(LinearOperation(), x, w, $0) }
        ?? context.apply(LinearOperation(), x, w)
    }

    /// The next hidden state and cell of an LSTM; ONNX's order of gates is input, output, forget,
    /// cell.
    func lstm(_ x: Value, _ h: Value, _ c: Value) -> (h: Value, c: Value) {
      let all = linear(x, w, inputBias) + linear(h, r, hiddenBias)
      var (i, o, f) = (part(all, 0), part(all, 1), part(all, 2))
      if let peepholes {
        i = i + c * part(peepholes, 0)
        f = f + c * part(peepholes, 2)
      }
      let cell = F.sigmoid(f) * c + F.sigmoid(i) * F.tanh(part(all, 3))
      if let peepholes { o = o + cell * part(peepholes, 1) }
      return (F.sigmoid(o) * F.tanh(cell), cell)
    }

    /// The next hidden state of a GRU; the gates are update, reset, hidden.
    func gru(_ x: Value, _ h: Value) -> Value {
      let fromInput = linear(x, w, inputBias)
      let fromHidden = linear(h, r, hiddenBias)
      let update = F.sigmoid(part(fromInput, 0) + part(fromHidden, 0))
      let reset = F.sigmoid(part(fromInput, 1) + part(fromHidden, 1))
      let candidate: Value
      if resetsAfter {
        candidate = F.tanh(part(fromInput, 2) + reset * part(fromHidden, 2))
      } else {
        let rows = context.apply(
          SliceOperation([
            SliceOperation.Range(dim: 0, start: 2 * hiddenSize, end: 3 * hiddenSize)
          ]), r)
        candidate = F.tanh(
          part(fromInput, 2) + linear(reset * h, rows, hiddenBias.map { part($0, 2) }))
      }
      return (1 - update) * candidate + update * h
    }

    func rnn(_ x: Value, _ h: Value) -> Value {
      F.tanh(linear(x, w, inputBias) + linear(h, r, hiddenBias))
    }
  }

  private static func run(_ context: ONNXNodeContext, gates: Int) throws(ConvNetError)
    -> [ONNXOperand]
  {
    var x = try context.value(0)
    guard x.shape.rank == 3, try context.shape(1).rank == 3, try context.shape(2).rank == 3 else {
      throw ConvNetError(.invalidNetwork, "its inputs are no sequences")
    }
    for attribute in ["activations", "clip", "input_forget"] where context.hasAttribute(attribute) {
      if case .texts(let names)? = context.node.attributes[attribute],
        zip(
          names,
          (gates == 1 ? ["Tanh"] : gates == 3 ? ["Sigmoid", "Tanh"] : ["Sigmoid", "Tanh", "Tanh"])
            + names.dropFirst(gates == 1 ? 1 : gates == 3 ? 2 : 3)
        )
        .allSatisfy({ $0.lowercased() == $1.lowercased() })
      {
        continue
      }
      if case .integer(0)? = context.node.attributes[attribute] { continue }
      throw context.refuse("its attribute '\(attribute)' is not the usual one")
    }
    guard !context.has(4) else { throw context.refuse("its sequences have lengths of their own") }
    let isBatchFirst = try context.flag("layout")
    if isBatchFirst { x = context.apply(TransposeOperation([1, 0, 2]), x) }
    let (steps, batch) = (x.shape[0], x.shape[1])
    let hidden = try context.shape(2)[2]
    let directions = try context.shape(1)[0]
    let direction = try context.attribute("direction", "forward")
    guard directions == (direction == "bidirectional" ? 2 : 1), (1...4_096).contains(steps),
      batch * hidden <= 1 << 22,
      try context.shape(1)[1] == gates * hidden
    else {
      throw ConvNetError(
        .invalidNetwork, "its weights \(try context.shape(1)) do not fit its direction and steps")
    }

    var lines: [Value] = []
    var (lastHidden, lastCells) = ([Value](), [Value]())
    for number in 0..<directions {
      func own(_ input: Int, _ role: ParameterSlot.Role = .trained) throws(ConvNetError) -> Value? {
        guard context.has(input) else { return nil }
        let all = try context.value(input, role: role)
        guard all.shape.rank >= 2 else { return nil }
        let slice = context.apply(
          SliceOperation([SliceOperation.Range(dim: 0, start: number, end: number + 1)]), all)
        return context.apply(
          ReshapeOperation(Array(all.shape.dimensions.dropFirst())), slice)
      }
      func start(_ input: Int) throws(ConvNetError) -> Value {
        guard context.has(input) else {
          return context.numbers(
            [batch, hidden], [Double](repeating: 0, count: batch * hidden))
        }
        let all = try context.value(input)
        guard all.shape.rank == 3 else {
          throw ConvNetError(.invalidNetwork, "its first state is \(all.shape)")
        }
        let slice = context.apply(
          SliceOperation([
            SliceOperation.Range(dim: isBatchFirst ? 1 : 0, start: number, end: number + 1)
          ]), all)
        return context.apply(ReshapeOperation([batch, hidden]), slice)
      }
      guard let w = try own(1), let r = try own(2) else {
        throw ConvNetError(.invalidNetwork, "its weights are no matrices")
      }
      let biases = try own(3)
      func bias(_ half: Int) -> Value? {
        biases.map { biases in
          context.apply(
            SliceOperation([
              SliceOperation.Range(
                dim: 0, start: half * gates * hidden, end: (half + 1) * gates * hidden)
            ]), biases)
        }
      }
      let line = Direction(
        context: context, gates: gates, hiddenSize: hidden, w: w, r: r, inputBias: bias(0),
        hiddenBias: bias(1), peepholes: gates == 4 ? try own(7) : nil,
        resetsAfter: gates == 3 ? try context.flag("linear_before_reset") : false)
      var h = try start(5)
      var c = gates == 4 ? try start(6) : h
      let isReversed = direction == "reverse" || number == 1
      var outputs: [Value] = []
      for step in isReversed ? Array((0..<steps).reversed()) : Array(0..<steps) {
        let slice = context.apply(
          SliceOperation([SliceOperation.Range(dim: 0, start: step, end: step + 1)]), x)
        let now = context.apply(ReshapeOperation([batch, x.shape[2]]), slice)
        switch gates {
        case 4: (h, c) = line.lstm(now, h, c)
        case 3: h = line.gru(now, h)
        default: h = line.rnn(now, h)
        }
        outputs.append(context.apply(ReshapeOperation([1, 1, batch, hidden]), h))
      }
      if isReversed { outputs.reverse() }
      lines.append(context.builder.apply(ConcatOperation(dim: 0), outputs)[0])
      lastHidden.append(context.apply(ReshapeOperation([1, batch, hidden]), h))
      lastCells.append(context.apply(ReshapeOperation([1, batch, hidden]), c))
    }
    func joined(_ values: [Value], _ dim: Int) -> Value {
      values.count == 1 ? values[0] : context.builder.apply(ConcatOperation(dim: dim), values)[0]
    }
    var y = joined(lines, 1)
    var (h, c) = (joined(lastHidden, 0), joined(lastCells, 0))
    if isBatchFirst {
      y = context.apply(TransposeOperation([2, 0, 1, 3]), y)
      h = context.apply(TransposeOperation([1, 0, 2]), h)
      c = context.apply(TransposeOperation([1, 0, 2]), c)
    }
    let type = try context.type(0)
    return [.value(y, type), .value(h, type)] + (gates == 4 ? [.value(c, type)] : [])
  }
}
