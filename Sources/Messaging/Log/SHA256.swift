/// The hash SHA-256 of bytes that come in pieces, for the hash chain of a log and the digests of weights.
///
/// ```swift
/// var hash = SHA256()
/// hash.update([1, 2, 3])
/// print(hash.finalized().hex)
/// ```
/// It is plain Swift after FIPS 180-4, section 6.2, because neither the standard library nor Foundation on Linux has
/// one. It guards against accidents, not against an attacker who can rewrite the whole file.
package struct SHA256: Sendable {
  private var state = SHA256.initialState
  /// The start of a chunk that is not full yet.
  private var pending: [UInt8] = []
  private var byteCount: UInt64 = 0

  package init() {}

  package static func digest(of bytes: [UInt8]) -> Digest {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalized()
  }

  package mutating func update(_ bytes: [UInt8]) { update(bytes.span.bytes) }

  package mutating func update(_ bytes: RawSpan) {
    byteCount += UInt64(bytes.byteCount)
    var start = 0
    if !pending.isEmpty {
      start = min(Self.chunkSize - pending.count, bytes.byteCount)
      keep(bytes, 0..<start)
      guard pending.count == Self.chunkSize else { return }
      state = Self.compressed(state, pending.span.bytes, 0..<Self.chunkSize)
      pending.removeAll(keepingCapacity: true)
    }
    let end = bytes.byteCount - (bytes.byteCount - start) % Self.chunkSize
    state = Self.compressed(state, bytes, start..<end)
    keep(bytes, end..<bytes.byteCount)
  }

  /// Returns the digest of all bytes so far. More bytes may follow.
  package func finalized() -> Digest {
    var padded = self
    let zeros = (2 * Self.chunkSize - 9 - pending.count) % Self.chunkSize
    let bitCount = byteCount << 3
    let length = (0..<8).map { UInt8(truncatingIfNeeded: bitCount >> (56 - 8 * UInt64($0))) }
    padded.update([0x80] + Array(repeating: 0, count: zeros) + length)
    return Digest(words: padded.state)
  }

  private mutating func keep(_ bytes: RawSpan, _ range: Range<Int>) {
    for offset in range { pending.append(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)) }
  }
}

extension SHA256 {
  /// A hash of 32 bytes.
  package struct Digest: Hashable, Sendable {
    fileprivate var words: SIMD8<UInt32>

    package static let byteCount = 32

    package var bytes: [UInt8] {
      (0..<Self.byteCount).map { UInt8(truncatingIfNeeded: words[$0 / 4] >> UInt32(24 - 8 * ($0 % 4))) }
    }

    /// The digest as 64 lower-case hexadecimal digits.
    package var hex: String {
      bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    }
  }
}

extension SHA256 {
  private static let chunkSize = 64

  /// Returns the state after whole chunks.
  private static func compressed(
    _ state: SIMD8<UInt32>, _ bytes: RawSpan, _ range: Range<Int>
  ) -> SIMD8<UInt32> {
    var state = state
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
      roundConstants.withUnsafeBufferPointer { constants in
        for chunk in stride(from: range.lowerBound, to: range.upperBound, by: chunkSize) {
          for t in 0..<16 {
            schedule[t] = UInt32(
              bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: chunk + 4 * t, as: UInt32.self))
          }
          for t in 16..<64 {
            schedule[t] =
              schedule[t - 16] &+ spread0(schedule[t - 15]) &+ schedule[t - 7] &+ spread1(schedule[t - 2])
          }
          var rounds = Rounds(state)
          for t in stride(from: 0, to: 64, by: 8) {
            rounds.next8 { schedule[t + $0] &+ constants[t + $0] }
          }
          state &+= rounds.words
        }
      }
    }
    return state
  }

  /// The first 32 bits of the fractional parts of the square roots of the first 8 primes.
  private static let initialState = SIMD8<UInt32>(
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19)

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let roundConstants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}

/// The eight working variables a...h of the standard.
private struct Rounds {
  private var a, b, c, d, e, f, g, h: UInt32

  init(_ words: SIMD8<UInt32>) {
    (a, b, c, d) = (words[0], words[1], words[2], words[3])
    (e, f, g, h) = (words[4], words[5], words[6], words[7])
  }

  var words: SIMD8<UInt32> { SIMD8(a, b, c, d, e, f, g, h) }

  /// Runs eight rounds, after which the variables are back in their places without being moved. `word` returns the
  /// schedule word of a round plus its constant.
  @inline(__always)
  mutating func next8(_ word: (Int) -> UInt32) {
    Self.round(a, b, c, &d, e, f, g, &h, word(0))
    Self.round(h, a, b, &c, d, e, f, &g, word(1))
    Self.round(g, h, a, &b, c, d, e, &f, word(2))
    Self.round(f, g, h, &a, b, c, d, &e, word(3))
    Self.round(e, f, g, &h, a, b, c, &d, word(4))
    Self.round(d, e, f, &g, h, a, b, &c, word(5))
    Self.round(c, d, e, &f, g, h, a, &b, word(6))
    Self.round(b, c, d, &e, f, g, h, &a, word(7))
  }

  @inline(__always)
  private static func round(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32,
    _ e: UInt32, _ f: UInt32, _ g: UInt32, _ h: inout UInt32, _ word: UInt32
  ) {
    let sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
    let choice = (e & f) ^ (~e & g)
    let first = h &+ sum1 &+ choice &+ word
    let sum0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
    let majority = (a & b) ^ (a & c) ^ (b & c)
    d &+= first
    h = first &+ sum0 &+ majority
  }
}

@inline(__always)
private func rotated(_ word: UInt32, _ bits: UInt32) -> UInt32 { word &>> bits | word &<< (32 - bits) }

/// The functions σ₀ and σ₁ of the standard.
@inline(__always)
private func spread0(_ word: UInt32) -> UInt32 { rotated(word, 7) ^ rotated(word, 18) ^ word &>> 3 }

@inline(__always)
private func spread1(_ word: UInt32) -> UInt32 { rotated(word, 17) ^ rotated(word, 19) ^ word &>> 10 }
