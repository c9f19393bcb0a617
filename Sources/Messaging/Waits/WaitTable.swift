/// What waits, by the number it was given: a hash table for keys that are handed out in order.
///
/// Linear probing on the key itself, which spreads keys handed out in order as well as any hash. O(1) each.
struct WaitTable<Value> {
  private var slots: [(key: Int, value: Value)?]
  private(set) var count = 0

  init() { slots = Array(repeating: nil, count: 8) }

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

  mutating func remove(_ key: Int) -> Value? {
    var hole = place(of: key)
    guard let removed = slots[hole]?.value else { return nil }
    count -= 1
    slots[hole] = nil
    // Whoever was displaced past the hole moves back into it.
    let mask = slots.count - 1
    var next = (hole + 1) & mask
    while let entry = slots[next] {
      if (next - entry.key) & mask >= (next - hole) & mask {
        slots[hole] = entry
        slots[next] = nil
        hole = next
      }
      next = (next + 1) & mask
    }
    return removed
  }

  /// Where `key` is, or the empty place where it belongs.
  private func place(of key: Int) -> Int {
    let mask = slots.count - 1
    var place = key & mask
    while let entry = slots[place], entry.key != key { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let entries = slots
    slots = Array(repeating: nil, count: 2 * slots.count)
    for case let entry? in entries { slots[place(of: entry.key)] = entry }
  }
}
