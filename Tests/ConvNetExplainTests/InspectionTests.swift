import ConvNet
import ConvNetFormats
import ConvNetGraph
import Testing

@Suite struct InspectionTests {
  @Test func everyLayerIsWhatTheReferenceComputes() throws {
    let model = try Samples.branching()
    let run = try model.explain(Samples.picture(20))
    let parameters = model.graph.parameters.compactMap { slot in
      model.weights[slot.name].map { ReferenceArray<Double>($0) }
    }
    let expected = try ReferenceExecutor<Double>(model.graph).allValues(
      parameters: parameters, inputs: [ReferenceArray(run.input)])
    #expect(run.layers.map(\.name) == model.graph.nodes.map(\.name))
    for layer in run.layers {
      let right = expected[layer.value.index]
      #expect(layer.output.shape == right.shape)
      let size = right.elements.reduce(1e-3) { max($0, $1.magnitude) }
      for (a, b) in zip(layer.output.elements, right.elements) {
        #expect((Double(a) - b).magnitude <= 1e-5 * size, "\(layer.name)")
      }
      #expect(
        try model.featureMaps(Samples.picture(20), at: layer.name).count == right.elements.count)
    }
    #expect(run.fusedDifference <= 1e-4)
    #expect(abs(run.probabilities.reduce(0, +) - 1) < 1e-12)
  }

  @Test func thePictureGoesInAsForAPrediction() async throws {
    let model = try Samples.branching()
    let photo = try Samples.picture(61)
    let run = try model.explain(photo)
    let scores = try await model.predictor()(photo)
    #expect(run.fusedScores == scores)
    #expect(run.picture.width == 20 && run.picture.height == 20)
    #expect(run.originalSize == Size2D(61))
  }

  @Test func evidenceAndBiasAddUpToTheScore() throws {
    let model = try Samples.starter()
    let run = try model.explain(Samples.picture(28, channels: 1))
    let bias = try #require(model.weights["fc.bias"]).elements
    for found in try run.evidence(for: Array(0..<10)) {
      #expect(found.layer == "relu4")
      // Behind global pooling and one linear layer nothing but the bias is left over.
      #expect(abs(found.rest - Double(bias[found.classIndex])) < 1e-4)
      let weights = try #require(model.weights["fc.weight"])
      for channel in 0..<64 {
        let expected = Double(weights[found.classIndex, channel]) / 49
        #expect(abs(found.channelWeights[channel] - expected) < 1e-7)
      }
      #expect(found.gradCAM.elements.allSatisfy { $0 >= 0 })
    }
    let cam = try model.gradCAM(Samples.picture(28, channels: 1), class: 3)
    #expect(cam.shape == [7, 7])
  }

  /// The gradient of a network with branches, against differences of the score.
  @Test func gradientsAreThoseOfTheScore() throws {
    let model = try Samples.branching()
    let run = try model.explain(Samples.picture(20))
    let found = try run.evidence(for: [2], at: "pool")[0]
    let start = try #require(model.graph.nodes.firstIndex { $0.name == "pool" }) + 1
    func score(_ maps: Tensor) throws -> Double {
      var values: [Int: ReferenceArray<Double>] = [:]
      for slot in model.graph.parameters {
        values[slot.value.index] = model.weights[slot.name].map { ReferenceArray($0) }
      }
      values[model.graph.nodes[start - 1].outputs[0].index] = ReferenceArray(maps)
      for node in model.graph.nodes[start...] {
        let results = node.operation.reference(
          node.inputs.compactMap { values[$0.index] }, outputs: model.graph.shapes(node.outputs))
        for (value, result) in zip(node.outputs, results) { values[value.index] = result }
      }
      return values[model.graph.outputs[0].index]?.elements[2] ?? .nan
    }
    for place in [(0, 0, 0), (5, 4, 4), (15, 9, 2)] {
      var (up, down) = (found.maps, found.maps)
      up[0, place.0, place.1, place.2] += 0.01
      down[0, place.0, place.1, place.2] -= 0.01
      let slope = try (score(up) - score(down)) / 0.02
      let gradient = Double(found.gradient[0, place.0, place.1, place.2])
      #expect(abs(slope - gradient) <= 1e-3 * max(abs(slope), 1e-3), "\(place)")
    }
  }

  @Test func receptiveFieldsOfThePrimerAndOfVGG16() throws {
    let primer = try Model(Zoo.make("primer"), input: [3, 32, 32])
    for (layer, size, jump) in [
      ("conv1", 3, 1), ("bn1", 3, 1), ("conv2", 8, 2), ("conv3", 18, 4), ("conv4", 38, 8),
    ] {
      let field = try #require(try primer.receptiveField(of: layer))
      #expect(Int(field.height.size) == size && Int(field.width.jump) == jump, "\(layer)")
    }
    // Araujo, Norris and Sim (2019): 212 pixels at the last pooling, of step 32.
    let vgg = try Graph(Zoo.make("vgg16"), input: [3, 224, 224])
    let fields = vgg.receptiveFields()
    var found: [String: Int] = [:]
    for node in vgg.nodes {
      found[node.name] = fields[node.outputs[0].index].map { Int($0.height.size) }
    }
    for (layer, size) in [
      ("features.0", 3), ("features.2", 5), ("features.4", 6), ("features.5", 10),
      ("features.7", 14), ("features.9", 16), ("features.16", 44), ("features.23", 100),
      ("features.30", 212),
    ] {
      #expect(found[layer] == size, "\(layer)")
    }
  }

  @Test func fieldsOfBranchesAreThoseOfTheWidest() throws {
    let model = try Samples.branching()
    let stem = try #require(try model.receptiveField(of: "stem"))
    let far = try #require(try model.receptiveField(of: "far"))
    #expect(stem.height.size == 3 && far.height.size == 7)
    let cells = try #require(try model.receptiveField(of: "far", row: 10, column: 0))
    #expect(cells == Graph.InputRectangle(rows: 7...13, columns: 0...3))
  }

  @Test func mistakesAreErrors() throws {
    let model = try Samples.branching()
    let error = #expect(throws: ConvNetError.self) { try model.receptiveField(of: "stam") }
    #expect(error?.summary == "no layer is called 'stam' — did you mean 'stem'?")
    let run = try model.explain(Samples.picture(20))
    #expect(throws: ConvNetError.self) { try run.evidence(for: [4]) }
    #expect(throws: ConvNetError.self) { try run.evidence(for: [0], at: "fc") }
  }
}
