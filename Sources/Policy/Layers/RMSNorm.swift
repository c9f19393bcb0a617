import CKernels

/// y = x / sqrt(mean(x²) + ε) · w, over rows of `width`.
///
/// Source: Zhang and Sennrich, "Root Mean Square Layer Normalization" (NeurIPS 2019), eq. 4.
enum RMSNorm {
  /// x, y: (rows, width); weight: (width); inverse: (rows), kept for the backward pass.
  static func forward(
    _ x: Floats, weight: Floats, into y: MutableFloats, inverse: MutableFloats, rows: Int, width: Int,
    epsilon: Float
  ) {
    kernels.norm(x, weight, y, inverse, rows, width, epsilon)
  }

  /// dx += ∂/∂x and, unless it is `nil`, dweight += ∂/∂w, from dy: (rows, width).
  static func backward(
    _ dy: Floats, x: Floats, weight: Floats, inverse: Floats, into dx: MutableFloats, dweight: MutableFloats?,
    rows: Int, width: Int
  ) {
    kernels.norm_backward(dy, x, weight, inverse, dx, dweight, rows, width)
  }
}
