import ConvNet
import ConvNetEngine
import ConvNetFormats
import ConvNetGraph

@testable import ConvNetLab

/// Experiments in miniature: few drawn pictures, one epoch, seconds without optimisation.
enum LabSamples {
  static let scale = LabScale(training: 64, validation: 16, test: 24, epochs: 0.01, cases: 30)

  /// Stripes in two directions and crosses, on grey ground.
  static func pictures(_ count: Int, size: Int = 16, offset: Int = 0) throws -> MemoryImages {
    var images: [Image] = []
    var classes: [Int] = []
    for number in 0..<count {
      let (kind, place) = (number % 3, (number / 3 + offset) % 5)
      let pixels = (0..<size * size).map { index -> UInt8 in
        let (row, column) = (index / size + place, index % size + place)
        let isLit =
          kind == 0
          ? row % 5 < 2 : kind == 1 ? column % 5 < 2 : row % 5 == 0 || column % 5 == 0
        return UInt8((isLit ? 210 : 40) + (index * 7 + number * 13) % 25)
      }
      images.append(try Image(width: size, height: size, channels: 1, pixels: pixels))
      classes.append(kind)
    }
    return MemoryImages(
      images, classes: classes, classNames: ["rows", "columns", "<b>crosses</b>"])
  }

  static func data() throws -> LabData {
    try LabData(
      name: "stripes", training: pictures(64), validation: pictures(16, offset: 1),
      test: pictures(24, offset: 2))
  }

  static func lab(seeds: Int = 1, threads: Int = 2) throws -> Lab {
    Lab(
      data: try data(), seeds: seeds, scale: scale, options: EngineOptions(threads: threads))
  }
}

extension LabReport {
  /// Everything that a run has to repeat: the record without its times.
  var repeated: JSONValue {
    var object = record.object ?? JSONObject()
    object["seconds"] = nil
    let tables = object["tables"]?.array ?? []
    object["tables"] = .array(tables.map(LabReport.withoutTimes))
    return .object(object)
  }

  private static func withoutTimes(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let items): return .array(items.map(withoutTimes))
    case .object(let object):
      var kept = JSONObject()
      for member in object.members where member.key != "seconds" {
        kept[member.key] = withoutTimes(member.value)
      }
      return .object(kept)
    default: return value
    }
  }
}
