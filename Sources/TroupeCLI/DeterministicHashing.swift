import Foundation

/// Makes `Dictionary` and `Set` order the same in every process.
///
/// The runtime seeds hashing once, from the system, before first use; this fixes the seed to zero, as the
/// environment variable `SWIFT_DETERMINISTIC_HASHING` does, without needing the variable. Nothing under P1
/// relies on it: it keeps a user's own actors reproducible too.
enum DeterministicHashing {
  /// The runtime's `_swift_stdlib_Hashing_parameters`.
  private struct Parameters {
    var seed0: UInt64
    var seed1: UInt64
    var deterministic: Bool
  }

  /// Call before the first hash. Returns false where the runtime does not export its parameters.
  @discardableResult
  static func enable() -> Bool {
    guard let symbol = dlsym(nil, "_swift_stdlib_Hashing_parameters") else { return false }
    symbol.assumingMemoryBound(to: Parameters.self).pointee = Parameters(
      seed0: 0, seed1: 0, deterministic: true)
    return true
  }
}
