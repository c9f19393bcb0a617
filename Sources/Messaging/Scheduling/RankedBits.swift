/// Bits that can be asked which is the k-th that is set.
///
/// A Fenwick tree (Fenwick, Software: Practice and Experience, 1994) over the population counts of 64-bit words:
/// all operations are O(log n), and a million bits take 200 KB.
struct RankedBits {
  private var words: [UInt64] = []
  /// `tree[i]` counts the words that the Fenwick tree's node i + 1 covers.
  private var tree: [Int32] = []
  private(set) var count = 0

  /// Room for at least this many bits, all unset; none takes no memory.
  init(capacity: Int = 0) {
    let size = (capacity + 63) / 64
    guard size > 0 else { return }
    var power = 1
    while power < size { power *= 2 }
    words = Array(repeating: 0, count: power)
    tree = Array(repeating: 0, count: power)
  }

  var capacity: Int { 64 * words.count }

  /// Makes room for at least `capacity` bits; O(capacity).
  mutating func grow(to capacity: Int) {
    var larger = RankedBits(capacity: capacity)
    for index in words.indices where words[index] != 0 {
      larger.words[index] = words[index]
      larger.change(index, by: Int32(words[index].nonzeroBitCount))
    }
    self = larger
  }

  func contains(_ bit: Int) -> Bool { words[bit >> 6] >> UInt64(bit & 63) & 1 == 1 }

  /// - Precondition: the bit is not set, and within the capacity.
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
    var node = word + 1
    while node <= tree.count {
      tree[node - 1] += difference
      node += node & -node
    }
  }

  /// The set bit that has `rank` set bits before it.
  /// - Precondition: `rank` is less than `count`.
  func select(_ rank: Int) -> Int {
    var rest = Int32(rank)
    var word = 0
    var step = tree.count
    while step > 0 {
      if word + step <= tree.count, tree[word + step - 1] <= rest {
        word += step
        rest -= tree[word - 1]
      }
      step /= 2
    }
    var bits = words[word]
    for _ in 0..<rest { bits &= bits - 1 }
    return word << 6 | bits.trailingZeroBitCount
  }

  /// How many set bits there are before `bit`.
  func rank(of bit: Int) -> Int {
    var rank = (words[bit >> 6] & (1 << UInt64(bit & 63) - 1)).nonzeroBitCount
    var node = bit >> 6
    while node > 0 {
      rank += Int(tree[node - 1])
      node -= node & -node
    }
    return rank
  }
}
