import ConvNet

func weightsSaved() async throws {
  let model = try Model(zoo: "lenet5", seed: 3)
  try model.save(to: "lenet5.safetensors")
  let back = try Model(contentsOf: "lenet5.safetensors")

  let picture = Tensor([1, 1, 28, 28], repeating: 0.5)
  let before = try await model.predictor()(picture)
  let after = try await back.predictor()(picture)
  print("the same scores, bit for bit:", before == after)
}

func weightsNames() throws {
  let file = try SafetensorsFile(path: "lenet5.safetensors")
  for entry in file.entries { print(entry.name, entry.shape, entry.elementType.rawValue) }
}

func weightsLoaded() throws {
  // Ten classes were trained; the new network has three.
  var model = try Model(zoo: "lenet5", classes: 3, seed: 1)
  let report = try model.load("lenet5.safetensors", strict: false)
  print("loaded", report.loaded.count, "tensors")
  for tensor in report.misshapen {
    print("\(tensor.name): in the file \(tensor.found), in the network \(tensor.expected)")
  }
}
