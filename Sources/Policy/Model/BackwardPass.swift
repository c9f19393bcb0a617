import CKernels

/// A backward pass, which computes the gradient of a forward pass that kept its activations.
///
/// Sums over rows are in the order of the pass's rows. The object owns its buffers and reuses them. One thread uses
/// it at a time.
final class BackwardPass {
  /// The gradient of the residual stream as it moves down the layers, (rows, hiddenSize), and a second one to swap
  /// with.
  private var stream = FloatBuffer(), other = FloatBuffer()
  private let normed = FloatBuffer(), chosenNormed = FloatBuffer()
  private let activated = FloatBuffer(), gate = FloatBuffer(), up = FloatBuffer()
  private let attended = FloatBuffer(), value = FloatBuffer()
  private let query = FloatBuffer(), queryRaw = FloatBuffer(), key = FloatBuffer(), keyRaw = FloatBuffer()
  /// The values between the factors of an adapter, their gradient, and the factors as panels.
  private let lowRank = (FloatBuffer(), FloatBuffer(), panels: FloatBuffer())

  /// The parameters that learn, and the memory to which their gradient is added.
  enum Learned {
    /// All weights. The gradient has their layout.
    case weights(MutableFloats)
    /// The factors of an adapter that is merged into the weights, or is the model's beside frozen weights. The gradient has
    /// the layout of its values.
    case adapter(Adapter, MutableFloats)

    /// Returns the place for the gradient of a tensor, by the tensor's offset; `nil` if the tensor does not learn.
    func place(_ offset: Int) -> MutableFloats? {
      if case .weights(let gradient) = self { gradient + offset } else { nil }
    }
  }

  /// Adds to the gradient of what is `learned`, for the last run of `pass`. `dlogits` is the gradient of the logits,
  /// (predicting, paddedVocabularySize).
  func run(_ pass: ForwardPass, dlogits: MutableFloats, learned: Learned) {
    let model = pass.model
    let (c, layout) = (model.configuration, model.layout)
    let (m, d) = (pass.rows.predicting.count, c.hiddenSize)
    model.withValues { w in
      linear(layout.head, pass, w, learned, x: pass.hidden, dlogits, into: normed, m)
      kernels.norm_backward(
        normed.pointer, pass.final.pointer, w + layout.finalNorm, pass.inverseFinal.pointer,
        stream.zeros(m * d), learned.place(layout.finalNorm), m, d)
      for layer in (0..<c.layerCount).reversed() { run(layer: layer, pass, w, learned) }
    }
    guard let dembedding = learned.place(layout.embedding) else { return }
    for (row, token) in pass.rows.tokens.enumerated() {
      VectorMath.add(stream.pointer + row * d, to: dembedding + Int(token) * d, d)
    }
  }

  /// Computes the gradients of y = x Wᵀ + b: dW += dyᵀ x, db += Σ dy, and dx = or += dy W.
  private func linear(
    _ layer: LinearLayer, _ pass: ForwardPass, _ w: Floats, _ learned: Learned, x: FloatBuffer, _ dy: Floats,
    into dx: FloatBuffer, _ rows: Int, adding: Bool = false
  ) {
    let products = pass.model.products
    switch learned {
    case .weights(let gradient):
      products.accumulate(
        dy, x.pointer, into: gradient + layer.weight, rows: rows, inputs: layer.inputs,
        outputs: layer.outputs, team: pass.team)
      if let bias = layer.bias {
        for row in 0..<rows { VectorMath.add(dy + row * layer.outputs, to: gradient + bias, layer.outputs) }
      }
    case .adapter(let adapter, let gradient):
      adapter.accumulate(layer, x: x.pointer, dy, into: gradient, rows: rows, lowRank, pass.team)
    }
    let target = dx.reserve(rows * layer.inputs)
    if let frozen = pass.model.frozen {
      frozen.matrix(layer).multiplyBack(dy, into: target, rows: rows, adding: adding, team: pass.team)
      guard case .adapter(let adapter, _) = learned else { return }
      adapter.addInputGradient(layer, lowRank.1.pointer, into: target, rows: rows, pass.team)
    } else {
      products.multiplyBack(
        dy, w + layer.weight, into: target, rows: rows, inputs: layer.inputs, outputs: layer.outputs,
        adding: adding, team: pass.team)
    }
  }

  /// Runs one layer. Before it, `stream` is the gradient of the layer's output; after it, that of the input.
  private func run(layer: Int, _ pass: ForwardPass, _ w: Floats, _ learned: Learned) {
    let c = pass.model.configuration
    let (n, d, f) = (pass.rows.count, c.hiddenSize, c.intermediateSize)
    let (m, _, chosen) = pass.queries(layer)
    let (o, a) = (pass.model.layout.layers[layer], pass.activations(layer))
    func linear(
      _ layer: LinearLayer, _ x: FloatBuffer, _ dy: FloatBuffer, _ dx: FloatBuffer, _ rows: Int,
      adding: Bool = false
    ) {
      self.linear(layer, pass, w, learned, x: x, dy.pointer, into: dx, rows, adding: adding)
    }
    func norm(
      _ dy: FloatBuffer, _ x: FloatBuffer, _ inverse: FloatBuffer, _ weight: Int, _ dx: MutableFloats,
      _ rows: Int, _ width: Int
    ) {
      kernels.norm_backward(
        dy.pointer, x.pointer, w + weight, inverse.pointer, dx, learned.place(weight), rows, width)
    }
    /// Returns the gradient of heads before their norm, if they have one.
    func heads(
      _ dy: FloatBuffer, _ x: FloatBuffer, _ inverse: FloatBuffer, _ weight: Int?, _ dx: FloatBuffer,
      _ rows: Int
    ) -> FloatBuffer {
      guard let weight else { return dy }
      norm(dy, x, inverse, weight, dx.zeros(rows * c.headDimension), rows, c.headDimension)
      return dx
    }
    // Feed-forward: output = middle + down(silu(gate) · up).
    linear(o.down, a.activated, stream, activated, m)
    kernels.swiglu_backward(
      activated.pointer, a.gate.pointer, a.up.pointer, gate.reserve(m * f), up.reserve(m * f), m * f)
    linear(o.gate, a.normed2, gate, normed, m)
    linear(o.up, a.normed2, up, normed, m, adding: true)
    norm(normed, a.middle, a.inverse2, o.postNorm, stream.pointer, m, d)
    // Attention: middle = input + output(attended).
    linear(o.output, a.attended, stream, attended, m)
    attention(layer, pass)
    let query = heads(query, a.queryRaw, a.inverseQuery, o.queryNorm, queryRaw, m * c.headCount)
    let key = heads(key, a.keyRaw, a.inverseKey, o.keyNorm, keyRaw, n * c.keyValueHeadCount)
    linear(o.key, a.normed1, key, normed, n)
    linear(o.value, a.normed1, value, normed, n, adding: true)
    if let chosen {
      linear(o.query, a.chosenNormed1, query, chosenNormed, m)
      scatter(chosenNormed, chosen, into: normed.pointer, d)
      scatter(stream, chosen, into: other.zeros(n * d), d)
      swap(&stream, &other)
    } else {
      linear(o.query, a.normed1, query, normed, n, adding: true)
    }
    norm(normed, a.input, a.inverse1, o.inputNorm, stream.pointer, n, d)
  }

  /// Computes the gradients of `query`, `key` (before RoPE) and `value` from that of `attended`.
  private func attention(_ layer: Int, _ pass: ForwardPass) {
    let (model, a) = (pass.model, pass.activations(layer))
    let (c, kw) = (model.configuration, model.configuration.keyValueWidth)
    let (m, positions, chosen) = pass.queries(layer)
    query.reserve(m * c.queryWidth)
    key.zeros(pass.rows.count * kw)
    value.zeros(pass.rows.count * kw)
    var probabilities = a.probabilities.pointer
    for (index, segment) in pass.rows.segments.enumerated() {
      let (firstRow, span) = pass.span(segment, isChosen: chosen != nil)
      guard span.count > 0 else { continue }
      let place = firstRow * c.queryWidth
      let pieces = pass.path(index).map { index in
        let part = pass.rows.segments[index]
        let first = part.firstRow * kw
        return Attention.Piece(
          first: part.firstPosition, count: part.count, keys: a.key.pointer + first,
          values: a.value.pointer + first, dkeys: key.pointer + first, dvalues: value.pointer + first)
      }
      let part = c.isLarge ? 1 : c.keyValueHeadCount
      pass.team.forEach(c.keyValueHeadCount / part) { index, thread in
        model.attention.backward(
          span, doutput: attended.pointer + place, queries: a.query.pointer + place, pieces: pieces,
          probabilities: pass.keepsProbabilities ? probabilities : nil, dqueries: query.pointer + place,
          scratch: pass.team.scratch(thread).reserve(
            model.attention.scratchCount(span, pieces: pieces.count, kept: pass.keepsProbabilities)),
          keyValueHeads: index * part..<(index + 1) * part)
      }
      if pass.keepsProbabilities { probabilities += model.attention.probabilityCount(span) }
    }
    model.rotary.turn(query.pointer, heads: c.headCount, positions: positions, direction: -1)
    model.rotary.turn(key.pointer, heads: c.keyValueHeadCount, positions: pass.rows.positions, direction: -1)
  }

  private func scatter(_ source: FloatBuffer, _ rows: [Int], into target: MutableFloats, _ width: Int) {
    for (index, row) in rows.enumerated() {
      VectorMath.add(source.pointer + index * width, to: target + row * width, width)
    }
  }
}
