/// The gradient of a forward pass that kept its activations. Deterministic; its bits depend on the pack.
///
/// Owns its buffers and reuses them. Used by one thread at a time.
final class BackwardPass {
  /// (rows, hiddenSize): the gradient of the residual stream as it moves down the layers, and one to swap with.
  private var stream = FloatBuffer(), other = FloatBuffer()
  private let normed = FloatBuffer(), chosenNormed = FloatBuffer()
  private let activated = FloatBuffer(), gate = FloatBuffer(), up = FloatBuffer()
  private let attended = FloatBuffer(), value = FloatBuffer()
  private let query = FloatBuffer(), queryRaw = FloatBuffer(), key = FloatBuffer(), keyRaw = FloatBuffer()

  /// Adds to `gradient` (laid out as the weights) what `dlogits` asks: (predicting, paddedVocabularySize), for the
  /// last run of `pass`.
  func run(_ pass: ForwardPass, dlogits: MutableFloats, gradient: MutableFloats) {
    let model = pass.model
    let c = model.configuration
    let (m, d, v) = (pass.rows.predicting.count, c.hiddenSize, c.paddedVocabularySize)
    model.weights.values.withUnsafeBufferPointer { weights in
      guard let w = weights.baseAddress else { return }
      product(
        pass.hidden.pointer, w + model.head, dlogits, into: normed.reserve(m * d), gradient + model.head,
        pass.team, m,
        d, v)
      RMSNorm.backward(
        normed.pointer, x: pass.final.pointer, weight: w + model.finalNorm,
        inverse: pass.inverseFinal.pointer,
        into: stream.zeros(m * d), dweight: gradient + model.finalNorm, rows: m, width: d)
      for layer in (0..<c.layerCount).reversed() { run(layer: layer, pass, w, gradient) }
    }
    for (row, token) in pass.rows.tokens.enumerated() {
      VectorMath.add(stream.pointer + row * d, to: gradient + model.embedding + Int(token) * d, d)
    }
  }

  /// Parts of a product that several threads share: as many rows of a gradient, or columns of a matrix.
  private static let partLength = 256

  /// The gradients of y = x weightᵀ: dweight += dyᵀ x, and dx = or += dy weight.
  private func product(
    _ x: Floats, _ weight: Floats, _ dy: Floats, into dx: MutableFloats, _ dweight: MutableFloats,
    _ team: WorkTeam,
    _ rows: Int, _ inputs: Int, _ outputs: Int, accumulate: Bool = false
  ) {
    let isShared = inputs * outputs > Self.partLength * Self.partLength
    team.forEachPart(of: outputs, length: isShared ? Self.partLength : outputs) { part, _ in
      BLAS.accumulateOuter(
        dy + part.lowerBound, x, into: dweight + part.lowerBound * inputs, rows: rows, inner: part.count,
        columns: inputs, aStride: outputs)
    }
    team.forEachPart(of: inputs, length: isShared ? Self.partLength : inputs) { part, _ in
      BLAS.multiply(
        dy, weight + part.lowerBound, into: dx + part.lowerBound, rows: rows, inner: outputs,
        columns: part.count,
        stride: inputs, accumulate: accumulate)
    }
  }

  /// On entry `stream` is the gradient of the layer's output, on return that of its input.
  private func run(layer: Int, _ pass: ForwardPass, _ w: Floats, _ gradient: MutableFloats) {
    let c = pass.model.configuration
    let (n, d, f) = (pass.rows.count, c.hiddenSize, c.intermediateSize)
    let (m, _, chosen) = pass.queries(layer)
    let (o, a) = (pass.model.layers[layer], pass.activations(layer))
    /// y = x weightᵀ, with weight (outputs, inputs): dweight += dyᵀ x; dx = or += dy weight.
    func linear(
      _ x: FloatBuffer, _ weight: Int, _ dy: FloatBuffer, _ dx: FloatBuffer, _ rows: Int, _ inputs: Int,
      _ outputs: Int, accumulate: Bool = false
    ) {
      product(
        x.pointer, w + weight, dy.pointer, into: dx.reserve(rows * inputs), gradient + weight, pass.team,
        rows, inputs,
        outputs, accumulate: accumulate)
    }
    func norm(
      _ dy: FloatBuffer, _ x: FloatBuffer, _ inverse: FloatBuffer, _ weight: Int, _ dx: MutableFloats,
      _ rows: Int,
      _ width: Int
    ) {
      RMSNorm.backward(
        dy.pointer, x: x.pointer, weight: w + weight, inverse: inverse.pointer, into: dx,
        dweight: gradient + weight, rows: rows, width: width)
    }
    // Feed-forward: output = middle + down(silu(gate) · up).
    linear(a.activated, o.down, stream, activated, m, f, d)
    SwiGLU.backward(
      activated.pointer, gate: a.gate.pointer, up: a.up.pointer, dgate: gate.reserve(m * f),
      dup: up.reserve(m * f),
      count: m * f)
    linear(a.normed2, o.gate, gate, normed, m, d, f)
    linear(a.normed2, o.up, up, normed, m, d, f, accumulate: true)
    norm(normed, a.middle, a.inverse2, o.postNorm, stream.pointer, m, d)
    // Attention: middle = input + output(attended).
    linear(a.attended, o.output, stream, attended, m, c.queryWidth, d)
    attention(layer, pass)
    norm(
      query, a.queryRaw, a.inverseQuery, o.queryNorm, queryRaw.zeros(m * c.queryWidth), m * c.headCount,
      c.headDimension)
    norm(
      key, a.keyRaw, a.inverseKey, o.keyNorm, keyRaw.zeros(n * c.keyValueWidth), n * c.keyValueHeadCount,
      c.headDimension)
    linear(a.normed1, o.key, keyRaw, normed, n, d, c.keyValueWidth)
    linear(a.normed1, o.value, value, normed, n, d, c.keyValueWidth, accumulate: true)
    if let chosen {
      linear(a.chosenNormed1, o.query, queryRaw, chosenNormed, m, d, c.queryWidth)
      scatter(chosenNormed, chosen, into: normed.pointer, d)
      scatter(stream, chosen, into: other.zeros(n * d), d)
      swap(&stream, &other)
    } else {
      linear(a.normed1, o.query, queryRaw, normed, n, d, c.queryWidth, accumulate: true)
    }
    norm(normed, a.input, a.inverse1, o.inputNorm, stream.pointer, n, d)
  }

  /// From `attended`, the gradients of `query`, `key` (before RoPE) and `value`.
  private func attention(_ layer: Int, _ pass: ForwardPass) {
    let (model, a) = (pass.model, pass.activations(layer))
    let c = model.configuration
    let (n, kw) = (pass.rows.count, c.keyValueWidth)
    let (m, positions, chosen) = pass.queries(layer)
    query.reserve(m * c.queryWidth)
    key.zeros(n * kw)
    value.zeros(n * kw)
    var probabilities = a.probabilities.pointer
    for segment in pass.rows.segments {
      let (firstRow, span) = pass.span(segment, isChosen: chosen != nil)
      let (q, k) = (firstRow * c.queryWidth, segment.firstRow * kw)
      let group = c.isLarge ? c.headCount / c.keyValueHeadCount : c.headCount
      pass.team.forEach(c.headCount / group) { index, thread in
        model.attention.backward(
          span, doutput: attended.pointer + q, queries: a.query.pointer + q, keys: a.key.pointer + k,
          values: a.value.pointer + k, probabilities: probabilities, dqueries: query.pointer + q,
          dkeys: key.pointer + k, dvalues: value.pointer + k,
          scratch: pass.team.scratch(thread).reserve(span.count * span.stride),
          heads: index * group..<(index + 1) * group)
      }
      probabilities += model.attention.probabilityCount(span)
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
