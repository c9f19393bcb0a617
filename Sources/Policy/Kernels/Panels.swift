import CKernels

/// Products in AVX2, by panels: 16 columns of a matrix, side by side.
///
/// An element is summed in one order, whatever is multiplied beside it, and that order is the one of a single row in
/// OpenBLAS's Haswell and Zen kernels: `PanelsTests` holds the bits of the two against each other.
enum Panels {
  static let width = Int(kernels_panel_width)

  /// Whether this processor has what they need.
  static let canRun = kernels_supported()

  /// Whether the kernel in use is one that panels stand in for.
  static var areUsed: Bool { canRun && ["Haswell", "Zen"].contains(BLAS.kernelInUse) }

  /// Columns that threads share out between them.
  private static let share = 8 * width

  /// C (rows x columns) = or += A (rows x inner) Wᵀ, with W (columns x inner) as it is or as `pack` leaves it.
  static func multiply(
    _ a: Floats, _ w: Floats, isPacked: Bool, into output: BlockPlan.Output, rows: Int, inner: Int,
    adding: Bool, team: WorkTeam
  ) {
    let stride = output.columns
    team.forEachPart(of: output.columns, length: team.threads > 1 ? share : output.columns) { part, thread in
      let packed = isPacked ? part.count / width * width : 0
      let (first, target) = (w + part.lowerBound * inner, output.pointer + part.lowerBound)
      kernels_multiply(a, rows, inner, first, target, packed, stride, adding)
      if rows <= 3 {
        kernels_multiply_unpacked(
          a, rows, inner, first + packed * inner, target + packed, part.count - packed, stride, adding)
      } else {
        let panel = team.scratch(thread).reserve(width * inner)
        for column in Swift.stride(from: packed, to: part.count, by: width) {
          let count = min(width, part.count - column)
          kernels_pack(first + column * inner, inner, count, panel)
          kernels_multiply(a, rows, inner, panel, target + column, count, stride, adding)
        }
      }
    }
  }

  /// W (rows x inner) as panels, in as much room; the rows past the last whole panel stay as they are.
  static func pack(_ w: Floats, rows: Int, inner: Int, into panels: MutableFloats) {
    let whole = rows / width * width
    for row in stride(from: 0, to: whole, by: width) {
      kernels_pack(w + row * inner, inner, width, panels + row * inner)
    }
    (panels + whole * inner).update(from: w + whole * inner, count: (rows - whole) * inner)
  }
}

/// A model's matrices as panels, at their places among the weights: for passes of few rows, many times over.
// Sendable unchecked: written once, before anybody reads it.
final class PackedMatrices: @unchecked Sendable {
  private let buffer: FloatBuffer
  var values: Floats { Floats(buffer.pointer) }

  /// `nil` where products do not go by panels, and for a model that is so large that one copy of it is enough.
  init?(_ model: Transformer) {
    guard model.plan.method == .panels, !model.configuration.isLarge else { return nil }
    buffer = FloatBuffer(capacity: model.weights.values.count)
    model.weights.values.withUnsafeBufferPointer { weights in
      guard let w = weights.baseAddress else { return }
      for tensor in model.configuration.tensors where !tensor.isVector {
        Panels.pack(
          w + tensor.offset, rows: tensor.rows, inner: tensor.columns, into: buffer.pointer + tensor.offset)
      }
    }
  }
}
