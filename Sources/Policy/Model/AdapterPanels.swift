import CKernels

/// The factors of an adapter as panels, for a model whose frozen weights they are not merged into.
// Sendable unchecked, because the buffer is not Sendable: it is written in the initializer only.
final class AdapterPanels: @unchecked Sendable {
  let adapter: Adapter
  private let buffer: FloatBuffer
  /// The places of the panels of A and B of each linear layer; `nil` for a layer that is not adapted.
  private let places: [(a: Int, b: Int)?]

  /// Packs the factors.
  /// - Complexity: O(the adapter's numbers).
  init(_ adapter: Adapter, _ layout: ModelLayout) {
    self.adapter = adapter
    let rank = adapter.rank
    var places = [(a: Int, b: Int)?](repeating: nil, count: layout.linearLayers.count)
    var end = 0
    for part in adapter.parts {
      let b = end + VectorMath.padded(rank) * part.tensor.columns
      places[part.layer] = (end, b)
      end = b + VectorMath.padded(part.tensor.rows) * rank
    }
    self.places = places
    buffer = FloatBuffer(capacity: end)
    adapter.values.withUnsafeBufferPointer { values in
      guard let values = values.baseAddress else { return }
      for part in adapter.parts {
        guard let place = places[part.layer] else { continue }
        let (inputs, outputs) = (part.tensor.columns, part.tensor.rows)
        kernels.pack(values + part.a.lowerBound, rank, inputs, inputs, buffer.pointer + place.a)
        kernels.pack(values + part.b.lowerBound, outputs, rank, rank, buffer.pointer + place.b)
      }
    }
  }

  /// Returns s x Aᵀ, (rows x rank), in `scratch`, and the panels of B; `nil` if the layer is not adapted. x is (rows x
  /// inputs), and s is alpha / rank.
  func reduced(
    _ layer: LinearLayer, _ x: Floats, rows: Int, _ scratch: FloatBuffer, team: WorkTeam
  ) -> FrozenMatrix.LowRank? {
    guard let place = places[layer.index] else { return nil }
    let (rank, inputs, kernels) = (adapter.rank, layer.inputs, kernels)
    let result = scratch.reserve(rows * rank)
    team.forEachPart(of: rows, length: Self.share) { [buffer] part, _ in
      let target = result + part.lowerBound * rank
      kernels.multiply(
        x + part.lowerBound * inputs, inputs, 1, part.count, inputs, buffer.pointer + place.a,
        inputs * Panels.width, Panels.width, target, rank, rank, kernels_write)
      for index in 0..<part.count * rank { target[index] *= adapter.scale }
    }
    return FrozenMatrix.LowRank(x: Floats(result), panels: Floats(buffer.pointer + place.b), rank: rank)
  }

  /// The number of rows that one thread takes at a time.
  private static let share = 48
}
