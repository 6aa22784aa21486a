import ConvNetFormats
import ConvNetGraph
import Testing

#if JPEG && PNG
  /// From a photo's file to the network's crop, against the crops that Pillow made.
  @Suite struct PreprocessingTests {
    @Test(.enabled(if: Shared.has("models"))) func equalsTheCropsOfEfficientNetLite() throws {
      let names = try JSONValue(contentsOf: Shared.file("models/efflite0_ref.json"))["images"]?
        .array
      let reference = try SafetensorsFile(path: Shared.file("models/efflite0_ref.safetensors"))
      let crops = try reference.withUnsafeBytes(of: "crop_u8_NHWC") { Array($0) }
      let size = 224 * 224 * 3
      var options = ImageDecodingOptions(color: .rgb)
      options.appliesOrientation = false
      for (index, name) in try #require(names).enumerated() {
        let file = try #require(name.string)
        let crop = try Image(path: Shared.file("photos/" + file), options: options)
          .resized(shorterSide: 256, .bicubic).centerCropped(width: 224, height: 224)
        let expected = try Image(
          width: 224, height: 224, channels: 3,
          pixels: Array(crops[(index * size)..<((index + 1) * size)]))
        let difference = try #require(largestDifference(crop, expected))
        print("\(file): largest difference from Pillow's crop \(difference)")
        #expect(difference <= 1, "\(file)")
      }
    }
  }
#endif
