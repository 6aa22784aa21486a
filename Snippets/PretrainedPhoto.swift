import ConvNet

// `convnet models get efficientnet-lite0` fetches it; load() does so where that was not done.
let published = try PretrainedModel.named("efficientnet-lite0")
if let photo = CommandLine.arguments.dropFirst().first {
  let predictor = try published.load().predictor()
  for answer in try await predictor.classify(Image(path: photo), top: 5) {
    print("\(answer.label): \(answer.probability)")
  }
} else {
  print("\(published.summary): give the path of a photo")
}
