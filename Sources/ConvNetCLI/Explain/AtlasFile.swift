internal import ConvNetExplain
internal import ConvNetFormats
internal import ConvNetGraph

/// An atlas file: for each channel the pieces of pictures that excite it most.
///
/// A safetensors file. A tensor `LAYER[C]` of shape `[N, 1 or 3, H, W]` holds N pieces for channel C,
/// numbers of 0...1; the metadata's entry `LAYER[C]` holds their names, one a line.
enum AtlasFile {
  static func patches(
    _ path: String
  ) throws(ConvNetError) -> [String: [Int: [PageOptions.AtlasPatch]]] {
    let file = try SafetensorsFile(path: path)
    var result: [String: [Int: [PageOptions.AtlasPatch]]] = [:]
    for entry in file.entries {
      guard let open = entry.name.lastIndex(of: "["), entry.name.hasSuffix("]"),
        let channel = Int(entry.name[entry.name.index(after: open)...].dropLast()),
        entry.shape.rank == 4, [1, 3].contains(entry.shape[1]), entry.shape[0] <= 64
      else {
        throw ConvNetError(
          .invalidData, "\(path.escapedForDisplay): is no atlas",
          reason: "'\(entry.name.escapedForDisplay)' of shape \(entry.shape) is not "
            + "LAYER[CHANNEL] of pictures [N, C, H, W]")
      }
      let tensor = try file.tensor(named: entry.name)
      let names = (file.metadata[entry.name] ?? "").split(separator: "\n").map(String.init)
      let size = Shape(Array(entry.shape.dimensions.dropFirst()))
      let numbers = tensor.elements
      var patches: [PageOptions.AtlasPatch] = []
      for position in 0..<entry.shape[0] {
        let part = numbers[(position * size.count)..<((position + 1) * size.count)]
        let image = try Image(Tensor(size, part))
        let name = position < names.count ? names[position] : "\(position + 1)"
        patches.append(PageOptions.AtlasPatch(name: name, image: image))
      }
      result[String(entry.name[..<open]), default: [:]][channel] = patches
    }
    return result
  }
}
