import COpenBLAS

/// How matrices are multiplied.
public enum Products: Sendable, Hashable {
  /// By Troupe's own products, whose bits are the same on every processor.
  case own
  /// By one call of OpenBLAS for each product: its bits depend on the processor, on OpenBLAS's version and on what is
  /// multiplied together, so that generations depend on their batch.
  case openBLAS

  /// What a log or a checkpoint says of products that are not Troupe's own, such as "OpenBLAS 0.3.21, Haswell"; `nil`
  /// for Troupe's own.
  public var description: String? {
    guard self == .openBLAS else { return nil }
    // Its configuration begins with its name and its version.
    let words = String(cString: openblas_get_config()).split(separator: " ")
    return "\(words.prefix(2).joined(separator: " ")), \(BLAS.kernel)"
  }
}
