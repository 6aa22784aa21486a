import ConvNet
import ConvNetExplain

func insideMaps() throws {
  let starter = try Model(bytes: StarterModel.bytes, name: StarterModel.name)
  let shirt = try Image(path: "shirt.png")

  let maps = try starter.featureMaps(shirt, at: "relu2")
  print("relu2 puts out", maps.shape)

  guard let seen = try starter.receptiveField(of: "conv4", row: 3, column: 3) else { return }
  print("conv4 at row 3, column 3 sees rows \(seen.rows), columns \(seen.columns)")

  let heat = try starter.gradCAM(shirt)
  let numbers = heat.elements
  let best = numbers.indices.max { numbers[$0] < numbers[$1] } ?? 0
  let side = heat.shape[1]
  print("Grad-CAM \(heat.shape), strongest at row \(best / side), column \(best % side)")
}

func insideEvidence() throws {
  let starter = try Model(bytes: StarterModel.bytes, name: StarterModel.name)
  let run = try starter.explain(Image(path: "shirt.png"))
  let best = run.ranking(1)
  guard let found = try run.evidence(for: best).first else { return }
  let places = found.evidence.elements.reduce(0, +)
  print("\(starter.label(best[0])): places \(short(places)), rest \(short(Float(found.rest)))")
  print(
    "together \(short(places + Float(found.rest))), the score \(short(run.scores.elements[best[0]]))"
  )
}

func insidePictures() throws {
  for name in ["90-evidence", "91-gradcam"] {
    try save(Image(path: "inside/\(name).png"), to: "pictures/\(name.dropFirst(3)).png", scale: 8)
  }
}
