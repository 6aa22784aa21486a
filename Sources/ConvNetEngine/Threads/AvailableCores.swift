internal import CConvNetKernels

/// The cores that this process may use.
public enum AvailableCores {
  /// Their number: what the scheduler's affinity mask allows, at least 1.
  public static let count = Int(cn_allowed_cores())
}
