import CKernels

/// The products of a linear layer y = x Wᵀ whose W, (outputs x inputs), is frozen.
extension FrozenMatrix {
  /// A term that is added to y: x Bᵀ, with x (rows x rank) and the panels of B (outputs x rank).
  struct LowRank {
    var x: Floats
    var panels: Floats
    var rank: Int
  }

  /// The number of columns of a product that one thread takes at a time, whole groups of 64.
  private static let share = 128
  /// The number of rows of a product in bfloat16 that one thread takes at a time. Of 1536 columns they take 384 KiB, so that
  /// they stay in a processor's own cache.
  private static let rowShare = 128

  /// Computes y (rows x outputs) = or += x (rows x inputs) Wᵀ, and then adds `lowRank` if there is one.
  func multiply(
    _ x: Floats, lowRank: LowRank?, into y: MutableFloats, rows: Int, adding: Bool, team: WorkTeam,
    by kernels: CKernels.kernels = kernels
  ) {
    let mode = adding ? kernels_add : kernels_write
    let rounded = format == .bf16 ? Self.rounded(x, rows: rows, width: inputs, kernels, team) : nil
    let height = rounded == nil ? rows : Self.rowShare
    team.forEachPart(of: rows, length: height, and: outputs, length: Self.share) { rows, part, thread in
      let (group, target) = (
        group(of: part.lowerBound), y + rows.lowerBound * outputs + part.lowerBound
      )
      if let rounded {
        kernels.multiply_bf16(
          rounded, rows.lowerBound, rows.count, inputs, group, target, part.count, outputs, mode)
      } else {
        multiplyQ8(
          x, group, into: target, rows: rows.count, part.count, mode, team.scratch(thread), kernels)
      }
      if let lowRank {
        kernels.multiply(
          lowRank.x + rows.lowerBound * lowRank.rank, lowRank.rank, 1, rows.count, lowRank.rank,
          lowRank.panels + part.lowerBound * lowRank.rank, lowRank.rank * Panels.width, Panels.width, target,
          part.count, outputs, kernels_add)
      }
    }
  }

  /// Computes dx (rows x inputs) = or += dy (rows x outputs) W.
  func multiplyBack(
    _ dy: Floats, into dx: MutableFloats, rows: Int, adding: Bool, team: WorkTeam,
    by kernels: CKernels.kernels = kernels
  ) {
    let mode = adding ? kernels_add : kernels_write
    let rounded = format == .bf16 ? Self.rounded(dy, rows: rows, width: outputs, kernels, team) : nil
    team.forEachPart(of: inputs, length: Self.share) { part, thread in
      guard let rounded else {
        multiplyBackQ8(dy, into: dx, rows: rows, part, mode, team.scratch(thread), kernels)
        return
      }
      let width = Int(kernels_group_width)
      let size = format.bytes(outputs: width, inputs: outputs) / 4
      let columns = stride(from: part.lowerBound, to: part.upperBound, by: width)
      let groups = team.scratch(thread).reserve(Self.share / width * size)
      for column in columns {
        kernels.turn_bf16(
          bytes, outputs, inputs, column, groups + (column - part.lowerBound) / width * size)
      }
      for row in stride(from: 0, to: rows, by: Self.rowShare) {
        kernels.multiply_bf16(
          rounded, row, min(Self.rowShare, rows - row), outputs, groups,
          dx + row * inputs + part.lowerBound, part.count, inputs, mode)
      }
    }
  }

  // MARK: bfloat16

  /// Returns the rows of x, (rows x width), rounded for products in bfloat16 by the same `kernels`. They last until the team's
  /// next product.
  private static func rounded(
    _ x: Floats, rows: Int, width: Int, _ kernels: kernels, _ team: WorkTeam
  ) -> UnsafeRawPointer {
    let block = Int(kernels_block_depth)
    let target = team.shared.reserve((rows + 15) / 16 * 16 * ((width + block - 1) / block * block))
    team.forEachPart(of: rows, length: 64) { part, _ in
      kernels.round_bf16(x + part.lowerBound * width, width, part.lowerBound, part.count, width, target)
    }
    return UnsafeRawPointer(target)
  }

  // MARK: Q8_0

  /// The number of columns that are widened at a time.
  private static let chunk = 2 * Panels.width
  /// The most rows for which widening a number for each tile of rows takes less time than writing it to memory once.
  private static let few = 24

  /// Multiplies with the first `count` outputs of `group`.
  private func multiplyQ8(
    _ x: Floats, _ group: UnsafeRawPointer, into y: MutableFloats, rows: Int, _ count: Int,
    _ mode: kernels_mode, _ scratch: FloatBuffer, _ kernels: kernels
  ) {
    if rows <= Self.few {
      kernels.multiply_q8(x, inputs, rows, inputs, group, y, count, outputs, mode)
      return
    }
    let panels = scratch.reserve(Self.chunk * inputs)
    for column in stride(from: 0, to: count, by: Self.chunk) {
      let width = min(Self.chunk, count - column)
      kernels.thaw_q8(group, column, width, inputs, panels)
      kernels.multiply(
        x, inputs, 1, rows, inputs, panels, inputs * Panels.width, Panels.width, y + column, width, outputs,
        mode)
    }
  }

  private func multiplyBackQ8(
    _ dy: Floats, into dx: MutableFloats, rows: Int, _ part: Range<Int>, _ mode: kernels_mode,
    _ scratch: FloatBuffer, _ kernels: kernels
  ) {
    let panels = scratch.reserve(Self.chunk * outputs)
    for column in stride(from: part.lowerBound, to: part.upperBound, by: Self.chunk) {
      let count = min(Self.chunk, part.upperBound - column)
      for first in stride(from: 0, to: count, by: Panels.width) {
        kernels.turn_q8(bytes, outputs, inputs, column + first, panels + first * outputs)
      }
      kernels.multiply(
        dy, outputs, 1, rows, outputs, panels, outputs * Panels.width, Panels.width, dx + column, count,
        inputs, mode)
    }
  }
}
