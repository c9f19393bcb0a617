/// Uninitialised memory for activations, owned and reused: grows on demand, never shrinks.
///
/// A class because its address must stay put while BLAS writes to it. Used by one thread at a time.
final class FloatBuffer {
  private(set) var pointer: UnsafeMutablePointer<Float>
  private(set) var capacity: Int

  init(capacity: Int = 0) {
    self.capacity = max(capacity, 16)
    pointer = Self.allocate(self.capacity)
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }

  /// Room for `count` floats; what was there before is lost if it has to grow.
  @discardableResult
  func reserve(_ count: Int) -> UnsafeMutablePointer<Float> {
    if count > capacity {
      UnsafeMutableRawPointer(pointer).deallocate()
      capacity = max(count, capacity * 2)
      pointer = Self.allocate(capacity)
    }
    return pointer
  }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64).bindMemory(
      to: Float.self, capacity: count)
  }
}

typealias Floats = UnsafePointer<Float>
typealias MutableFloats = UnsafeMutablePointer<Float>
