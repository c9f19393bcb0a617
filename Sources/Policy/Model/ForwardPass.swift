/// One layer's activations over the rows of a pass, kept for the backward pass.
final class LayerActivations {
  let input = FloatBuffer(), inverse1 = FloatBuffer(), normed1 = FloatBuffer()
  let queryRaw = FloatBuffer(), keyRaw = FloatBuffer(), value = FloatBuffer()
  let query = FloatBuffer(), key = FloatBuffer(), inverseQuery = FloatBuffer(), inverseKey = FloatBuffer()
  let probabilities = FloatBuffer(), attended = FloatBuffer()
  let middle = FloatBuffer(), inverse2 = FloatBuffer(), normed2 = FloatBuffer()
  let gate = FloatBuffer(), up = FloatBuffer(), activated = FloatBuffer()

  func reserve(rows: Int, probabilityCount: Int, _ c: ModelConfiguration) {
    for buffer in [input, normed1, middle, normed2] { buffer.reserve(rows * c.hiddenSize) }
    for buffer in [queryRaw, query, attended] { buffer.reserve(rows * c.queryWidth) }
    for buffer in [keyRaw, key, value] { buffer.reserve(rows * c.keyValueWidth) }
    for buffer in [gate, up, activated] { buffer.reserve(rows * c.intermediateSize) }
    for buffer in [inverse1, inverse2] { buffer.reserve(rows) }
    inverseQuery.reserve(rows * c.headCount)
    inverseKey.reserve(rows * c.keyValueHeadCount)
    probabilities.reserve(probabilityCount)
  }
}

/// The rows of a pass: tokens of any sequences, in any order that keeps a sequence's own.
struct Rows {
  var tokens: [Int32] = []
  /// Of each token in its sequence, from 0.
  var positions: [Int] = []
  /// Of each token: the row of its sequence's first token in this pass, or the cache slot it continues.
  var homes: [Int] = []

  var count: Int { tokens.count }

  /// Adds a whole sequence, as training does: it attends to rows of this pass.
  mutating func append(sequence: some Collection<Int32>) {
    let start = count
    for (position, token) in sequence.enumerated() { append(token, position: position, home: start) }
  }

  mutating func append(_ token: Int32, position: Int, home: Int) {
    tokens.append(token)
    positions.append(position)
    homes.append(home)
  }
}

/// The forward pass over a ragged set of rows: prefill, decode and training run this same code (P4, P5).
///
/// Owns its buffers and reuses them. Used by one thread at a time.
final class ForwardPass {
  /// May be replaced between runs by one of the same configuration, so that buffers are reused.
  var model: Transformer
  let keepsActivations: Bool
  private(set) var rows = Rows()
  private(set) var activations: [LayerActivations]
  /// Offsets of each row's probabilities in every layer's buffer.
  private(set) var probabilityOffsets: [Int] = []
  /// (rows, hiddenSize): what leaves the last layer; then the same after the final norm.
  let final = FloatBuffer()
  let inverseFinal = FloatBuffer()
  let hidden = FloatBuffer()

  init(_ model: Transformer, keepsActivations: Bool) {
    self.model = model
    self.keepsActivations = keepsActivations
    let count = keepsActivations ? model.configuration.layerCount : min(2, model.configuration.layerCount)
    activations = (0..<count).map { _ in LayerActivations() }
  }

  /// Runs `rows` and leaves `hidden`. With a cache, new keys and values are written to it and rows attend to their
  /// slot; without, rows attend to their sequence's rows in this pass.
  func run(_ rows: Rows, cache: KeyValueCache? = nil) {
    self.rows = rows
    let c = model.configuration
    let (n, d) = (rows.count, c.hiddenSize)
    layOutProbabilities()
    let probabilityCount = probabilityOffsets.last ?? 0
    for layer in activations { layer.reserve(rows: n, probabilityCount: probabilityCount, c) }
    final.reserve(n * d)
    hidden.reserve(n * d)
    inverseFinal.reserve(n)
    model.weights.values.withUnsafeBufferPointer { weights in
      guard let w = weights.baseAddress else { return }
      for row in 0..<n {
        (activations[0].input.pointer + row * d).update(from: w + Int(rows.tokens[row]) * d, count: d)
      }
      for layer in 0..<c.layerCount {
        let next = layer + 1 < c.layerCount ? activations[(layer + 1) % activations.count].input : final
        run(layer: layer, w, into: next.pointer, cache: cache)
      }
      RMSNorm.forward(
        final.pointer, weight: w + model.finalNorm, into: hidden.pointer, inverse: inverseFinal.pointer,
        rows: n,
        width: d, epsilon: c.normEpsilon)
    }
  }

  private func layOutProbabilities() {
    probabilityOffsets.removeAll(keepingCapacity: true)
    probabilityOffsets.append(0)
    var offset = 0
    for position in rows.positions {
      let count = model.attention.probabilityCount(position + 1)
      // Without activations to keep, all rows share the space of the longest.
      offset = keepsActivations ? offset + count : max(offset, count)
      probabilityOffsets.append(offset)
    }
  }

  private func run(layer: Int, _ w: Floats, into output: MutableFloats, cache: KeyValueCache?) {
    let c = model.configuration
    let (n, d, plan) = (rows.count, c.hiddenSize, model.plan)
    let (o, a) = (model.layers[layer], activations[layer % activations.count])
    func linear(_ x: FloatBuffer, _ weight: Int, _ y: MutableFloats, _ inner: Int, _ columns: Int) {
      plan.multiply(x.pointer, w + weight, into: y, rows: n, inner: inner, columns: columns)
    }
    RMSNorm.forward(
      a.input.pointer, weight: w + o.inputNorm, into: a.normed1.pointer, inverse: a.inverse1.pointer, rows: n,
      width: d, epsilon: c.normEpsilon)
    linear(a.normed1, o.query, a.queryRaw.pointer, d, c.queryWidth)
    linear(a.normed1, o.key, a.keyRaw.pointer, d, c.keyValueWidth)
    linear(a.normed1, o.value, a.value.pointer, d, c.keyValueWidth)
    RMSNorm.forward(
      a.queryRaw.pointer, weight: w + o.queryNorm, into: a.query.pointer, inverse: a.inverseQuery.pointer,
      rows: n * c.headCount, width: c.headDimension, epsilon: c.normEpsilon)
    RMSNorm.forward(
      a.keyRaw.pointer, weight: w + o.keyNorm, into: a.key.pointer, inverse: a.inverseKey.pointer,
      rows: n * c.keyValueHeadCount, width: c.headDimension, epsilon: c.normEpsilon)
    for row in 0..<n {
      let position = rows.positions[row]
      model.rotary.turn(a.query.pointer + row * c.queryWidth, heads: c.headCount, position: position)
      model.rotary.turn(a.key.pointer + row * c.keyValueWidth, heads: c.keyValueHeadCount, position: position)
      cache?.store(
        key: a.key.pointer + row * c.keyValueWidth, value: a.value.pointer + row * c.keyValueWidth,
        layer: layer,
        slot: rows.homes[row], position: position)
    }
    for row in 0..<n {
      let home = rows.homes[row]
      model.attention.forward(
        query: a.query.pointer + row * c.queryWidth,
        keys: cache?.keys(layer: layer, slot: home) ?? Floats(a.key.pointer + home * c.keyValueWidth),
        values: cache?.values(layer: layer, slot: home) ?? Floats(a.value.pointer + home * c.keyValueWidth),
        count: rows.positions[row] + 1,
        probabilities: a.probabilities.pointer + (keepsActivations ? probabilityOffsets[row] : 0),
        output: a.attended.pointer + row * c.queryWidth)
    }
    linear(a.attended, o.output, a.middle.pointer, c.queryWidth, d)
    VectorMath.add(a.input.pointer, to: a.middle.pointer, n * d)
    RMSNorm.forward(
      a.middle.pointer, weight: w + o.postNorm, into: a.normed2.pointer, inverse: a.inverse2.pointer, rows: n,
      width: d, epsilon: c.normEpsilon)
    linear(a.normed2, o.gate, a.gate.pointer, d, c.intermediateSize)
    linear(a.normed2, o.up, a.up.pointer, d, c.intermediateSize)
    SwiGLU.forward(
      gate: a.gate.pointer, up: a.up.pointer, into: a.activated.pointer, count: n * c.intermediateSize)
    linear(a.activated, o.down, output, c.intermediateSize, d)
    VectorMath.add(a.middle.pointer, to: output, n * d)
  }

  /// The logits of chosen rows of the last run, (chosen.count, paddedVocabularySize), into `logits`.
  func logits(of chosen: [Int], gathered: FloatBuffer, into logits: FloatBuffer) {
    let (d, v) = (model.configuration.hiddenSize, model.configuration.paddedVocabularySize)
    gathered.reserve(chosen.count * d)
    logits.reserve(chosen.count * v)
    for (index, row) in chosen.enumerated() {
      (gathered.pointer + index * d).update(from: hidden.pointer + row * d, count: d)
    }
    model.head.withUnsafeBufferPointer { head in
      guard let head = head.baseAddress else { return }
      model.plan.multiply(
        gathered.pointer, head, into: logits.pointer, rows: chosen.count, inner: d, columns: v)
    }
  }
}
