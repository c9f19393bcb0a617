/// silu(gate) · up, elementwise, with silu(x) = x / (1 + e⁻ˣ).
///
/// Source: Shazeer, "GLU Variants Improve Transformer" (arXiv 2002.05202), eq. 6.
enum SwiGLU {
  /// All (count); `count` is a multiple of 8.
  static func forward(gate: Floats, up: Floats, into output: MutableFloats, count: Int) {
    for index in stride(from: 0, to: count, by: 8) {
      let g = VectorMath.load(gate, index)
      VectorMath.store(g / (VectorMath.exp(-g) + 1) * VectorMath.load(up, index), output, index)
    }
  }

  /// Writes dgate and dup from doutput.
  static func backward(
    _ doutput: Floats, gate: Floats, up: Floats, dgate: MutableFloats, dup: MutableFloats, count: Int
  ) {
    for index in stride(from: 0, to: count, by: 8) {
      let (g, u, d) = (
        VectorMath.load(gate, index), VectorMath.load(up, index), VectorMath.load(doutput, index)
      )
      let sigmoid = 1 / (VectorMath.exp(-g) + 1)
      VectorMath.store(d * g * sigmoid, dup, index)
      VectorMath.store(d * u * sigmoid * (g * (1 - sigmoid) + 1), dgate, index)
    }
  }
}
