internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal

/// The pictures that `predict` is asked about, one after the other, each decoded when it is its turn.
struct PictureSource {
  /// Where the picture comes from, for people and programs.
  struct Item: Sendable {
    var name: String
    /// The class that it belongs to, where that is known.
    var truth: String?
    var image: @Sendable () throws(ConvNetError) -> Image
  }

  let items: [Item]

  /// The pictures of files and folders; `-` is one picture from the standard input.
  init(paths: [String]) throws(ConvNetError) {
    var items: [Item] = []
    for path in paths {
      if path == "-" {
        items.append(
          Item(name: "-") { () throws(ConvNetError) in
            try Image(decoding: FileBytes(StandardInput.readAll(), name: "standard input"))
          })
      } else {
        for file in try PictureFiles.paths(at: path) {
          items.append(Item(name: file) { () throws(ConvNetError) in try Image(path: file) })
        }
      }
    }
    self.items = items
  }

  /// Decodes pictures on a task of its own; each is there or the reason why not.
  static func reading(
    _ items: some Collection<Item> & Sendable
  ) -> Task<[Result<Image, ConvNetError>], Never> {
    Task.detached {
      items.map { item in
        do throws(ConvNetError) {
          return .success(try item.image())
        } catch {
          return .failure(error)
        }
      }
    }
  }

  /// Scales pictures on a task of its own, as soon as they are decoded.
  static func preparing(
    _ images: Task<[Result<Image, ConvNetError>], Never>, for preprocessing: Preprocessing
  ) -> Task<[Result<Image, ConvNetError>], Never> {
    Task.detached {
      await images.value.map { image in
        do throws(ConvNetError) {
          return .success(try preprocessing.prepared(image.get()))
        } catch {
          return .failure(error)
        }
      }
    }
  }

  /// The pictures of a part of a data set, whose classes are known.
  init(_ pictures: any LabeledImages) {
    items = (0..<pictures.count).map { index in
      Item(
        name: pictures.name(at: index), truth: pictures.classNames[pictures.label(at: index)]
      ) { () throws(ConvNetError) in try pictures.image(at: index) }
    }
  }
}
