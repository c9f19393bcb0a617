import CKernels

/// A forward pass over rows of any sequences. Prefill, decode and training run this same code (P4, P5).
///
/// It owns its buffers and reuses them. One thread uses it at a time.
final class ForwardPass {
  /// The model. Between runs, another one of the same configuration may replace it, so that buffers are reused.
  var model: Transformer
  let keepsActivations: Bool
  /// Whether the last run kept the probabilities of attention for the backward pass, which otherwise computes them again.
  private(set) var keepsProbabilities = false
  /// The most floats that the probabilities of all layers may take to be kept; 128 MiB. No bit depends on it.
  var mostProbabilities = 1 << 25
  private(set) var rows = Rows()
  private(set) var activations: [LayerActivations]
  /// The output of the last layer, (predicting, hiddenSize), before and after the final norm.
  let final = FloatBuffer(), hidden = FloatBuffer()
  /// (predicting)
  let inverseFinal = FloatBuffer()
  /// The predictions of the last run, (predicting, paddedVocabularySize).
  let logits = FloatBuffer()
  let team: WorkTeam
  /// The model's matrices as panels, if they are packed.
  private let panels: PackedMatrices?
  /// The keys of each segment without a cache, as panels, in the current layer.
  private let keyPanels = FloatBuffer()
  /// (rows, rank): what an adapter that is not merged makes of a layer's input.
  private let lowRank = FloatBuffer()
  private var pieces: [kernels_piece] = []

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

  /// Runs `rows`, and leaves the `logits` of those that predict. A segment with pages writes its keys and values
  /// to `cache`, and attends to all that the pages hold. Other segments attend to their own rows.
  func run(_ rows: Rows, cache: KeyValueCache? = nil) {
    precondition(
      rows.segments.allSatisfy { ($0.pages != nil) == (cache != nil) }, "all rows are cached, or none")
    self.rows = rows
    let c = model.configuration
    let (d, v, layout) = (c.hiddenSize, c.paddedVocabularySize, model.layout)
    for layer in 0..<c.layerCount {
      activations(layer).reserve(rows: rows.count, queries: queries(layer).count, c)
    }
    keepsProbabilities = keepsActivations && probabilityCount <= mostProbabilities
    let m = rows.predicting.count
    final.reserve(m * d)
    hidden.reserve(m * d)
    inverseFinal.reserve(m)
    logits.reserve(m * v)
    model.withValues { w in
      let embedded = activations(0).input.pointer
      model.embed(rows.tokens, w, to: embedded)
      for layer in 0..<c.layerCount {
        let next = layer + 1 < c.layerCount ? activations(layer + 1).input : final
        run(layer: layer, w, into: next.pointer, cache: cache)
      }
      kernels.norm(
        final.pointer, w + layout.finalNorm, hidden.pointer, inverseFinal.pointer, m, d, c.normEpsilon)
      linear(layout.head, w, hidden.pointer, into: logits.pointer, m)
    }
  }

  /// Computes y = or += x Wᵀ + b, with x (count, inputs), and uses the panels of W if there are any. An adapter that is not
  /// merged adds its part before b.
  private func linear(
    _ layer: LinearLayer, _ w: Floats, _ x: Floats, into y: MutableFloats, _ count: Int, adding: Bool = false
  ) {
    if let frozen = model.frozen {
      let reduced = model.adapter?.reduced(layer, x, rows: count, lowRank, team: team)
      frozen.matrix(layer).multiply(x, lowRank: reduced, into: y, rows: count, adding: adding, team: team)
    } else {
      model.products.multiply(
        x, w + layer.weight, panels: panels.map { $0.values + layer.panels }, into: y, rows: count,
        inputs: layer.inputs, outputs: layer.outputs, adding: adding, team: team)
    }
    guard let bias = layer.bias else { return }
    for row in 0..<count { VectorMath.add(w + bias, to: y + row * layer.outputs, layer.outputs) }
  }

  func activations(_ layer: Int) -> LayerActivations { activations[layer % activations.count] }

  /// Returns the number and the positions of the rows with queries, and their indices if these are not all rows.
  func queries(_ layer: Int) -> (count: Int, positions: [Int], chosen: [Int]?) {
    let isLast = layer == model.configuration.layerCount - 1
    guard isLast, rows.predicting.count < rows.count else { return (rows.count, rows.positions, nil) }
    return (rows.predicting.count, rows.predictingPositions, rows.predicting)
  }

  private func run(layer: Int, _ w: Floats, into output: MutableFloats, cache: KeyValueCache?) {
    let c = model.configuration
    let (n, d, f) = (rows.count, c.hiddenSize, c.intermediateSize)
    let (m, positions, chosen) = queries(layer)
    let (o, a) = (model.layout.layers[layer], activations(layer))
    func norm(
      _ x: FloatBuffer, _ weight: Int, _ y: FloatBuffer, _ inverse: FloatBuffer, _ count: Int, _ width: Int
    ) {
      kernels.norm(x.pointer, w + weight, y.pointer, inverse.pointer, count, width, c.normEpsilon)
    }
    /// Returns heads that are ready for attention: `raw`, normed if the model norms them, and turned by RoPE.
    func heads(
      _ raw: FloatBuffer, _ weight: Int?, _ y: FloatBuffer, _ inverse: FloatBuffer, _ heads: Int,
      _ positions: [Int]
    ) {
      if let weight {
        norm(raw, weight, y, inverse, positions.count * heads, c.headDimension)
      } else {
        y.pointer.update(from: raw.pointer, count: positions.count * heads * c.headDimension)
      }
      model.rotary.turn(y.pointer, heads: heads, positions: positions)
    }
    norm(a.input, o.inputNorm, a.normed1, a.inverse1, n, d)
    linear(o.key, w, a.normed1.pointer, into: a.keyRaw.pointer, n)
    linear(o.value, w, a.normed1.pointer, into: a.value.pointer, n)
    heads(a.keyRaw, o.keyNorm, a.key, a.inverseKey, c.keyValueHeadCount, rows.positions)
    var (input, normed1) = (a.input, a.normed1)
    if let chosen {
      (input, normed1) = (a.chosenInput, a.chosenNormed1)
      gather(chosen, of: a.input, into: input)
      gather(chosen, of: a.normed1, into: normed1)
    }
    linear(o.query, w, normed1.pointer, into: a.queryRaw.pointer, m)
    heads(a.queryRaw, o.queryNorm, a.query, a.inverseQuery, c.headCount, positions)
    attend(layer, a, cache)
    a.middle.pointer.update(from: input.pointer, count: m * d)
    linear(o.output, w, a.attended.pointer, into: a.middle.pointer, m, adding: true)
    norm(a.middle, o.postNorm, a.normed2, a.inverse2, m, d)
    linear(o.gate, w, a.normed2.pointer, into: a.gate.pointer, m)
    linear(o.up, w, a.normed2.pointer, into: a.up.pointer, m)
    kernels.swiglu(a.gate.pointer, a.up.pointer, a.activated.pointer, m * f)
    output.update(from: a.middle.pointer, count: m * d)
    linear(o.down, w, a.activated.pointer, into: output, m, adding: true)
  }

  /// Returns the queries of a segment in a layer: their first row among the layer's query rows, and their span.
  func span(_ segment: Rows.Segment, isChosen: Bool) -> (firstRow: Int, span: Attention.Span) {
    let count = isChosen ? segment.predictingCount : segment.count
    return (
      isChosen ? segment.firstPredicting : segment.firstRow,
      Attention.Span(firstPosition: segment.firstPosition + segment.count - count, count: count)
    )
  }

  /// Returns the segments that hold what a segment sees: its parents, from the first, and itself.
  func path(_ segment: Int) -> [Int] {
    var path = [segment]
    while let parent = rows.segments[path[path.count - 1]].parent { path.append(parent) }
    return path.reversed()
  }

  /// The number of floats of the probabilities of all layers.
  private var probabilityCount: Int {
    let counts = rows.segments.map { model.attention.probabilityCount(span($0, isChosen: false).span) }
    return model.configuration.layerCount * counts.reduce(0, +)
  }

  private func attend(_ layer: Int, _ a: LayerActivations, _ cache: KeyValueCache?) {
    let (c, attention) = (model.configuration, model.attention)
    let isChosen = queries(layer).chosen != nil
    var (probabilityCount, panelCount) = (0, 0)
    for segment in rows.segments {
      if keepsProbabilities {
        probabilityCount += attention.probabilityCount(span(segment, isChosen: isChosen).span)
      }
      if cache == nil { panelCount += attention.panelCount(segment.count) }
    }
    var probabilities = a.probabilities.reserve(probabilityCount)
    var panels = keyPanels.reserve(panelCount)
    /// The address at which the panels of each segment begin.
    var places: [MutableFloats] = []
    for (index, segment) in rows.segments.enumerated() {
      let (firstRow, span) = span(segment, isChosen: isChosen)
      let (keys, values) = (
        a.key.pointer + segment.firstRow * c.keyValueWidth,
        a.value.pointer + segment.firstRow * c.keyValueWidth
      )
      pieces.removeAll(keepingCapacity: true)
      if let cache, let pages = segment.pages {
        cache.store(
          keys: keys, values: values, count: segment.count, at: segment.firstPosition, layer: layer,
          of: pages)
        cache.pieces(pages, layer: layer, count: span.keyCount, into: &pieces)
      } else {
        attention.pack(keys, count: segment.count, into: panels)
        places.append(panels)
        panels += attention.panelCount(segment.count)
        for index in path(index) {
          let part = rows.segments[index]
          pieces.append(
            kernels_piece(
              first: part.firstPosition, count: part.count, keys: places[index],
              values: a.value.pointer + part.firstRow * c.keyValueWidth))
        }
      }
      guard span.count > 0 else { continue }
      let part = c.isLarge ? 1 : c.keyValueHeadCount
      pieces.withUnsafeBufferPointer { pieces in
        team.forEach(c.keyValueHeadCount / part) { index, thread in
          attention.forward(
            span, queries: a.query.pointer + firstRow * c.queryWidth, pieces: pieces,
            probabilities: keepsProbabilities
              ? probabilities : team.scratch(thread).reserve(attention.scratchCount(span)),
            kept: keepsProbabilities, output: a.attended.pointer + firstRow * c.queryWidth,
            keyValueHeads: index * part..<(index + 1) * part)
        }
      }
      if keepsProbabilities { probabilities += attention.probabilityCount(span) }
    }
  }

  private func gather(_ chosen: [Int], of source: FloatBuffer, into target: FloatBuffer) {
    let d = model.configuration.hiddenSize
    target.reserve(chosen.count * d)
    for (index, row) in chosen.enumerated() {
      (target.pointer + index * d).update(from: source.pointer + row * d, count: d)
    }
  }
}
