import CKernels

/// silu(gate) · up, elementwise, with silu(x) = x / (1 + e⁻ˣ).
///
/// Source: Shazeer, "GLU Variants Improve Transformer" (arXiv 2002.05202), eq. 6.
enum SwiGLU {
  /// All (count).
  static func forward(gate: Floats, up: Floats, into output: MutableFloats, count: Int) {
    kernels.swiglu(gate, up, output, count)
  }

  /// Writes dgate and dup from doutput.
  static func backward(
    _ doutput: Floats, gate: Floats, up: Floats, dgate: MutableFloats, dup: MutableFloats, count: Int
  ) {
    kernels.swiglu_backward(doutput, gate, up, dgate, dup, count)
  }
}
