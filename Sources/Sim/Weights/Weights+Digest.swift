import Messaging
import Policy

extension Weights {
  /// The SHA-256 of the values' bits, as hexadecimal text.
  package var digest: String {
    var hash = SHA256()
    values.withUnsafeBytes { hash.update(RawSpan(_unsafeBytes: $0)) }
    return hash.finalized().hex
  }
}
