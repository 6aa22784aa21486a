internal import ConvNetGraph

/// A number of a buffer inside one plan.
struct BufferID: Hashable, Sendable {
  let index: Int
}

/// Memory that a plan's steps write and read.
struct Buffer: Sendable {
  /// Where the memory lives and how long.
  enum Kind: Hashable, Sendable {
    /// A parameter in its plain layout, kept between runs.
    case parameter
    /// Made once from parameters when they are known (packed weights), kept between runs.
    case prepared
    /// Made on the way to something prepared, and alive only until that is there (folded weights that
    /// are packed next).
    case preparing
    /// Alive only between its first writer and its last reader.
    case temporary
  }

  /// What it holds, for `print(plan)`.
  let name: String
  let elementCount: Int
  var kind: Kind
  /// Alignment is 64 bytes; lengths are rounded up to that.
  var bytes: Int { (elementCount * 4 + 63) / 64 * 64 }
}
