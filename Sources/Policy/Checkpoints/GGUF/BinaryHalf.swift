/// Numbers of IEEE 754's binary16.
enum BinaryHalf {
  /// Returns the number with these bits as binary32, exactly.
  static func widened(_ half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let exponent = UInt32(half >> 10 & 0x1f)
    let fraction = UInt32(half & 0x3ff)
    if exponent == 0 { return Float(sign == 0 ? 1 : -1) * Float(fraction) * 0x1p-24 }
    let widened = exponent == 31 ? 0xff : exponent + 112
    return Float(bitPattern: sign | widened << 23 | fraction << 13)
  }
}
