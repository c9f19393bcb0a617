/// y = x / sqrt(mean(x²) + ε) · w, over rows of `width`.
///
/// Source: Zhang and Sennrich, "Root Mean Square Layer Normalization" (NeurIPS 2019), eq. 4.
enum RMSNorm {
  /// x, y: (rows, width); weight: (width); inverse: (rows), kept for the backward pass.
  static func forward(
    _ x: Floats, weight: Floats, into y: MutableFloats, inverse: MutableFloats, rows: Int, width: Int,
    epsilon: Float
  ) {
    for row in 0..<rows {
      let (x, y) = (x + row * width, y + row * width)
      let scale = 1 / (VectorMath.dot(x, x, width) / Float(width) + epsilon).squareRoot()
      inverse[row] = scale
      for index in stride(from: 0, to: width, by: 8) {
        VectorMath.store(VectorMath.load(x, index) * scale * VectorMath.load(weight, index), y, index)
      }
    }
  }

  /// dx += ∂/∂x, dweight += ∂/∂w, from dy: (rows, width).
  static func backward(
    _ dy: Floats, x: Floats, weight: Floats, inverse: Floats, into dx: MutableFloats, dweight: MutableFloats,
    rows: Int, width: Int
  ) {
    for row in 0..<rows {
      let (dy, x, dx) = (dy + row * width, x + row * width, dx + row * width)
      let scale = inverse[row]
      var inner = SIMD8<Float>.zero
      for index in stride(from: 0, to: width, by: 8) {
        let product = VectorMath.load(dy, index) * VectorMath.load(x, index)
        inner += product * VectorMath.load(weight, index)
        VectorMath.store(VectorMath.load(dweight, index) + product * scale, dweight, index)
      }
      let common = VectorMath.sum(inner) * scale * scale * scale / Float(width)
      for index in stride(from: 0, to: width, by: 8) {
        let direct = VectorMath.load(dy, index) * VectorMath.load(weight, index) * scale
        VectorMath.store(VectorMath.load(dx, index) + direct - VectorMath.load(x, index) * common, dx, index)
      }
    }
  }
}
