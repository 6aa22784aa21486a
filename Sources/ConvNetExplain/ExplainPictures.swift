public import ConvNet
public import ConvNetFormats
public import ConvNetGraph

/// One feature map as a picture in the page's colours.
public enum MapImage {
  /// The picture of a channel, a pixel per position.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the layer has no such map.
  public static func make(
    _ layer: Inspection.Layer, channel: Int
  ) throws(ConvNetError) -> Image {
    let shape = layer.output.shape
    guard shape.rank == 4, (0..<shape[1]).contains(channel) else {
      throw ConvNetError(.invalidArgument, "\(layer.name) has no feature map \(channel)")
    }
    let plane = shape[2] * shape[3]
    let numbers = layer.output.withUnsafeBufferPointer {
      Array($0[(channel * plane)..<((channel + 1) * plane)])
    }
    return try picture(numbers, height: shape[2], width: shape[3])
  }

  /// Numbers as a picture: viridis where none is negative, blue to red otherwise.
  static func picture(
    _ numbers: [Float], height: Int, width: Int
  ) throws(ConvNetError) -> Image {
    let range = Palette.range(numbers.min() ?? 0, numbers.max() ?? 0)
    let palette = range.low < 0 ? Palette.signed : Palette.positive
    let pixels = numbers.flatMap { number -> ArraySlice<UInt8> in
      let place = Int(Palette.index(number, low: range.low, high: range.high)) * 3
      return palette[place..<place + 3]
    }
    return try Image(width: width, height: height, channels: 3, pixels: pixels)
  }
}

/// The pictures of a run as PNG files.
public enum ExplainPictures {
  /// Writes them into a folder that exists or is made.
  ///
  /// `00-photo.png`, `01-input.png`, `10-LAYER-maps.png` for every layer with positions,
  /// `90-evidence.png` and `91-gradcam.png` for the likeliest class.
  ///
  /// - Returns: The names of the files.
  /// - Throws: ``ConvNetError`` of kind `cannotWrite`.
  @discardableResult
  public static func write(
    _ run: Inspection, options: PageOptions, to folder: String
  ) throws(ConvNetError) -> [String] {
    try Folders.make(folder)
    var files: [(name: String, bytes: [UInt8])] = []
    if let photo = options.photo { files.append(("00-photo.png", IndexedPNG.bytes(of: photo))) }
    files.append(("01-input.png", IndexedPNG.bytes(of: run.picture)))
    var number = 10
    for layer in PageContent.layers(of: run) where layer.isSpatial {
      let sheet = Sheet(
        layer.layer.output, channels: Array(layer.ranked.prefix(256)).sorted(),
        isSigned: layer.layer.statistics.minimum < 0, limit: 64)
      files.append(("\(number)-\(safe(layer.name))-maps.png", sheet.png))
      number += 1
    }
    if run.evidenceLayer != nil, let best = run.ranking(1).first,
      let found = try run.evidence(for: [best]).first
    {
      for (name, map) in [("evidence", found.evidence), ("gradcam", found.gradCAM)] {
        let image = try MapImage.picture(
          map.elements, height: map.shape[0], width: map.shape[1]
        ).resized(width: run.picture.width, height: run.picture.height, .nearest)
        files.append(("9\(name == "evidence" ? 0 : 1)-\(name).png", IndexedPNG.bytes(of: image)))
      }
    }
    for file in files { try AtomicFile.write(file.bytes, to: folder + "/" + file.name) }
    return files.map(\.name)
  }

  /// A layer's name as a part of a file's name.
  private static func safe(_ name: String) -> String {
    String(
      name.prefix(80).map {
        $0.isASCII && ($0.isLetter || $0.isNumber || ".-_".contains($0)) ? $0 : "_"
      })
  }
}
