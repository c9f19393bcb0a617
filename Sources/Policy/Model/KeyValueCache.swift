/// Keys and values of running sequences, in slots that are reused.
///
/// A slot has room for what its sequence can reach at most: 2 x layers x positions x keyValueWidth floats.
final class KeyValueCache {
  private struct Slot {
    var buffer: FloatBuffer
    var positions: Int
  }

  private let configuration: ModelConfiguration
  private var slots: [Slot] = []
  private var free: [Int] = []

  init(_ configuration: ModelConfiguration) { self.configuration = configuration }

  /// Positions of all slots, used or not.
  var capacity: Int { slots.reduce(0) { $0 + $1.positions } }

  /// A slot for `positions` positions.
  func acquire(positions: Int) -> Int {
    // Attention reads up to three keys past the last.
    let needed = (positions + 3 + 31) / 32 * 32
    let fitting = free.indices.filter { slots[free[$0]].positions >= needed }
    let index = fitting.min { slots[free[$0]].positions < slots[free[$1]].positions } ?? free.indices.last
    guard let index else {
      slots.append(Slot(buffer: FloatBuffer(capacity: floats(needed)), positions: needed))
      return slots.count - 1
    }
    let slot = free.remove(at: index)
    if slots[slot].positions < needed {
      slots[slot] = Slot(buffer: FloatBuffer(capacity: floats(needed)), positions: needed)
    }
    return slot
  }

  func release(_ slot: Int) { free.append(slot) }

  /// Writes `count` rows of keys and values, (count, keyValueWidth), and returns the slot's from position 0 on.
  func store(
    keys: Floats, values: Floats, count: Int, at position: Int, layer: Int, slot: Int
  ) -> (keys: MutableFloats, values: MutableFloats) {
    let target = pointers(slot, layer)
    let offset = position * configuration.keyValueWidth
    (target.keys + offset).update(from: keys, count: count * configuration.keyValueWidth)
    (target.values + offset).update(from: values, count: count * configuration.keyValueWidth)
    return target
  }

  /// Gives `slot` the first `count` positions of another.
  func copy(_ count: Int, from source: Int, to slot: Int) {
    for layer in 0..<configuration.layerCount {
      let (old, new) = (pointers(source, layer), pointers(slot, layer))
      new.keys.update(from: old.keys, count: count * configuration.keyValueWidth)
      new.values.update(from: old.values, count: count * configuration.keyValueWidth)
    }
  }

  private func floats(_ positions: Int) -> Int {
    2 * configuration.layerCount * positions * configuration.keyValueWidth
  }

  private func pointers(_ slot: Int, _ layer: Int) -> (keys: MutableFloats, values: MutableFloats) {
    let stride = slots[slot].positions * configuration.keyValueWidth
    let keys = slots[slot].buffer.pointer + 2 * layer * stride
    return (keys, keys + stride)
  }
}
