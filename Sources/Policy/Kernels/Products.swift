import CKernels
import Foundation

/// The way in which matrices are multiplied.
public enum Products: Sendable, Hashable {
  /// Troupe's own products, whose bits are the same on every processor.
  case own
  /// One call of OpenBLAS for each product. The bits depend on the processor, on OpenBLAS's version and on what is
  /// multiplied together, so a generation depends on its batch.
  case openBLAS

  /// The text in a log or a checkpoint about products that are not Troupe's own, such as "OpenBLAS 0.3.21, Haswell";
  /// `nil` for Troupe's own.
  package var description: String? { self == .own ? nil : BLAS.description }
}

/// The three products of a linear layer y = x Wᵀ, with W (outputs x inputs).
extension Products {
  /// The number of columns that one thread takes at a time.
  private static let share = 128
  /// The number of columns that are packed at a time.
  private static let chunk = 2 * Int(kernels_panel_width)

  /// Computes y (rows x outputs) = or += x (rows x inputs) Wᵀ. `panels` are W's, if it is packed (``PackedMatrices``).
  func multiply(
    _ x: Floats, _ w: Floats, panels: Floats?, into y: MutableFloats, rows: Int, inputs: Int, outputs: Int,
    adding: Bool, team: WorkTeam
  ) {
    let (kernels, mode) = (kernels, adding ? kernels_add : kernels_write)
    team.forEachPart(of: outputs, length: team.threads > 1 ? Self.share : outputs) { part, thread in
      let (w, target) = (w + part.lowerBound * inputs, y + part.lowerBound)
      if self == .openBLAS {
        BLAS.multiply(
          (x, inputs, false), (w, inputs, true), into: target, stride: outputs, rows: rows, inner: inputs,
          columns: part.count, adding: adding)
      } else if let panels {
        kernels.multiply(
          x, inputs, 1, rows, inputs, panels + part.lowerBound * inputs, inputs * Panels.width, Panels.width,
          target, part.count, outputs, mode)
      } else {
        let panels = team.scratch(thread).reserve(Self.chunk * inputs)
        for column in stride(from: 0, to: part.count, by: Self.chunk) {
          let count = min(Self.chunk, part.count - column)
          kernels.pack(w + column * inputs, count, inputs, inputs, panels)
          kernels.multiply(
            x, inputs, 1, rows, inputs, panels, inputs * Panels.width, Panels.width, target + column, count,
            outputs, mode)
        }
      }
    }
  }

  /// Computes dx (rows x inputs) = or += dy (rows x outputs) W.
  func multiplyBack(
    _ dy: Floats, _ w: Floats, into dx: MutableFloats, rows: Int, inputs: Int, outputs: Int, adding: Bool,
    team: WorkTeam
  ) {
    let (kernels, mode) = (kernels, adding ? kernels_add : kernels_write)
    team.forEachPart(of: inputs, length: team.threads > 1 ? Self.share : inputs) { part, thread in
      if self == .openBLAS {
        BLAS.multiply(
          (dy, outputs, false), (w + part.lowerBound, inputs, false), into: dx + part.lowerBound,
          stride: inputs, rows: rows, inner: outputs, columns: part.count, adding: adding)
        return
      }
      let panels = team.scratch(thread).reserve(Self.chunk * outputs)
      for column in stride(from: part.lowerBound, to: part.upperBound, by: Self.chunk) {
        let count = min(Self.chunk, part.upperBound - column)
        Panels.copy(w + column, rows: outputs, columns: count, stride: inputs, into: panels)
        kernels.multiply(
          dy, outputs, 1, rows, outputs, panels, outputs * Panels.width, Panels.width, dx + column, count,
          inputs, mode)
      }
    }
  }

  /// Adds dyᵀ x to dW. Each element is a chain over the rows.
  func accumulate(
    _ dy: Floats, _ x: Floats, into dw: MutableFloats, rows: Int, inputs: Int, outputs: Int, team: WorkTeam
  ) {
    let kernels = kernels
    if self == .own, team.threads > 1, outputs <= Panels.width, inputs > Self.share {
      // The factors of an adapter have few outputs, so threads share the columns.
      team.forEachPart(of: inputs, length: Self.share) { part, thread in
        let panels = team.scratch(thread).reserve(VectorMath.padded(part.count) * rows)
        Panels.copy(x + part.lowerBound, rows: rows, columns: part.count, stride: inputs, into: panels)
        kernels.multiply(
          dy, 1, outputs, outputs, rows, panels, rows * Panels.width, Panels.width, dw + part.lowerBound,
          part.count, inputs, kernels_add)
      }
      return
    }
    team.forEachPart(of: outputs, length: team.threads > 1 ? Self.share : outputs) { part, thread in
      let target = dw + part.lowerBound * inputs
      if self == .openBLAS {
        BLAS.multiply(
          (dy + part.lowerBound, outputs, true), (x, inputs, false), into: target, stride: inputs,
          rows: part.count, inner: rows, columns: inputs, adding: true)
      } else if inputs <= Self.widest && outputs <= Self.widest {
        kernels.multiply(
          dy + part.lowerBound, 1, outputs, part.count, rows, x, Panels.width, inputs, target, inputs, inputs,
          kernels_add)
      } else {
        // Rows that lie far apart share few places of the cache, so both sides are first copied together.
        let size = VectorMath.padded(inputs) * rows
        let panels = team.scratch(thread).reserve(size + Panels.width * rows)
        Panels.copy(x, rows: rows, columns: inputs, stride: inputs, into: panels)
        for output in stride(from: part.lowerBound, to: part.upperBound, by: Panels.width) {
          let count = min(Panels.width, part.upperBound - output)
          Panels.copy(dy + output, rows: rows, columns: count, stride: outputs, into: panels + size)
          kernels.multiply(
            panels + size, 1, Panels.width, count, rows, panels, rows * Panels.width, Panels.width,
            dw + output * inputs, inputs, inputs, kernels_add)
        }
      }
    }
  }

  /// The most terms that a part of a product's chain has.
  static let mostTerms = 320

  /// The number of terms of the next part of a chain, if `left` are left; as `part` in CKernels has it.
  static func part(of left: Int) -> Int {
    if left >= 2 * mostTerms { return mostTerms }
    return left > mostTerms ? (left / 2 + 7) / 8 * 8 : left
  }

  /// The greatest width of rows that are multiplied without being copied together.
  private static let widest = 512
}

/// The layout that products read: a panel is sixteen columns of a matrix side by side, (rows x 16).
enum Panels {
  static let width = Int(kernels_panel_width)

  /// Copies columns of a matrix, whose rows are `stride` floats apart, to panels. Missing columns of the last are zero.
  static func copy(_ source: Floats, rows: Int, columns: Int, stride: Int, into panels: MutableFloats) {
    for column in Swift.stride(from: 0, to: columns, by: width) {
      let (count, panel) = (min(width, columns - column), panels + column * rows)
      for row in 0..<rows {
        let (from, to) = (source + row * stride + column, panel + row * width)
        if count == width {
          UnsafeMutableRawPointer(to).storeBytes(
            of: UnsafeRawPointer(from).loadUnaligned(as: SIMD16<Float>.self), as: SIMD16<Float>.self)
        } else {
          for lane in 0..<width { to[lane] = lane < count ? from[lane] : 0 }
        }
      }
    }
  }
}
