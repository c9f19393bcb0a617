/// Random numbers that depend only on (seed, index), so there is no state to keep.
///
/// A draw is two rounds of the SplitMix64 finalizer (Steele, Lea, Flood, OOPSLA 2014, DOI 10.1145/2660193.2660195).
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

  /// Returns a number in 0..<1, which is a multiple of 2^-53.
  static func uniform(seed: UInt64, index: UInt64) -> Double {
    Double(bits(seed: seed, index: index) >> 11) * 0x1p-53
  }

  /// Returns a normal number with mean 0 and deviation 1, from the uniform draws 2 index and 2 index + 1.
  ///
  /// Source: G. E. P. Box and M. E. Muller, "A Note on the Generation of Random Normal Deviates" (Annals of
  /// Mathematical Statistics 29, 1958, DOI 10.1214/aoms/1177706645).
  static func normal(seed: UInt64, index: UInt64) -> Double {
    let radius = uniform(seed: seed, index: 2 * index)
    let turn = uniform(seed: seed, index: 2 * index + 1)
    return (-2 * Elementary.log(1 - radius)).squareRoot() * Elementary.cosAndSin(2 * .pi * turn).cos
  }

  /// Returns the seed of a stream for `name`. Draws for one name do not change the draws for another.
  ///
  /// The seed depends on the 64-bit FNV-1a hash of the name's UTF-8 (Fowler, Noll and Vo).
  static func seed(ofStream name: String, seed: UInt64) -> UInt64 {
    bits(seed: seed, index: name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
  }
}
