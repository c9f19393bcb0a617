extension TrainingSequence {
  /// Adds the loss of completion token `index` to `statistics` and its gradient to `dlogits`: nothing where the grammar
  /// forbids.
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
    func add(_ gradient: VectorMath.Vector, _ id: Int) {
      VectorMath.store(VectorMath.load(dlogits, id) + gradient, dlogits, id)
    }
    let difference = recorded.map { logs[token] - $0[index] }
    if let difference {
      // `max` would lose what is not a number.
      let distance = difference.isNaN ? .infinity : abs(difference)
      statistics.greatestDifference = max(statistics.greatestDifference, distance)
      statistics.comparedCount += 1
    }
    switch objective {
    case .crossEntropy:
      statistics.loss -= Double(weight * logs[token])
      for id in stride(from: 0, to: count, by: VectorMath.width) {
        add(VectorMath.load(p, id) * scale, id)
      }
      dlogits[token] -= scale
    case .clippedSurrogate(let whole, let low, let high, let bonus):
      let advantage = advantages?[index] ?? whole
      guard let difference else { preconditionFailure("a surrogate without the sampler's log-probabilities") }
      let ratio = VectorMath.exp(difference)
      let clipped = min(max(ratio, 1 - low), 1 + high)
      let isClipped = clipped * advantage < ratio * advantage
      statistics.approximateKL += Double(ratio - 1 - difference)
      if isClipped { statistics.clippedCount += 1 }
      statistics.loss -= Double(weight * (min(ratio * advantage, clipped * advantage) + bonus * entropy))
      let slope = isClipped ? 0 : ratio * advantage
      for id in stride(from: 0, to: count, by: VectorMath.width) {
        let share = VectorMath.load(p, id)
        let spread = (VectorMath.load(logs, id) + entropy).replacing(with: 0, where: share .== 0)
        add((share * slope + share * spread * bonus) * scale, id)
      }
      dlogits[token] -= scale * slope
    case .anchor(let reference):
      let start = index * distribution.vocabularySize
      statistics.anchoredCount += 1
      for id in stride(from: 0, to: count, by: VectorMath.width) {
        let target = Self.lanes(of: reference, from: start + id, to: start + distribution.vocabularySize)
        let r = VectorMath.exp(target)
        let term = (r * (target - VectorMath.load(logs, id))).replacing(with: 0, where: r .== 0)
        let divergence = VectorMath.sum(term)
        statistics.loss += Double(weight * divergence)
        statistics.anchorDivergence += Double(divergence)
        add((VectorMath.load(p, id) - r) * scale, id)
      }
    }
  }

  /// Values `start` ..< `end`, at most sixteen; -infinity for those past `end`.
  private static func lanes(of values: [Float], from start: Int, to end: Int) -> VectorMath.Vector {
    precondition(end <= values.count, "a reference for fewer tokens than the completion has")
    return values.withUnsafeBufferPointer { values in
      var result = VectorMath.Vector(repeating: -.infinity)
      for lane in 0..<min(VectorMath.width, end - start) { result[lane] = values[start + lane] }
      return result
    }
  }
}
