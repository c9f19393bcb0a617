typealias Floats = UnsafePointer<Float>
typealias MutableFloats = UnsafeMutablePointer<Float>

/// Memory for activations, which is reused, grows on demand and never shrinks. New memory is zero.
///
/// A vector read may go past the end by up to ``slack`` floats, which change no result. This is a class because its
/// address must not change while products write to it. One thread uses it at a time.
final class FloatBuffer {
  static let slack = 16
  private(set) var pointer: MutableFloats
  private(set) var capacity: Int

  init(capacity: Int = 0) {
    self.capacity = max(capacity, 16)
    pointer = Self.allocate(self.capacity)
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }

  /// Makes room for `count` floats. The contents are lost if the buffer has to grow.
  @discardableResult
  func reserve(_ count: Int) -> MutableFloats {
    if count > capacity {
      UnsafeMutableRawPointer(pointer).deallocate()
      capacity = max(count, capacity + capacity / 8)
      pointer = Self.allocate(capacity)
    }
    return pointer
  }

  /// Makes room for `count` floats, and sets them to zero.
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
