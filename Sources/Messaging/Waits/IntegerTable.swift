/// A hash table for integer keys: waits by their number, channels by their ends.
///
/// Linear probing with multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4): several times as fast as
/// a dictionary, whose hash withstands an adversary. O(1) each.
struct IntegerTable<Value> {
  private var slots: [(key: Int, value: Value)?]
  /// 64 less the binary logarithm of the number of slots.
  private var shift: UInt64
  private(set) var count = 0

  init() {
    slots = Array(repeating: nil, count: 8)
    shift = 61
  }

  var isEmpty: Bool { count == 0 }
  /// In order of their keys.
  var sorted: [(key: Int, value: Value)] { slots.compactMap(\.self).sorted { $0.key < $1.key } }

  subscript(key: Int) -> Value? { slots[place(of: key)]?.value }

  /// - Precondition: `key` is not in the table.
  mutating func insert(_ value: Value, at key: Int) {
    if 2 * count >= slots.count { grow() }
    slots[place(of: key)] = (key, value)
    count += 1
  }

  /// Puts `value` in the place of what was there, which is returned.
  mutating func update(_ value: Value, at key: Int) -> Value? {
    if 2 * count >= slots.count { grow() }
    let place = place(of: key)
    let old = slots[place]?.value
    slots[place] = (key, value)
    if old == nil { count += 1 }
    return old
  }

  @discardableResult
  mutating func remove(_ key: Int) -> Value? {
    guard count > 0 else { return nil }
    var hole = place(of: key)
    guard let removed = slots[hole]?.value else { return nil }
    count -= 1
    slots[hole] = nil
    // Whoever was displaced past the hole moves back into it.
    let mask = slots.count - 1
    var next = (hole + 1) & mask
    while let entry = slots[next] {
      if (next - home(of: entry.key)) & mask >= (next - hole) & mask {
        slots[hole] = entry
        slots[next] = nil
        hole = next
      }
      next = (next + 1) & mask
    }
    return removed
  }

  private func home(of key: Int) -> Int {
    Int(truncatingIfNeeded: (UInt64(bitPattern: Int64(key)) &* 0x9E37_79B9_7F4A_7C15) &>> shift)
  }

  /// Where `key` is, or the empty place where it belongs.
  private func place(of key: Int) -> Int {
    let mask = slots.count - 1
    var place = home(of: key)
    while let entry = slots[place], entry.key != key { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let entries = slots
    slots = Array(repeating: nil, count: 2 * slots.count)
    shift -= 1
    for case let entry? in entries { slots[place(of: entry.key)] = entry }
  }
}
