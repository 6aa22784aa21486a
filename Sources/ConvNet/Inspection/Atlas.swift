public import ConvNetFormats
public import ConvNetGraph

/// What the channels of a network look for: for each, the pieces of pictures that excite it most.
///
/// Every convolution has its channels here, measured where their answer comes out: behind the batch
/// norm and activation that belong to it; so have the outputs of blocks, where branches are added or
/// laid side by side. A piece is as large as the channel sees (its receptive field), at the place of
/// its largest answer; of each picture at most one piece is taken.
///
/// ```swift
/// let atlas = try model.atlas(of: dataset.part(.training))
/// for patch in atlas.layers[0].channels[5] { print(patch.name, patch.value) }
/// try atlas.write(to: "net.atlas")
/// ```
public struct Atlas: Sendable {
  /// A piece of a picture that excites a channel.
  public struct Patch: Hashable, Sendable {
    /// The picture's number in the data.
    public var picture: Int
    /// Where the picture comes from.
    public var name: String
    /// The channel's answer there.
    public var value: Float
    /// The row of the answer in the channel's map.
    public var row: Int
    /// The column of the answer in the channel's map.
    public var column: Int
    /// The piece of the prepared picture; stripes stand where the picture has ended.
    public var image: Image
  }

  /// A layer with its channels.
  public struct Layer: Sendable {
    /// The convolution, addition or concatenation.
    public var name: String
    /// The layer whose output was looked at: itself, or the batch norm or activation behind it.
    public var measuredAt: String
    /// The size of the maps that were looked at.
    public var mapSize: Size2D
    /// The pixels of the prepared picture that a piece shows.
    public var fieldSize: Size2D
    /// For each channel its pieces, the strongest first; none where no answer was above 0.
    public var channels: [[Patch]]
  }

  /// The layers in the order in which they run.
  public var layers: [Layer]
  /// The size of a prepared picture.
  public var pictureSize: Size2D
  /// The pictures that were looked at.
  public var pictureCount: Int
  /// The pieces per channel, at most.
  public var patchesPerChannel: Int
  /// The pictures that could not be read and were passed over.
  public var unreadable: [UnreadablePicture] = []
  /// The name of the model's file.
  public var modelName = ""
  /// The SHA-256 of the model's file, in hexadecimal digits; empty where it is not known.
  public var modelSHA256 = ""
  /// The data that the pictures come from.
  public var dataName = ""

  /// The layer of a name; nil where it is not in the atlas.
  public func layer(_ name: String) -> Layer? { layers.first { $0.name == name } }

  /// Checks that this was made of a model.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` with both checksums.
  public func requireModel(sha256: String, name: String) throws(ConvNetError) {
    guard !modelSHA256.isEmpty, !sha256.isEmpty, modelSHA256 != sha256 else { return }
    throw ConvNetError(
      .invalidArgument, "the atlas was made of another model than \(name.escapedForDisplay)",
      reason: "the atlas is of \(modelName.escapedForDisplay), SHA-256 \(modelSHA256.prefix(16))…; "
        + "\(name.escapedForDisplay) has \(sha256.prefix(16))…",
      advice: "make it again: convnet atlas \(name.escapedForDisplay) DATA -o net.atlas")
  }
}

/// How an atlas is made.
public struct AtlasOptions: Hashable, Sendable {
  /// The pieces per channel.
  public var count = 9
  /// The most pixels along a side of a piece; larger ones are made smaller.
  public var patchSize = 64
  /// The most bytes that all pieces together may take; pieces become smaller to keep it.
  public var byteLimit = 64_000_000
  /// The pictures to look at, evenly spread over the data; all where nil.
  public var pictures: Int?
  /// The threads that read pictures.
  public var loaderThreads = 1
  /// Whether pictures that cannot be read are listed instead of being an error.
  public var skipsUnreadable = false

  /// Nine pieces of up to 64 pixels, of all pictures.
  public init() {}
}

/// How far the making of an atlas is.
public struct AtlasProgress: Hashable, Sendable {
  /// What is being done.
  public enum Phase: Hashable, Sendable {
    /// Pictures run through the network.
    case searching
    /// The pieces are cut out of the pictures that were chosen.
    case cutting
  }

  /// What is being done.
  public var phase: Phase
  /// The pictures done.
  public var done: Int
  /// All pictures of this phase.
  public var total: Int
}
