/// A type of tensor elements in a GGUF file, stored in blocks of so many elements.
///
/// Dequantizing gives the bits that the Python package `gguf` gives: the same float32 operations in the same order, each
/// rounded by itself. Source: `ggml-quants.c` of llama.cpp, and `gguf/quants.py`.
package enum BlockFormat: UInt32, Sendable, Hashable, CaseIterable {
  case f32 = 0
  case f16 = 1
  /// 32 elements: a scale and 4 bits each, q - 8.
  case q40 = 2
  /// 32 elements: a scale, a least value and 4 bits each.
  case q41 = 3
  /// 32 elements: a scale and 8 bits each.
  case q80 = 8
  /// 256 elements: 8 groups of 32, each with a scale and a least value of 6 bits, and 4 bits each.
  case q4K = 12
  /// 256 elements: 16 groups of 16, each with a scale of 8 bits, and 6 bits each.
  case q6K = 14
  case bf16 = 30

  /// The name that `gguf` gives the type, such as `Q4_K`.
  package var name: String {
    switch self {
    case .f32: "F32"
    case .f16: "F16"
    case .bf16: "BF16"
    case .q40: "Q4_0"
    case .q41: "Q4_1"
    case .q80: "Q8_0"
    case .q4K: "Q4_K"
    case .q6K: "Q6_K"
    }
  }

  /// The number of elements of a block.
  package var elements: Int {
    switch self {
    case .f32, .f16, .bf16: 1
    case .q40, .q41, .q80: 32
    case .q4K, .q6K: 256
    }
  }

  /// The number of bytes of a block.
  package var bytes: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .q40: 18
    case .q41: 20
    case .q80: 34
    case .q4K: 144
    case .q6K: 210
    }
  }

  /// Writes the elements of `count` blocks.
  /// - Precondition: `blocks` has `count * bytes` bytes, and `elements` has room for `count * self.elements` floats.
  package func dequantize(_ blocks: UnsafeRawPointer, count: Int, into elements: UnsafeMutablePointer<Float>)
  {
    for index in 0..<count {
      let block = Block(start: blocks + index * bytes)
      let target = elements + index * self.elements
      switch self {
      case .f32:
        target[0] = Float(bitPattern: UInt32(littleEndian: block.start.loadUnaligned(as: UInt32.self)))
      case .f16: target[0] = block.half(0)
      case .bf16: target[0] = Float(bitPattern: UInt32(block.bits(0)) << 16)
      case .q40: block.q40(target)
      case .q41: block.q41(target)
      case .q80: block.q80(target)
      case .q4K: block.q4K(target)
      case .q6K: block.q6K(target)
      }
    }
  }
}

/// One block of a quantized tensor.
private struct Block {
  let start: UnsafeRawPointer

  func byte(_ offset: Int) -> UInt8 { start.load(fromByteOffset: offset, as: UInt8.self) }
  func signed(_ offset: Int) -> Float { Float(start.load(fromByteOffset: offset, as: Int8.self)) }
  func bits(_ offset: Int) -> UInt16 {
    UInt16(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }
  func half(_ offset: Int) -> Float { BinaryHalf.widened(bits(offset)) }

  func q40(_ target: UnsafeMutablePointer<Float>) {
    let scale = half(0)
    for index in 0..<16 {
      let pair = byte(2 + index)
      target[index] = scale * Float(Int(pair & 15) - 8)
      target[index + 16] = scale * Float(Int(pair >> 4) - 8)
    }
  }

  func q41(_ target: UnsafeMutablePointer<Float>) {
    let (scale, least) = (half(0), half(2))
    for index in 0..<16 {
      let pair = byte(4 + index)
      target[index] = scale * Float(pair & 15) + least
      target[index + 16] = scale * Float(pair >> 4) + least
    }
  }

  func q80(_ target: UnsafeMutablePointer<Float>) {
    let scale = half(0)
    for index in 0..<32 { target[index] = signed(2 + index) * scale }
  }

  func q4K(_ target: UnsafeMutablePointer<Float>) {
    let (scale, leastScale) = (half(0), half(2))
    for group in 0..<8 {
      // The first four groups have six bits at once; of the last four, the two high bits are beside those of the first.
      let (low, high): (UInt8, UInt8)
      if group < 4 {
        (low, high) = (byte(4 + group) & 63, byte(8 + group) & 63)
      } else {
        let rest = byte(12 + group - 4)
        low = rest & 15 | byte(4 + group - 4) >> 2 & 48
        high = rest >> 4 | byte(8 + group - 4) >> 2 & 48
      }
      let (d, least) = (scale * Float(low), leastScale * Float(high))
      let (pairs, shift) = (16 + group / 2 * 32, UInt8(group % 2 * 4))
      for index in 0..<32 {
        target[group * 32 + index] = d * Float(byte(pairs + index) >> shift & 15) - least
      }
    }
  }

  func q6K(_ target: UnsafeMutablePointer<Float>) {
    let scale = half(208)
    for group in 0..<8 {
      let (part, place) = (group / 4, group % 4)
      let low = part * 64 + place % 2 * 32
      let (lowShift, highShift) = (UInt8(place / 2 * 4), UInt8(place * 2))
      for index in 0..<32 {
        let four = byte(low + index) >> lowShift & 15
        let two = byte(128 + part * 32 + index) >> highShift & 3
        let d = scale * signed(192 + group * 2 + index / 16)
        target[group * 32 + index] = d * Float(Int(four | two << 4) - 32)
      }
    }
  }
}
