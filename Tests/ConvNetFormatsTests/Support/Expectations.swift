import ConvNetGraph
import Testing

/// The error that a closure throws; a test fails where it throws none.
func thrownError<Success>(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Success
) -> ConvNetError? {
  do {
    _ = try body()
    Issue.record("no error was thrown", sourceLocation: sourceLocation)
    return nil
  } catch let error as ConvNetError {
    return error
  } catch {
    Issue.record("another error: \(error)", sourceLocation: sourceLocation)
    return nil
  }
}

/// Checks kind and whole text of the error that a closure throws.
func expectError<Success>(
  _ kind: ConvNetError.Kind, _ text: String,
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Success
) {
  guard let error = thrownError(sourceLocation: sourceLocation, body) else { return }
  #expect(error.kind == kind, sourceLocation: sourceLocation)
  #expect(error.description == text, sourceLocation: sourceLocation)
}
