import Foundation

/// Makes `Dictionary` and `Set` order the same in every process.
///
/// The runtime takes a seed for hashing from the system, once, before the first use. This type sets the seed to zero,
/// as the environment variable `SWIFT_DETERMINISTIC_HASHING` does. P1 does not depend on it: it makes a user's own
/// actors reproducible, too.
enum DeterministicHashing {
  /// The runtime's `_swift_stdlib_Hashing_parameters`.
  private struct Parameters {
    var seed0: UInt64
    var seed1: UInt64
    var deterministic: Bool
  }

  /// Fixes the seed. Call it before the first hash. It returns false if the runtime does not export its parameters.
  @discardableResult
  static func enable() -> Bool {
    guard let symbol = dlsym(nil, "_swift_stdlib_Hashing_parameters") else { return false }
    symbol.assumingMemoryBound(to: Parameters.self).pointee = Parameters(
      seed0: 0, seed1: 0, deterministic: true)
    return true
  }
}
