/// A hash table from channels to slots, to which entries are only added.
///
/// It uses linear probing with multiplicative hashing, as ``IntegerTable`` does, but keeps key and value side by side.
/// - Complexity: O(1).
struct ChannelTable: ~Copyable {
  // This type is not private, because the debug build of Swift 6.3.1 cannot link a buffer of a private type.
  struct Entry {
    /// The channel; negative if the entry is empty.
    var channel: Int
    var slot: Int32
  }
  private var entries = Buffer<Entry>()
  /// 64 less the binary logarithm of the number of entries.
  private var shift: UInt64 = 64
  private(set) var count = 0

  /// Makes an empty table, which takes no memory.
  init() {}

  /// Puts `slot` at `channel`, and returns the slot that was there, or -1.
  /// - Precondition: `channel` is not negative.
  mutating func update(_ slot: Int32, at channel: Int) -> Int32 {
    if 2 * count >= entries.count { grow() }
    let place = place(of: channel)
    let old = entries[place]
    entries[place] = Entry(channel: channel, slot: slot)
    if old.channel >= 0 { return old.slot }
    count += 1
    return -1
  }

  func forEach(_ body: (_ channel: Int, _ slot: Int32) -> Void) {
    for index in 0..<entries.count where entries[index].channel >= 0 {
      body(entries[index].channel, entries[index].slot)
    }
  }

  /// Returns the index of `channel`, or of the empty entry where it belongs.
  private func place(of channel: Int) -> Int {
    let mask = entries.count - 1
    let hash = UInt64(bitPattern: Int64(channel)) &* 0x9E37_79B9_7F4A_7C15
    var place = Int(truncatingIfNeeded: hash &>> shift)
    while entries[place].channel != channel, entries[place].channel >= 0 { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let size = max(8, 2 * entries.count)
    var larger = ChannelTable()
    larger.entries = Buffer(repeating: Entry(channel: -1, slot: -1), count: size)
    larger.shift = UInt64(64 - size.trailingZeroBitCount)
    larger.count = count
    for index in 0..<entries.count where entries[index].channel >= 0 {
      larger.entries[larger.place(of: entries[index].channel)] = entries[index]
    }
    self = larger
  }
}
