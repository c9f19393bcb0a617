/// A hash table for integer keys, which holds waits by their numbers.
///
/// It uses linear probing with multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4). It is several
/// times as fast as a dictionary, whose hash withstands an adversary.
/// - Complexity: O(1) for each method, except for ``sorted``.
struct IntegerTable<Value> {
  /// The key at each place, or `empty`. Keys lie apart from values, because probing reads keys only.
  private var keys: [Int] = []
  private var values: [Value?] = []
  /// 64 less the binary logarithm of the number of places.
  private var shift: UInt64 = 64
  private(set) var count = 0

  private static var empty: Int { Int.min }

  /// Makes an empty table, which takes no memory.
  init() {}

  var isEmpty: Bool { count == 0 }
  /// The entries, in the order of their keys.
  /// - Complexity: O(n log n).
  var sorted: [(key: Int, value: Value)] {
    zip(keys, values).compactMap { key, value in value.map { (key, $0) } }.sorted { $0.key < $1.key }
  }

  subscript(key: Int) -> Value? { count > 0 ? values[place(of: key)] : nil }

  /// Calls `body` with the value at `key`, where it is stored, if there is one.
  mutating func change<Result>(_ key: Int, _ body: (inout Value) -> Result) -> Result? {
    guard count > 0 else { return nil }
    let place = place(of: key)
    // Every key in the table has a value.
    return keys[place] == key ? body(&values[place]!) : nil
  }

  /// Puts `value` at `key`.
  /// - Precondition: `key` is not in the table.
  mutating func insert(_ value: Value, at key: Int) {
    if 2 * count >= keys.count { grow() }
    let place = place(of: key)
    assert(keys[place] == Self.empty)
    keys[place] = key
    values[place] = value
    count += 1
  }

  @discardableResult
  mutating func remove(_ key: Int) -> Value? {
    guard count > 0 else { return nil }
    var hole = place(of: key)
    guard keys[hole] == key else { return nil }
    let removed = values[hole]
    count -= 1
    // An entry that was displaced past the hole moves back into it.
    let mask = keys.count - 1
    var next = (hole + 1) & mask
    while keys[next] != Self.empty {
      if (next - home(of: keys[next])) & mask >= (next - hole) & mask {
        keys[hole] = keys[next]
        values[hole] = values[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    keys[hole] = Self.empty
    values[hole] = nil
    return removed
  }

  private func home(of key: Int) -> Int {
    Int(truncatingIfNeeded: (UInt64(bitPattern: Int64(key)) &* 0x9E37_79B9_7F4A_7C15) &>> shift)
  }

  /// Returns the place of `key`, or the empty place where it belongs.
  private func place(of key: Int) -> Int {
    let mask = keys.count - 1
    var place = home(of: key)
    while keys[place] != key, keys[place] != Self.empty { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let (oldKeys, oldValues) = (keys, values)
    let size = max(8, 2 * oldKeys.count)
    keys = Array(repeating: Self.empty, count: size)
    values = Array(repeating: nil, count: size)
    shift = UInt64(64 - size.trailingZeroBitCount)
    for index in oldKeys.indices where oldKeys[index] != Self.empty {
      let place = place(of: oldKeys[index])
      keys[place] = oldKeys[index]
      values[place] = oldValues[index]
    }
  }
}
