// One `import ConvNet` brings everything that a user names: layers and tensors, engine options,
// pictures and data sets.
@_exported public import ConvNetEngine
@_exported public import ConvNetFormats
@_exported public import ConvNetGraph
