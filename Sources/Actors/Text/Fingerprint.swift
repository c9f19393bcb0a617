/// A 64-bit hash that is the same on every machine and in every version: FNV-1a, then a finalizer.
///
/// `Hasher` has another seed in each process and may change between toolchains, so it must not decide a split. The
/// finalizer is that of SplitMix64 (Steele, Lea and Flood, 2014). Without it, FNV's low bits are too regular for a
/// remainder. The hash is not for cryptography.
struct Fingerprint {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ byte: UInt8) {
    state = (state ^ UInt64(byte)) &* 0x100_0000_01b3
  }

  /// Adds a text and its end, so that "ab", "c" and "a", "bc" differ.
  mutating func add(_ text: String) {
    for byte in text.utf8 { add(byte) }
    add(0xff)
  }

  var value: UInt64 {
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Returns the fingerprint of some texts.
package func fingerprint(of texts: [String]) -> UInt64 {
  var fingerprint = Fingerprint()
  for text in texts { fingerprint.add(text) }
  return fingerprint.value
}
