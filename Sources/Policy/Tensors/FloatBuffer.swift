typealias Floats = UnsafePointer<Float>
typealias MutableFloats = UnsafeMutablePointer<Float>

/// Memory for activations, owned and reused: grows on demand, never shrinks. New memory is zero.
///
/// Vectors may be read past the end, up to ``slack`` floats, which decide nothing. A class because its address must stay
/// put while products write to it. Used by one thread at a time.
final class FloatBuffer {
  static let slack = 16
  private(set) var pointer: MutableFloats
  private(set) var capacity: Int

  init(capacity: Int = 0) {
    self.capacity = max(capacity, 16)
    pointer = Self.allocate(self.capacity)
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }

  /// Room for `count` floats; what was there before is lost if it has to grow.
  @discardableResult
  func reserve(_ count: Int) -> MutableFloats {
    if count > capacity {
      UnsafeMutableRawPointer(pointer).deallocate()
      capacity = max(count, capacity + capacity / 2)
      pointer = Self.allocate(capacity)
    }
    return pointer
  }

  /// Room for `count` floats, which are zero.
  @discardableResult
  func zeros(_ count: Int) -> MutableFloats {
    reserve(count).update(repeating: 0, count: count)
    return pointer
  }

  private static func allocate(_ count: Int) -> MutableFloats {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: (count + slack) * 4, alignment: 64)
    return memory.initializeMemory(as: Float.self, repeating: 0, count: count + slack)
  }
}
