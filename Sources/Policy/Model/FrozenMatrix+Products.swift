import CKernels

/// The products of a linear layer y = x Wᵀ whose W, (outputs x inputs), is frozen: the bits of the products with the floats that
/// W stands for.
extension FrozenMatrix {
  /// A term that is added to y: x Bᵀ, with x (rows x rank) and the panels of B (outputs x rank).
  struct LowRank {
    var x: Floats
    var panels: Floats
    var rank: Int
  }

  /// The number of outputs that one thread takes at a time, whole groups of 64.
  private static let share = 128
  /// The number of columns that are widened at a time.
  private static let chunk = 2 * Panels.width
  /// The most rows for which widening a number for each tile of rows takes less time than writing it to memory once.
  private static let few = 24

  /// Computes y (rows x outputs) = or += x (rows x inputs) Wᵀ, and then adds `lowRank` if there is one.
  func multiply(
    _ x: Floats, lowRank: LowRank?, into y: MutableFloats, rows: Int, adding: Bool, team: WorkTeam
  ) {
    let (kernels, mode) = (kernels, adding ? kernels_add : kernels_write)
    team.forEachPart(of: outputs, length: team.threads > 1 ? Self.share : outputs) { part, thread in
      let (group, target) = (group(of: part.lowerBound), y + part.lowerBound)
      if rows <= Self.few {
        kernels.multiply_frozen(
          format.kernels, x, inputs, rows, inputs, group, target, part.count, outputs, mode)
      } else {
        let panels = team.scratch(thread).reserve(Self.chunk * inputs)
        for column in stride(from: 0, to: part.count, by: Self.chunk) {
          let count = min(Self.chunk, part.count - column)
          kernels.thaw(format.kernels, group, column, count, inputs, panels)
          kernels.multiply(
            x, inputs, 1, rows, inputs, panels, inputs * Panels.width, Panels.width, target + column, count,
            outputs, mode)
        }
      }
      if let lowRank {
        kernels.multiply(
          lowRank.x, lowRank.rank, 1, rows, lowRank.rank, lowRank.panels + part.lowerBound * lowRank.rank,
          lowRank.rank * Panels.width, Panels.width, target, part.count, outputs, kernels_add)
      }
    }
  }

  /// Computes dx (rows x inputs) = or += dy (rows x outputs) W.
  func multiplyBack(_ dy: Floats, into dx: MutableFloats, rows: Int, adding: Bool, team: WorkTeam) {
    let (kernels, mode) = (kernels, adding ? kernels_add : kernels_write)
    team.forEachPart(of: inputs, length: team.threads > 1 ? Self.share : inputs) { part, thread in
      let panels = team.scratch(thread).reserve(Self.chunk * outputs)
      for column in stride(from: part.lowerBound, to: part.upperBound, by: Self.chunk) {
        let count = min(Self.chunk, part.upperBound - column)
        for first in stride(from: 0, to: count, by: Panels.width) {
          kernels.thaw_across(
            format.kernels, bytes, outputs, inputs, column + first, panels + first * outputs)
        }
        kernels.multiply(
          dy, outputs, 1, rows, outputs, panels, outputs * Panels.width, Panels.width, dx + column, count,
          inputs, mode)
      }
    }
  }
}
