/// Keys and values of running sequences: a bounded number of slots, each with room for a whole context.
///
/// Memory: slots x layers x 2 x positions x keyValueWidth floats, taken when a slot is first used.
final class KeyValueCache {
  private let configuration: ModelConfiguration
  private var slots: [FloatBuffer] = []
  private var free: [Int] = []

  init(_ configuration: ModelConfiguration) { self.configuration = configuration }

  private var layerStride: Int { configuration.maximumPositions * configuration.keyValueWidth }

  func acquire() -> Int {
    if let slot = free.popLast() { return slot }
    slots.append(FloatBuffer(capacity: 2 * configuration.layerCount * layerStride))
    return slots.count - 1
  }

  func release(_ slot: Int) { free.append(slot) }

  func keys(layer: Int, slot: Int) -> Floats { Floats(slots[slot].pointer + 2 * layer * layerStride) }

  func values(layer: Int, slot: Int) -> Floats { Floats(slots[slot].pointer + (2 * layer + 1) * layerStride) }

  func store(key: Floats, value: Floats, layer: Int, slot: Int, position: Int) {
    let width = configuration.keyValueWidth
    let base = slots[slot].pointer + 2 * layer * layerStride + position * width
    base.update(from: key, count: width)
    (base + layerStride).update(from: value, count: width)
  }
}
