internal import ConvNetGraph

/// The error for something that needs a system library which this build was made without.
func missingLibrary(
  _ name: String, is what: String, trait: String, packages: String
) -> ConvNetError {
  ConvNetError(
    .unsupported, "\(name): is \(what), which this build cannot read",
    reason: "it was built without the trait \(trait)",
    advice: "install \(packages) and build with --traits \(trait)")
}
