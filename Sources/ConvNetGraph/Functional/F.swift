/// `torch.nn.functional` in Swift: operations without parameters of their own.
///
/// Each function stands in the file of its topic, `F+Topic.swift`.
public enum F {}
