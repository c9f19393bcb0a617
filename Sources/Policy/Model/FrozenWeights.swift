import CKernels
import Foundation

/// The weights of a model that do not learn, with matrices in fewer bits than 32 a number.
///
/// A matrix stands for the floats to which its numbers were rounded when it was frozen. Norms and biases stay float32. What
/// learns beside frozen weights is an ``Adapter``, which is never merged into them.
package final class FrozenWeights: Sendable {
  /// A way to store the numbers of a matrix.
  package enum Format: String, Sendable, Hashable, CaseIterable {
    /// bfloat16, rounded to nearest and to even: 2 bytes a number. In products the inputs are rounded to bfloat16 too, and sums
    /// are float32 (`multiply_bf16` of `CKernels`).
    case bf16
    /// llama.cpp's Q8_0, in which 32 numbers of a row share a scale: 1.125 bytes a number, because the scale, a float16, is
    /// kept as a float. The last block of a row may have fewer numbers. Products have the bits of float32 products with the
    /// floats that the weights stand for.
    case q8 = "q8_0"

    /// The bytes of a matrix, (outputs, inputs). Outputs are rounded up to whole groups of 64, and inputs to blocks of 32.
    func bytes(outputs: Int, inputs: Int) -> Int {
      let (group, block) = (Int(kernels_group_width), Int(kernels_block_depth))
      let (columns, blocks) = ((outputs + group - 1) / group * group, (inputs + block - 1) / block)
      return columns * blocks * (self == .bf16 ? 2 * block : block + 4)
    }
  }

  package let configuration: ModelConfiguration
  package let format: Format
  /// The places of norms and biases in `vectors`, in which matrices take no room.
  let layout: ModelLayout
  let vectors: [Float]
  private let matrices: [FrozenMatrix]
  /// The matrix of the embedding, which is the head's if the two are tied.
  let embedding: FrozenMatrix
  // Unsafe, because pointers are not Sendable. The memory is written in the initializer only, and lives as long as this.
  private nonisolated(unsafe) let memory: UnsafeMutableRawPointer

  /// Rounds the matrices of `weights` to `format`. Numbers that are too large for it become its greatest finite ones (3.39e38
  /// for `bf16`, 8.3e6 for `q8_0`). What was frozen in a format before stays as it is.
  /// - Precondition: all weights are finite.
  /// - Complexity: O(parameters), shared by `threads`.
  package init(_ weights: Weights, _ format: Format, threads: Int = 1) {
    let c = weights.configuration
    let (whole, layout) = (ModelLayout(c), ModelLayout(c, holdsMatrices: false))
    (configuration, self.format, self.layout) = (c, format, layout)
    var sources = whole.linearLayers.map { (offset: $0.weight, outputs: $0.outputs, inputs: $0.inputs) }
    if !c.tiesWordEmbeddings {
      sources.append((whole.embedding, c.paddedVocabularySize, c.hiddenSize))
    }
    let places = sources.reduce(into: [0]) { places, matrix in
      places.append(places[places.count - 1] + format.bytes(outputs: matrix.outputs, inputs: matrix.inputs))
    }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(64, places[sources.count]), alignment: 64)
    self.memory = memory
    let matrices = zip(sources, places).map { source, place in
      FrozenMatrix(format: format, bytes: memory + place, outputs: source.outputs, inputs: source.inputs)
    }
    embedding = matrices[sources.count - 1]
    self.matrices = matrices
    var vectors = [Float](repeating: 0, count: layout.tensors.last?.range.upperBound ?? 0)
    weights.values.withUnsafeBufferPointer { values in
      guard let w = values.baseAddress else { return }
      for (from, to) in zip(whole.tensors, layout.tensors) where from.kind != .matrix {
        vectors.replaceSubrange(to.range, with: values[from.range])
      }
      let team = WorkTeam(threads: threads)
      for (source, matrix) in zip(sources, matrices) {
        team.forEachPart(of: source.outputs, length: Int(kernels_group_width) * 16) { part, _ in
          matrix.freeze(w + source.offset + part.lowerBound * source.inputs, rows: part)
        }
      }
    }
    self.vectors = vectors
  }

  deinit { memory.deallocate() }

  /// The matrix of a linear layer.
  func matrix(_ layer: LinearLayer) -> FrozenMatrix { matrices[layer.index] }

  /// The float32 weights that these stand for.
  /// - Complexity: O(parameters), with as much new memory.
  package var weights: Weights {
    let whole = ModelLayout(configuration)
    var result = Weights(
      configuration: configuration, values: [Float](repeating: 0, count: configuration.elementCount))
    result.values.withUnsafeMutableBufferPointer { values in
      guard let w = values.baseAddress else { return }
      for (from, to) in zip(layout.tensors, whole.tensors) where from.kind != .matrix {
        for index in 0..<from.count { w[to.offset + index] = vectors[from.offset + index] }
      }
      var parts = zip(whole.linearLayers, matrices).map { (offset: $0.weight, matrix: $1) }
      parts.append((whole.embedding, embedding))
      for (offset, matrix) in parts {
        for row in 0..<matrix.outputs { matrix.copyRow(row, to: w + offset + row * matrix.inputs) }
      }
    }
    return result
  }

  /// The number of bytes that the matrices take.
  package var matrixBytes: Int {
    matrices.reduce(0) { $0 + format.bytes(outputs: $1.outputs, inputs: $1.inputs) }
  }
}

/// A frozen matrix W, (outputs, inputs), whose rows are stored as the columns of groups.
// Sendable unchecked, because pointers are not Sendable: the memory belongs to `FrozenWeights`, which does not change.
struct FrozenMatrix: @unchecked Sendable {
  let format: FrozenWeights.Format
  let bytes: UnsafeRawPointer
  let outputs, inputs: Int

  /// The group in which an output lies that is a multiple of 64.
  func group(of output: Int) -> UnsafeRawPointer { bytes + format.bytes(outputs: output, inputs: inputs) }

  /// Stores rows of W, the first of which is a multiple of 64. The memory is as new.
  func freeze(_ w: Floats, rows: Range<Int>) {
    let groups = UnsafeMutableRawPointer(mutating: group(of: rows.lowerBound))
    switch format {
    case .bf16: kernels.freeze_bf16(w, rows.count, inputs, inputs, groups)
    case .q8: kernels.freeze_q8(w, rows.count, inputs, inputs, groups)
    }
  }

  /// Writes row `row` of W as floats.
  func copyRow(_ row: Int, to target: MutableFloats) {
    switch format {
    case .bf16: kernels.thaw_column_bf16(bytes, row, inputs, target)
    case .q8: kernels.thaw_column_q8(bytes, row, inputs, target)
    }
  }
}

extension FrozenWeights: Hashable {
  /// Two are equal if they stand for the same weights in the same format.
  package static func == (a: FrozenWeights, b: FrozenWeights) -> Bool {
    if a === b { return true }
    guard a.configuration == b.configuration, a.format == b.format, a.vectors == b.vectors else {
      return false
    }
    // Every byte of the memory was written, that of missing columns too.
    return zip(a.matrices, b.matrices).allSatisfy { one, other in
      let count = a.format.bytes(outputs: one.outputs, inputs: one.inputs)
      return memcmp(one.bytes, other.bytes, count) == 0
    }
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(configuration)
    hasher.combine(format)
    hasher.combine(vectors)
  }
}
