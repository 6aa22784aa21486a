import Foundation

/// The code of the samples: the body of each function of the files in `Samples`, or a whole file.
struct SampleSources {
  private(set) var code: [String: [String]] = [:]
  /// The names of the functions in the files' order.
  private(set) var names: [String] = []

  init(_ folder: URL) throws {
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    for file in files
    where file.pathExtension == "swift" && file.lastPathComponent != "Samples.swift" {
      let lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
      code[file.lastPathComponent] = Array(lines.dropLast(lines.last == "" ? 1 : 0))
      var name: String?
      for line in lines {
        if let open = name {
          if line == "}" {
            name = nil
          } else {
            // The body stands two columns in.
            code[open]?.append(line.hasPrefix("  ") ? String(line.dropFirst(2)) : line)
          }
        } else if line.hasPrefix("func "), line.hasSuffix(" {"), line.contains("()") {
          let found = String(line.dropFirst(5).prefix { $0 != "(" })
          names.append(found)
          code[found] = []
          name = found
        }
      }
    }
  }
}
