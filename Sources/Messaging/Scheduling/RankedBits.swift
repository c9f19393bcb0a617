/// A set of bits that can return the k-th bit that is set.
///
/// It is a complete binary tree over the population counts of 64-bit words, in which each node counts the bits of its
/// left half. The number of turns does not depend on the bits, so the processor can predict the branches. A million
/// bits take 200 KB.
/// - Complexity: O(log n) for each operation.
struct RankedBits: ~Copyable {
  /// The words, as many as the tree has leaves, which is a power of two or 0.
  private var words: Buffer<UInt64>
  /// The counts: node i, from 1 on, has the children 2 i and 2 i + 1, and `lefts[i]` counts the bits below the first.
  private var lefts: Buffer<Int32>
  private(set) var count = 0

  /// Makes room for at least this many bits, all unset. No room takes no memory.
  init(capacity: Int = 0) {
    let size = (capacity + 63) / 64
    var power = min(size, 1)
    while power < size { power *= 2 }
    words = Buffer(repeating: 0, count: power)
    lefts = Buffer(repeating: 0, count: power)
  }

  var capacity: Int { 64 * words.count }

  /// Makes room for at least `capacity` bits.
  /// - Complexity: O(capacity).
  mutating func grow(to capacity: Int) {
    var larger = RankedBits(capacity: capacity)
    for index in 0..<words.count where words[index] != 0 {
      larger.words[index] = words[index]
      larger.change(index, by: Int32(words[index].nonzeroBitCount))
    }
    self = larger
  }

  func contains(_ bit: Int) -> Bool { words[bit >> 6] >> UInt64(bit & 63) & 1 == 1 }

  /// - Precondition: the bit is not set, and it is within the capacity.
  mutating func insert(_ bit: Int) {
    words[bit >> 6] |= 1 << UInt64(bit & 63)
    change(bit >> 6, by: 1)
  }

  /// - Precondition: the bit is set.
  mutating func remove(_ bit: Int) {
    words[bit >> 6] &= ~(1 << UInt64(bit & 63))
    change(bit >> 6, by: -1)
  }

  private mutating func change(_ word: Int, by difference: Int32) {
    count += Int(difference)
    var node = words.count + word
    while node > 1 {
      let isRight = Int32(truncatingIfNeeded: node & 1)
      node >>= 1
      lefts[node] &+= difference & (isRight &- 1)
    }
  }

  /// Returns the set bit that has `rank` set bits before it.
  /// - Precondition: `rank` is less than `count`.
  func select(_ rank: Int) -> Int {
    var rest = Int32(truncatingIfNeeded: rank)
    var node = 1
    while node < words.count {
      // All ones if it is in the right half. This is arithmetic, because no branch here could be predicted.
      let isRight = (lefts[node] &- 1 &- rest) >> 31
      rest &-= lefts[node] & isRight
      node = 2 * node - Int(isRight)
    }
    let word = node - words.count
    return word << 6 | Self.select(UInt64(rest), in: words[word])
  }

  /// Returns the set bit of `word` that has `rank` set bits before it (Vigna, WEA 2008, broadword selection).
  private static func select(_ rank: UInt64, in word: UInt64) -> Int {
    let (ones, tops): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
    var sums = word &- ((word >> 1) & 0x5555_5555_5555_5555)
    sums = (sums & 0x3333_3333_3333_3333) &+ ((sums >> 2) & 0x3333_3333_3333_3333)
    // Byte i counts the bits that are set in bytes 0 to i.
    sums = ((sums &+ (sums >> 4)) & 0x0F0F_0F0F_0F0F_0F0F) &* ones
    // This is the top bit of each byte that ends before the one we look for.
    let before = (((rank &* ones) | tops) &- sums) & tops
    let place = (((before >> 7) &* ones) >> 56) &* 8
    let rest = rank &- (((sums << 8) >> place) & 0xFF)
    var byte = (word >> place) & 0xFF
    for _ in 0..<rest { byte &= byte &- 1 }
    return Int(place) + byte.trailingZeroBitCount
  }

  /// Returns the number of set bits before `bit`.
  func rank(of bit: Int) -> Int {
    var rank = (words[bit >> 6] & (1 << UInt64(bit & 63) - 1)).nonzeroBitCount
    var node = words.count + bit >> 6
    while node > 1 {
      if node & 1 == 1 { rank += Int(lefts[node >> 1]) }
      node >>= 1
    }
    return rank
  }
}
