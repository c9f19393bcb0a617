/// A named stream of random numbers. Number i is H(seed, name, i).
///
/// Every consumer has a stream of its own, so a draw that is added in one place changes nothing elsewhere. A fork keeps
/// the counters and changes only the seed. The hash is FNV-1a over the name, mixed by the SplitMix64 finalizer (Steele,
/// Lea, Flood, OOPSLA 2014). The stream is not for cryptography.
public struct SeededStream: RandomNumberGenerator, Sendable, Hashable {
  private let key: UInt64
  /// The hash of the name.
  private let hash: UInt64
  /// The number of draws so far.
  package private(set) var counter: UInt64

  public init(seed: UInt64, name: String, counter: UInt64 = 0) {
    self.init(seed: seed, hash: Self.hash(name), counter: counter)
  }

  /// Makes the stream `name` of the actor at `path`.
  init(seed: UInt64, path: String, name: String) {
    self.init(seed: seed, hash: Self.hash(name, Self.hash("/", Self.hash(path))), counter: 0)
  }

  private init(seed: UInt64, hash: UInt64, counter: UInt64) {
    self.hash = hash
    key = Self.mix(Self.mix(seed) ^ hash)
    self.counter = counter
  }

  /// Returns the hash of a text whose beginning has the hash `start`.
  private static func hash(_ text: String, _ start: UInt64 = 0xcbf2_9ce4_8422_2325) -> UInt64 {
    text.utf8.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  public mutating func next() -> UInt64 {
    defer { counter += 1 }
    return Self.mix(key ^ Self.mix(counter))
  }

  /// Returns the stream of the same name under another seed, at the same position.
  func reseeded(_ seed: UInt64) -> SeededStream { SeededStream(seed: seed, hash: hash, counter: counter) }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
