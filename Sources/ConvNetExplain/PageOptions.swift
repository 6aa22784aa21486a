public import ConvNet
public import ConvNetFormats

/// What an explain page shows, and the names that it shows it under.
public struct PageOptions: Sendable {
  /// The language that the page starts in; it always holds both.
  public enum Language: String, Sendable, CaseIterable {
    /// English.
    case en
    /// Chinese.
    case zh
    /// The reader's browser decides; English without JavaScript.
    case auto
  }

  /// The language that the page starts in.
  public var language = Language.auto
  /// The most bytes that the page may have.
  public var budget = 3_000_000
  /// The classes to list.
  public var topCount = 5
  /// The class that the evidence starts with; the likeliest where nil.
  public var classIndex: Int?
  /// The channels per layer with exact kernels.
  public var channels = 8
  /// The layer that the page opens on; the first convolution where nil.
  public var layer: String?
  /// The channel that it opens on.
  public var channel: Int?
  /// The row and column that it opens on.
  public var position: (row: Int, column: Int)?
  /// The photo as it was before it was prepared, for a small picture of it; nil leaves it out.
  public var photo: Image?
  /// The photo's name.
  public var photoName = "photo"
  /// The SHA-256 of the photo's file, in hexadecimal digits.
  public var photoSHA256 = ""
  /// The model's name.
  public var modelName = "model"
  /// The SHA-256 of the model's file, in hexadecimal digits.
  public var modelSHA256 = ""
  /// The program and its version.
  public var tool = "convnet"
  /// What excites the channels most; nil leaves that view empty.
  public var atlas: Atlas?

  /// The usual page.
  public init() {}
}
