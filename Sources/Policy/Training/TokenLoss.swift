extension TrainingSequence {
  /// Adds the loss of completion token `index` to `statistics` and writes its gradient to `dlogits`, up to the
  /// distribution's padded size: zero in the padding and where the grammar forbids.
  ///
  /// With p = softmax(z / T): ∂ log p(y) / ∂z = (1[y] - p) / T.
  func loss(
    of index: Int, _ distribution: TokenDistribution, statistics: inout LossStatistics, dlogits: MutableFloats
  ) {
    let token = Int(tokens[promptCount + index])
    let (logs, p, count) = (
      distribution.logProbabilities, distribution.probabilities, distribution.paddedSize
    )
    let scale = weight / temperature
    let entropy = distribution.entropy
    statistics.tokenCount += 1
    statistics.entropy += Double(entropy)
    switch objective {
    case .crossEntropy:
      statistics.loss -= Double(weight * logs[token])
      for id in stride(from: 0, to: count, by: 8) {
        VectorMath.store(VectorMath.load(p, id) * scale, dlogits, id)
      }
      dlogits[token] -= scale
    case .clippedSurrogate(let advantage, let behaviour, let low, let high, let bonus):
      let difference = logs[token] - behaviour[index]
      let ratio = VectorMath.exp(difference)
      let clipped = min(max(ratio, 1 - low), 1 + high)
      let isClipped = clipped * advantage < ratio * advantage
      statistics.greatestRatioLog = max(statistics.greatestRatioLog, abs(difference))
      statistics.approximateKL += Double(ratio - 1 - difference)
      if isClipped { statistics.clippedCount += 1 }
      statistics.loss -= Double(weight * (min(ratio * advantage, clipped * advantage) + bonus * entropy))
      let slope = isClipped ? 0 : ratio * advantage
      for id in stride(from: 0, to: count, by: 8) {
        let share = VectorMath.load(p, id)
        let spread = (VectorMath.load(logs, id) + entropy).replacing(with: 0, where: share .== 0)
        VectorMath.store((share * slope + share * spread * bonus) * scale, dlogits, id)
      }
      dlogits[token] -= scale * slope
    case .anchor(let reference):
      let start = index * distribution.vocabularySize
      for id in stride(from: 0, to: count, by: 8) {
        let target = Self.eight(of: reference, from: start + id, to: start + distribution.vocabularySize)
        let r = VectorMath.exp(target)
        let term = (r * (target - VectorMath.load(logs, id))).replacing(with: 0, where: r .== 0)
        statistics.loss += Double(weight * VectorMath.sum(term))
        VectorMath.store((VectorMath.load(p, id) - r) * scale, dlogits, id)
      }
    }
  }

  /// Values `start` ..< `end`, at most eight; -infinity for those past `end`.
  private static func eight(of values: [Float], from start: Int, to end: Int) -> SIMD8<Float> {
    precondition(end <= values.count, "a reference for fewer tokens than the completion has")
    return values.withUnsafeBufferPointer { values in
      var result = SIMD8<Float>(repeating: -.infinity)
      for lane in 0..<min(8, end - start) { result[lane] = values[start + lane] }
      return result
    }
  }
}
