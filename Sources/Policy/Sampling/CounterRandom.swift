/// Draws that are a function of (seed, index): no state to keep, none to lose.
///
/// Two rounds of the SplitMix64 finalizer (Steele, Lea, Flood, OOPSLA 2014, DOI 10.1145/2660193.2660195).
enum CounterRandom {
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  static func bits(seed: UInt64, index: UInt64) -> UInt64 {
    mix(mix(seed) ^ mix(index &* 0xD1B5_4A32_D192_ED03))
  }

  /// In 0..<1, a multiple of 2^-53.
  static func uniform(seed: UInt64, index: UInt64) -> Double {
    Double(bits(seed: seed, index: index) >> 11) * 0x1p-53
  }
}
