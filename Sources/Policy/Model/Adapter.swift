import CKernels

/// A low-rank change of a model's linear layers (LoRA): W + (alpha / rank) B A, with A (rank x inputs), B (outputs x
/// rank).
///
/// The model runs on the merged weights, so it is as fast and as exact as without an adapter. Beside `FrozenWeights` it is not
/// merged: a layer computes x Wᵀ, and then adds (s x Aᵀ) Bᵀ, with s = alpha / rank. Only A and B are trained, and only their
/// gradients are kept. An adapter is a value: a copy saves it.
///
/// Source: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (arXiv 2106.09685), section 4.1.
public struct Adapter: Sendable, Hashable {
  /// A linear layer that can be adapted, by its name in a checkpoint.
  public enum Module: String, Sendable, Hashable, CaseIterable {
    case query = "q_proj"
    case key = "k_proj"
    case value = "v_proj"
    case output = "o_proj"
    case gate = "gate_proj"
    case up = "up_proj"
    case down = "down_proj"
  }

  /// Where the factors of one layer lie in ``Adapter/values``.
  struct Part: Sendable, Hashable {
    var tensor: TensorSpecification
    /// The layer's number in ``ModelLayout/linearLayers``.
    var layer: Int
    /// A (rank x inputs), then B (outputs x rank).
    var a: Range<Int>
    var b: Range<Int>
  }

  package let configuration: ModelConfiguration
  /// The number of rows of A and of columns of B.
  package let rank: Int
  /// The change is multiplied by `alpha` / `rank`.
  package let alpha: Float
  /// The layers that are adapted, in the order of `Module.allCases`.
  package let modules: [Module]
  /// The factors of all adapted layers, one layer after another: A, then B, each row by row.
  public var values: [Float]
  let parts: [Part]

  /// Makes an adapter that changes nothing yet: A is uniform in ±1 / sqrt(inputs), and B is zero.
  ///
  /// Each draw depends on the seed, the name of A in a checkpoint and the element's index in A. So adapting one more
  /// layer does not change the draws of another.
  /// - Precondition: a positive rank, and at least one module.
  public init(
    _ configuration: ModelConfiguration, rank: Int, alpha: Float, modules: Set<Module> = Set(Module.allCases),
    seed: UInt64
  ) {
    precondition(rank > 0 && !modules.isEmpty)
    self.configuration = configuration
    self.rank = rank
    self.alpha = alpha
    self.modules = Module.allCases.filter(modules.contains)
    var parts: [Part] = []
    var end = 0
    let layout = ModelLayout(configuration)
    let layers = Dictionary(
      uniqueKeysWithValues: layout.layers.flatMap(\.linearLayers).map { ($0.weight, $0.index) })
    for tensor in layout.tensors {
      guard let name = tensor.name.split(separator: ".").dropLast().last,
        let module = Module(rawValue: String(name)),
        modules.contains(module), let layer = layers[tensor.offset]
      else { continue }
      let a = end..<end + rank * tensor.columns
      let b = a.upperBound..<a.upperBound + tensor.rows * rank
      parts.append(Part(tensor: tensor, layer: layer, a: a, b: b))
      end = b.upperBound
    }
    self.parts = parts
    values = [Float](repeating: 0, count: end)
    for part in parts {
      let bound = 1 / Double(part.tensor.columns).squareRoot()
      let stream = CounterRandom.seed(ofStream: Self.name(part.tensor, "A"), seed: seed)
      for (element, index) in part.a.enumerated() {
        values[index] = Float((2 * CounterRandom.uniform(seed: stream, index: UInt64(element)) - 1) * bound)
      }
    }
  }

  var scale: Float { alpha / Float(rank) }

  /// Returns `weights` with the adapter's change added.
  /// - Complexity: O(parameters of the adapted layers x rank).
  /// - Precondition: `weights` are of the same configuration.
  public func merged(into weights: Weights) -> Weights {
    precondition(weights.configuration == configuration)
    var result = weights
    for part in parts {
      let (a, b) = (Array(values[part.a]), values[part.b].map { $0 * scale })
      result.values.withUnsafeMutableBufferPointer { w in
        guard let w = w.baseAddress else { return }
        Products.own.multiplyBack(
          b, a, into: w + part.tensor.offset, rows: part.tensor.rows, inputs: part.tensor.columns,
          outputs: rank, adding: true, team: WorkTeam())
      }
    }
    return result
  }

  /// Adds the gradients of a layer's A and B to `gradient`, which has the layout of ``values``: dA = s (dy B)ᵀ x and
  /// dB = s dyᵀ (x Aᵀ), with s = alpha / rank, x: (rows, inputs) and dy: (rows, outputs). A layer that is not adapted
  /// adds nothing. The second scratch buffer then holds s dy B, (rows, rank), for ``addInputGradient(_:_:into:rows:_:)``.
  func accumulate(
    _ layer: LinearLayer, x: Floats, _ dy: Floats, into gradient: MutableFloats, rows: Int,
    _ scratch: (FloatBuffer, FloatBuffer, panels: FloatBuffer), _ team: WorkTeam
  ) {
    guard let part = parts.first(where: { $0.layer == layer.index }) else { return }
    let (inputs, outputs) = (layer.inputs, layer.outputs)
    let (reduced, dreduced) = (scratch.0.reserve(rows * rank), scratch.1.reserve(rows * rank))
    let panels = scratch.panels.reserve(VectorMath.padded(rank) * (inputs + outputs))
    let other = panels + VectorMath.padded(rank) * inputs
    values.withUnsafeBufferPointer { values in
      guard let values = values.baseAddress else { return }
      kernels.pack(values + part.a.lowerBound, rank, inputs, inputs, panels)
      Panels.copy(values + part.b.lowerBound, rows: outputs, columns: rank, stride: rank, into: other)
    }
    // There are few columns, so threads share the rows.
    team.forEachPart(of: rows, length: team.threads > 1 ? Self.share : rows) { part, _ in
      func product(_ a: Floats, _ inner: Int, _ panels: Floats, _ target: MutableFloats) {
        let target = target + part.lowerBound * rank
        kernels.multiply(
          a + part.lowerBound * inner, inner, 1, part.count, inner, panels, inner * Panels.width,
          Panels.width,
          target, rank, rank, kernels_write)
        for index in 0..<part.count * rank { target[index] *= scale }
      }
      product(x, inputs, panels, reduced)
      product(dy, outputs, other, dreduced)
    }
    Products.own.accumulate(
      dy, reduced, into: gradient + part.b.lowerBound, rows: rows, inputs: rank, outputs: outputs, team: team)
    Products.own.accumulate(
      dreduced, x, into: gradient + part.a.lowerBound, rows: rows, inputs: inputs, outputs: rank, team: team)
  }

  /// The number of rows that one thread takes at a time.
  private static let share = 48

  /// Adds (s dy B) A to dx, (rows, inputs), for an adapter that is not merged. `dreduced` is s dy B, (rows, rank).
  func addInputGradient(
    _ layer: LinearLayer, _ dreduced: Floats, into dx: MutableFloats, rows: Int, _ team: WorkTeam
  ) {
    guard let part = parts.first(where: { $0.layer == layer.index }) else { return }
    values.withUnsafeBufferPointer { values in
      guard let values = values.baseAddress else { return }
      Products.own.multiplyBack(
        dreduced, values + part.a.lowerBound, into: dx, rows: rows, inputs: layer.inputs, outputs: rank,
        adding: true, team: team)
    }
  }
}
