/// The forward pass over a ragged set of rows: prefill, decode and training run this same code (P4, P5).
///
/// Owns its buffers and reuses them. Used by one thread at a time.
final class ForwardPass {
  /// May be replaced between runs by one of the same configuration, so that buffers are reused.
  var model: Transformer
  let keepsActivations: Bool
  private(set) var rows = Rows()
  private(set) var activations: [LayerActivations]
  /// (predicting, hiddenSize): what leaves the last layer; then the same after the final norm.
  let final = FloatBuffer(), hidden = FloatBuffer()
  /// (predicting)
  let inverseFinal = FloatBuffer()
  /// (predicting, paddedVocabularySize): what the last run predicts.
  let logits = FloatBuffer()
  let team: WorkTeam
  /// The model's matrices as panels, where somebody keeps them so.
  private let panels: PackedMatrices?
  private var keyPages: [Floats] = []

  init(
    _ model: Transformer, keepsActivations: Bool, team: WorkTeam = WorkTeam(), panels: PackedMatrices? = nil
  ) {
    self.team = team
    self.panels = panels
    self.model = model
    self.keepsActivations = keepsActivations
    let count = keepsActivations ? model.configuration.layerCount : min(2, model.configuration.layerCount)
    activations = (0..<count).map { _ in LayerActivations() }
  }

  /// Runs `rows` and leaves `logits` of those that predict. Segments with a sequence write their keys and values to
  /// `cache` and attend to what is there; those without attend to their own rows.
  func run(_ rows: Rows, cache: KeyValueCache? = nil) {
    self.rows = rows
    let c = model.configuration
    let (d, v, padding) = (c.hiddenSize, c.paddedVocabularySize, model.plan.padding)
    for layer in 0..<c.layerCount {
      activations(layer).reserve(rows: rows.count + padding, queries: queries(layer).count + padding, c)
    }
    let m = rows.predicting.count
    final.reserve((m + padding) * d)
    hidden.reserve((m + padding) * d)
    inverseFinal.reserve(m)
    logits.reserve((m + padding) * v)
    model.weights.values.withUnsafeBufferPointer { weights in
      guard let w = weights.baseAddress else { return }
      let embedded = activations(0).input.pointer
      for (row, token) in rows.tokens.enumerated() {
        (embedded + row * d).update(from: w + model.embedding + Int(token) * d, count: d)
      }
      for layer in 0..<c.layerCount {
        let next = layer + 1 < c.layerCount ? activations(layer + 1).input : final
        run(layer: layer, w, into: next.pointer, cache: cache)
      }
      RMSNorm.forward(
        final.pointer, weight: w + model.finalNorm, into: hidden.pointer, inverse: inverseFinal.pointer,
        rows: m,
        width: d, epsilon: c.normEpsilon)
      multiply(hidden.pointer, w, model.head, into: [.init(pointer: logits.pointer, columns: v)], m, d)
    }
  }

  /// y = or += x weightᵀ, with x (count, inner), by the panels of the weight where there are some.
  private func multiply(
    _ x: Floats, _ w: Floats, _ weight: Int, into y: [BlockPlan.Output], _ count: Int, _ inner: Int,
    adding: Bool = false
  ) {
    model.plan.multiply(
      x, (panels?.values ?? w) + weight, isPacked: panels != nil, into: y, rows: count, inner: inner,
      adding: adding, team: team)
  }

  func activations(_ layer: Int) -> LayerActivations { activations[layer % activations.count] }

  /// The positions of the rows with queries, and which rows these are if not all.
  func queries(_ layer: Int) -> (count: Int, positions: [Int], chosen: [Int]?) {
    let isLast = layer == model.configuration.layerCount - 1
    guard isLast, rows.predicting.count < rows.count else { return (rows.count, rows.positions, nil) }
    return (rows.predicting.count, rows.predictingPositions, rows.predicting)
  }

  private func run(layer: Int, _ w: Floats, into output: MutableFloats, cache: KeyValueCache?) {
    let c = model.configuration
    let (n, d, f) = (rows.count, c.hiddenSize, c.intermediateSize)
    let (m, positions, chosen) = queries(layer)
    let (o, a) = (model.layers[layer], activations(layer))
    func linear(
      _ x: MutableFloats, _ weight: Int, _ y: [BlockPlan.Output], _ count: Int, _ inner: Int,
      adding: Bool = false
    ) {
      multiply(x, w, weight, into: y, count, inner, adding: adding)
    }
    func norm(
      _ x: FloatBuffer, _ weight: Int, _ y: FloatBuffer, _ inverse: FloatBuffer, _ count: Int, _ width: Int
    ) {
      RMSNorm.forward(
        x.pointer, weight: w + weight, into: y.pointer, inverse: inverse.pointer, rows: count, width: width,
        epsilon: c.normEpsilon)
    }
    norm(a.input, o.inputNorm, a.normed1, a.inverse1, n, d)
    let (query, key, value) = (
      BlockPlan.Output(pointer: a.queryRaw.pointer, columns: c.queryWidth),
      BlockPlan.Output(pointer: a.keyRaw.pointer, columns: c.keyValueWidth),
      BlockPlan.Output(pointer: a.value.pointer, columns: c.keyValueWidth)
    )
    if chosen == nil {
      // Their matrices lie one after the other.
      linear(a.normed1.pointer, o.query, [query, key, value], n, d)
    } else {
      linear(a.normed1.pointer, o.key, [key, value], n, d)
    }
    norm(a.keyRaw, o.keyNorm, a.key, a.inverseKey, n * c.keyValueHeadCount, c.headDimension)
    model.rotary.turn(a.key.pointer, heads: c.keyValueHeadCount, positions: rows.positions)
    var (input, normed1) = (a.input, a.normed1)
    if let chosen {
      (input, normed1) = (a.chosenInput, a.chosenNormed1)
      gather(chosen, of: a.input, into: input)
      gather(chosen, of: a.normed1, into: normed1)
    }
    if chosen != nil { linear(normed1.pointer, o.query, [query], m, d) }
    norm(a.queryRaw, o.queryNorm, a.query, a.inverseQuery, m * c.headCount, c.headDimension)
    model.rotary.turn(a.query.pointer, heads: c.headCount, positions: positions)
    attend(layer, a, cache)
    a.middle.pointer.update(from: input.pointer, count: m * d)
    linear(
      a.attended.pointer, o.output, [.init(pointer: a.middle.pointer, columns: d)], m, c.queryWidth,
      adding: true)
    norm(a.middle, o.postNorm, a.normed2, a.inverse2, m, d)
    linear(
      a.normed2.pointer, o.gate,
      [.init(pointer: a.gate.pointer, columns: f), .init(pointer: a.up.pointer, columns: f)], m, d)
    SwiGLU.forward(gate: a.gate.pointer, up: a.up.pointer, into: a.activated.pointer, count: m * f)
    output.update(from: a.middle.pointer, count: m * d)
    linear(a.activated.pointer, o.down, [.init(pointer: output, columns: d)], m, f, adding: true)
  }

  /// The queries of a segment in a layer: the row of the first in the layer's query rows, and where they stand.
  func span(_ segment: Rows.Segment, isChosen: Bool) -> (firstRow: Int, span: Attention.Span) {
    let count = isChosen ? segment.predictingCount : segment.count
    return (
      isChosen ? segment.firstPredicting : segment.firstRow,
      Attention.Span(firstPosition: segment.firstPosition + segment.count - count, count: count)
    )
  }

  private func attend(_ layer: Int, _ a: LayerActivations, _ cache: KeyValueCache?) {
    let c = model.configuration
    let isChosen = queries(layer).chosen != nil
    var probabilityCount = 0
    if keepsActivations {
      for segment in rows.segments {
        probabilityCount += model.attention.probabilityCount(span(segment, isChosen: isChosen).span)
      }
    }
    var probabilities = a.probabilities.reserve(probabilityCount)
    for segment in rows.segments {
      let (firstRow, span) = span(segment, isChosen: isChosen)
      let (keys, values) = (
        a.key.pointer + segment.firstRow * c.keyValueWidth,
        a.value.pointer + segment.firstRow * c.keyValueWidth
      )
      var (pageSize, valueOffset) = (Int.max, values - keys)
      if let cache, let sequence = segment.sequence {
        cache.store(
          keys: keys, values: values, count: segment.count, at: segment.firstPosition, layer: layer,
          of: sequence)
        cache.keyPages(sequence, layer: layer, count: span.keyCount, into: &keyPages)
        (pageSize, valueOffset) = (KeyValueCache.pageSize, KeyValueCache.pageSize * c.keyValueWidth)
      } else {
        keyPages.removeAll(keepingCapacity: true)
        keyPages.append(keys)
      }
      let part = model.configuration.isLarge ? 1 : c.headCount
      keyPages.withUnsafeBufferPointer { starts in
        let pages = Attention.Pages(starts: starts, pageSize: pageSize, valueOffset: valueOffset)
        team.forEach(c.headCount / part) { index, thread in
          model.attention.forward(
            span, queries: a.query.pointer + firstRow * c.queryWidth, keys: pages,
            probabilities: keepsActivations ? probabilities : team.scratch(thread).reserve(span.stride),
            kept: keepsActivations, output: a.attended.pointer + firstRow * c.queryWidth,
            heads: index * part..<(index + 1) * part)
        }
      }
      if keepsActivations { probabilities += model.attention.probabilityCount(span) }
    }
  }

  private func gather(_ chosen: [Int], of source: FloatBuffer, into target: FloatBuffer) {
    let d = model.configuration.hiddenSize
    target.reserve((chosen.count + model.plan.padding) * d)
    for (index, row) in chosen.enumerated() {
      (target.pointer + index * d).update(from: source.pointer + row * d, count: d)
    }
  }
}
