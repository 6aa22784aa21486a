internal import ConvNetFormats
public import ConvNetGraph

extension ModelSummary {
  /// The summary as JSON, on one line or with so many spaces per level.
  public func json(indent: Int? = nil) throws(ConvNetError) -> String {
    try JSONValue(encoding: self).serialized(indent: indent)
  }
}
