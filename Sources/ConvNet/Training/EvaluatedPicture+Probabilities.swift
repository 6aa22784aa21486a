extension EvaluatedPicture {
  /// The share that the network gives to each class: the softmax of its scores.
  public var probabilities: [Double] { scores.withUnsafeBufferPointer(Scores.softmax) }
}
