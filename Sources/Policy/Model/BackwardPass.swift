/// The gradient of a forward pass that kept its activations. Deterministic; its bits depend on the pack.
final class BackwardPass {
  private let hidden = FloatBuffer(), middle = FloatBuffer(), wide = FloatBuffer(), wide2 = FloatBuffer()
  private let query = FloatBuffer(), key = FloatBuffer(), value = FloatBuffer(), raw = FloatBuffer()
  private let attended = FloatBuffer(), scratch = FloatBuffer(), chosenHidden = FloatBuffer()

  /// Adds to `gradient` (laid out as the weights) what `dlogits` asks: (chosen.count, paddedVocabularySize), for
  /// the rows `chosen` of the last run of `pass`; `gathered` holds those rows of its `hidden`.
  func run(
    _ pass: ForwardPass, dlogits: MutableFloats, chosen: [Int], gathered: FloatBuffer, gradient: MutableFloats
  ) {
    let model = pass.model
    let c = model.configuration
    let (n, d, v) = (pass.rows.count, c.hiddenSize, c.paddedVocabularySize)
    chosenHidden.reserve(chosen.count * d)
    model.head.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      BLAS.multiplyTransposed(
        dlogits, weights, into: chosenHidden.pointer, rows: chosen.count, columns: v, inner: d,
        accumulate: false)
    }
    accumulateHead(model, gathered.pointer, dlogits, rows: chosen.count, into: gradient)
    zero(wide.reserve(n * d), n * d)
    for (index, row) in chosen.enumerated() {
      VectorMath.add(chosenHidden.pointer + index * d, to: wide.pointer + row * d, d)
    }
    zero(hidden.reserve(n * d), n * d)
    model.weights.values.withUnsafeBufferPointer { weights in
      guard let w = weights.baseAddress else { return }
      RMSNorm.backward(
        wide.pointer, x: pass.final.pointer, weight: w + model.finalNorm, inverse: pass.inverseFinal.pointer,
        into: hidden.pointer, dweight: gradient + model.finalNorm, rows: n, width: d)
      for layer in (0..<c.layerCount).reversed() { run(layer: layer, pass, w, gradient) }
    }
    for row in 0..<n {
      VectorMath.add(hidden.pointer + row * d, to: gradient + Int(pass.rows.tokens[row]) * d, d)
    }
  }

  private func accumulateHead(
    _ model: Transformer, _ x: Floats, _ dlogits: Floats, rows: Int, into gradient: MutableFloats
  ) {
    let c = model.configuration
    let (d, v) = (c.hiddenSize, c.paddedVocabularySize)
    guard c.tiesWordEmbeddings else {
      BLAS.accumulateOuter(
        x, dlogits, into: gradient + c.parameterCount - d * v, rows: rows, inner: d, columns: v)
      return
    }
    // The head is the embedding transposed: (v, d) += dlogitsᵀ x.
    BLAS.accumulateOuter(dlogits, x, into: gradient, rows: rows, inner: v, columns: d)
  }

  /// On entry `hidden` is the gradient of the layer's output, on return that of its input.
  private func run(layer: Int, _ pass: ForwardPass, _ w: Floats, _ gradient: MutableFloats) {
    let model = pass.model
    let c = model.configuration
    let (n, d, f) = (pass.rows.count, c.hiddenSize, c.intermediateSize)
    let (o, a) = (model.layers[layer], pass.activations[layer])
    /// dweight += xᵀ dy; dx = or += dy weightᵀ.
    func linear(
      _ x: FloatBuffer, _ weight: Int, _ dy: MutableFloats, _ dx: MutableFloats, _ inner: Int, _ columns: Int,
      accumulate: Bool = false
    ) {
      BLAS.accumulateOuter(x.pointer, dy, into: gradient + weight, rows: n, inner: inner, columns: columns)
      BLAS.multiplyTransposed(
        dy, w + weight, into: dx, rows: n, columns: columns, inner: inner, accumulate: accumulate)
    }
    // Feed-forward: hidden = d(middle + down(...)).
    linear(a.activated, o.down, hidden.pointer, wide.reserve(n * f), f, d)
    wide2.reserve(n * f)
    raw.reserve(n * max(f, max(d, c.queryWidth)))
    SwiGLU.backward(
      wide.pointer, gate: a.gate.pointer, up: a.up.pointer, dgate: raw.pointer, dup: wide2.pointer,
      count: n * f)
    middle.reserve(n * d)
    linear(a.normed2, o.gate, raw.pointer, middle.pointer, d, f)
    linear(a.normed2, o.up, wide2.pointer, middle.pointer, d, f, accumulate: true)
    RMSNorm.backward(
      middle.pointer, x: a.middle.pointer, weight: w + o.postNorm, inverse: a.inverse2.pointer,
      into: hidden.pointer,
      dweight: gradient + o.postNorm, rows: n, width: d)
    // Attention: hidden = d(input + output(...)).
    linear(a.attended, o.output, hidden.pointer, attended.reserve(n * c.queryWidth), c.queryWidth, d)
    attention(pass, a)
    headNorms(pass, a, o, w, gradient)
    linear(a.normed1, o.query, query.pointer, middle.pointer, d, c.queryWidth)
    linear(a.normed1, o.key, key.pointer, middle.pointer, d, c.keyValueWidth, accumulate: true)
    linear(a.normed1, o.value, value.pointer, middle.pointer, d, c.keyValueWidth, accumulate: true)
    RMSNorm.backward(
      middle.pointer, x: a.input.pointer, weight: w + o.inputNorm, inverse: a.inverse1.pointer,
      into: hidden.pointer,
      dweight: gradient + o.inputNorm, rows: n, width: d)
  }

  private func attention(_ pass: ForwardPass, _ a: LayerActivations) {
    let c = pass.model.configuration
    let (n, qw, kw) = (pass.rows.count, c.queryWidth, c.keyValueWidth)
    zero(query.reserve(n * qw), n * qw)
    zero(key.reserve(n * kw), n * kw)
    zero(value.reserve(n * kw), n * kw)
    scratch.reserve(c.maximumPositions)
    for row in 0..<n {
      let (home, position) = (pass.rows.homes[row], pass.rows.positions[row])
      pass.model.attention.backward(
        doutput: attended.pointer + row * qw, query: a.query.pointer + row * qw,
        keys: a.key.pointer + home * kw,
        values: a.value.pointer + home * kw, count: position + 1,
        probabilities: a.probabilities.pointer + pass.probabilityOffsets[row],
        dquery: query.pointer + row * qw,
        dkeys: key.pointer + home * kw, dvalues: value.pointer + home * kw, scratch: scratch.pointer)
    }
    for row in 0..<n {
      let position = pass.rows.positions[row]
      pass.model.rotary.turn(query.pointer + row * qw, heads: c.headCount, position: position, direction: -1)
      pass.model.rotary.turn(
        key.pointer + row * kw, heads: c.keyValueHeadCount, position: position, direction: -1)
    }
  }

  /// Takes `query` and `key` back through the q/k norms, in place.
  private func headNorms(
    _ pass: ForwardPass, _ a: LayerActivations, _ o: LayerOffsets, _ w: Floats, _ gradient: MutableFloats
  ) {
    let c = pass.model.configuration
    let n = pass.rows.count
    func norm(_ dy: FloatBuffer, _ x: FloatBuffer, _ inverse: FloatBuffer, _ weight: Int, heads: Int) {
      let count = n * heads * c.headDimension
      zero(raw.reserve(count), count)
      RMSNorm.backward(
        dy.pointer, x: x.pointer, weight: w + weight, inverse: inverse.pointer, into: raw.pointer,
        dweight: gradient + weight, rows: n * heads, width: c.headDimension)
      dy.pointer.update(from: raw.pointer, count: count)
    }
    norm(query, a.queryRaw, a.inverseQuery, o.queryNorm, heads: c.headCount)
    norm(key, a.keyRaw, a.inverseKey, o.keyNorm, heads: c.keyValueHeadCount)
  }

  private func zero(_ pointer: MutableFloats, _ count: Int) { pointer.update(repeating: 0, count: count) }
}
