internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// The folder of one training run and the files in it; each is written whole or not at all.
struct RunFolder: Sendable {
  let path: String
  /// When the run began, in seconds since 1970.
  private let began = time(nil)

  var model: String { "\(path)/best.safetensors" }
  var configuration: String { "\(path)/config.json" }
  var historyTable: String { "\(path)/history.csv" }
  var history: String { "\(path)/history.jsonl" }
  /// TensorBoard finds the file by its name.
  var events: String { "\(path)/events.out.tfevents.\(began).convnet" }
  var skipped: String { "\(path)/skipped.txt" }

  /// Makes the folder and those above it.
  ///
  /// - Throws: A `cannotWrite` error where that is not possible, `invalidArgument` where a run is
  ///   there already: it would be lost.
  init(creating path: String) throws(ConvNetError) {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    try Folders.make(self.path)
    if access(model, F_OK) == 0 || access(configuration, F_OK) == 0 {
      throw ConvNetError(
        .invalidArgument, "\(path.escapedForDisplay): holds a run already",
        advice: "choose another folder with --out, or remove this one")
    }
  }

  /// The usual folder of a run that begins now: `runs/2031-05-04-1530-primer`.
  static func usualPath(architecture: String) -> String {
    var now = time(nil)
    var parts = tm()
    localtime_r(&now, &parts)
    func digits(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date = [Int32(1900) + parts.tm_year, parts.tm_mon + 1, parts.tm_mday].map(digits)
    let name =
      "runs/\(date.joined(separator: "-"))-\(digits(parts.tm_hour))\(digits(parts.tm_min))"
      + "-\(architecture)"
    var number = 1
    var path = name
    while access(path, F_OK) == 0 {
      number += 1
      path = "\(name)-\(number)"
    }
    return path
  }

  /// Writes everything that the run is made of: settings, data, program.
  func write(configuration settings: JSONValue) throws(ConvNetError) {
    try AtomicFile.write(settings.serialized(indent: 2) + "\n", to: configuration)
  }

  /// Writes the epochs so far, as a table and as JSON Lines.
  func write(history epochs: [EpochReport]) throws(ConvNetError) {
    let rows = epochs.map { epoch in
      let numbers: [Double?] = [
        epoch.learningRate, epoch.trainingLoss, epoch.trainingAccuracy, epoch.evaluationLoss,
        epoch.evaluationAccuracy, epoch.imagesPerSecond, epoch.seconds,
      ]
      let cells = numbers.map { $0.map { "\($0)" } ?? "" }
      return (["\(epoch.epoch)", "\(epoch.step)"] + cells + [epoch.isBest ? "1" : "0"])
        .joined(separator: ",")
    }
    let title =
      "epoch,step,lr,train_loss,train_acc,val_loss,val_acc,img_per_s,seconds,best"
    try AtomicFile.write(([title] + rows).joined(separator: "\n") + "\n", to: historyTable)
    var lines = ""
    for epoch in epochs { lines += try JSONValue(encoding: epoch).serialized() + "\n" }
    try AtomicFile.write(lines, to: history)
  }

  /// Writes the epochs so far for TensorBoard.
  func write(events epochs: [EpochReport]) throws(ConvNetError) {
    var file = EventFile(time: Double(began))
    var now = Double(began)
    for epoch in epochs {
      now += epoch.seconds
      file.add(
        [
          ("loss/train", epoch.trainingLoss), ("loss/val", epoch.evaluationLoss),
          ("accuracy/train", epoch.trainingAccuracy), ("accuracy/val", epoch.evaluationAccuracy),
          ("learning_rate", epoch.learningRate), ("images_per_second", epoch.imagesPerSecond),
        ], step: epoch.epoch, time: now)
    }
    try AtomicFile.write(file.bytes, to: events)
  }

  /// Writes the list of the pictures that were passed over.
  func write(skipped pictures: [UnreadablePicture]) throws(ConvNetError) {
    let lines = pictures.map { "\($0.name)\t\($0.reason)\n" }
    try AtomicFile.write(lines.joined(), to: skipped)
  }
}
