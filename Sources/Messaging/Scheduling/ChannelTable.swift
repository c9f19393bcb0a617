/// The slot that belongs to each channel: a hash table that is only added to.
///
/// Linear probing with multiplicative hashing, as in ``IntegerTable``, but key and value side by side. O(1).
struct ChannelTable: ~Copyable {
  // Not private: the debug build of Swift 6.3.1 cannot link a buffer of a private type.
  struct Entry {
    /// Negative where nothing is.
    var channel: Int
    var slot: Int32
  }
  private var entries = Buffer<Entry>()
  /// 64 less the binary logarithm of the number of entries.
  private var shift: UInt64 = 64
  private(set) var count = 0

  /// Takes no memory until something is in it.
  init() {}

  /// Puts `slot` in the place of what was there, which is returned; -1 if nothing was.
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

  /// Where `channel` is, or the empty place where it belongs.
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
