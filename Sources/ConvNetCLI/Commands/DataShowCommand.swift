internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// `convnet data show`: some pictures of each class, drawn in the terminal.
enum DataShowCommand {
  static let perClass = Option<Int>.integer(
    "per-class", "N", 1...100, default: 1, "pictures of each class")
  static let columns = Option<Int>.integer(
    "columns", "N", 4...400, default: 28, "the width of a picture in characters")

  static let command = Command(
    "show", "draw some pictures of each class in the terminal",
    positionals: [DataArguments.data.specification],
    options: [
      OptionGroup(
        "Data",
        [
          DataArguments.split.specification, DataArguments.validationShare.specification,
          perClass.specification, columns.specification,
        ])
    ],
    examples: ["data show photos --per-class 3"]
  ) { arguments, console in
    let dataset = try DataArguments.open(arguments, console: console)
    let split = DataArguments.part(arguments[DataArguments.split])
    let shown = try split.map { [($0, try dataset.part($0))] } ?? dataset.orderedParts
    for (split, pictures) in shown {
      var left = [Int](repeating: arguments[perClass], count: pictures.classNames.count)
      for index in 0..<pictures.count where left[pictures.label(at: index)] > 0 {
        let label = pictures.label(at: index)
        left[label] -= 1
        let name = pictures.name(at: index)
        let title = "\(split.word): \(pictures.classNames[label].escapedForDisplay)  \(name)"
        let image = try pictures.image(at: index)
        console.record([
          "part": .string(split.word), "class": .string(pictures.classNames[label]),
          "name": .string(name), "width": .integer(image.width), "height": .integer(image.height),
        ])
        console.result(title)
        let lines = try PictureDrawing.lines(
          of: image, columns: arguments[columns], on: console.output)
        console.result(lines.joined(separator: "\n"))
      }
    }
    return .success
  }
}
