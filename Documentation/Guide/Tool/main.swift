import Foundation

// Guide sample NAME          runs one of the guide's samples in the current folder
// Guide check FOLDER         compares every sample, output and picture of the guide with what is now
// Guide update FOLDER        writes what is now into the guide

let words = CommandLine.arguments.dropFirst()
switch (words.first, words.dropFirst().first, words.count) {
case ("sample", let name?, 2):
  guard let sample = samples.first(where: { $0.name == name }) else {
    fail("no sample is called '\(name)'; there are: " + samples.map(\.name).joined(separator: ", "))
  }
  do {
    try await sample.body()
  } catch {
    fail("sample \(name): \(error)")
  }
case ("check", let folder?, 2): try run(folder, isUpdating: false)
case ("update", let folder?, 2): try run(folder, isUpdating: true)
default: fail("usage: Guide sample NAME | check FOLDER | update FOLDER")
}

func run(_ folder: String, isUpdating: Bool) throws {
  var guide = try GuideCheck(folder: URL(fileURLWithPath: folder), isUpdating: isUpdating)
  try guide.run()
  for problem in guide.problems { print(problem) }
  print("guide: \(guide.summary)")
  if !guide.problems.isEmpty { exit(1) }
}

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data("error: \(message)\n".utf8))
  exit(1)
}
