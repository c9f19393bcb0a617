import Foundation

extension TrainingSequence {
  /// Adds the loss of completion token `index` to `statistics` and writes its gradient to `dlogits`
  /// (paddedVocabularySize, zero past the vocabulary and where the grammar forbids).
  ///
  /// With p = softmax(z / T): ∂ log p(y) / ∂z = (1[y] - p) / T.
  func loss(
    of index: Int, _ distribution: TokenDistribution, statistics: inout LossStatistics, dlogits: MutableFloats
  ) {
    let token = Int(tokens[promptCount + index])
    let vocabulary = distribution.vocabularySize
    let logs = distribution.logProbabilities
    let p = distribution.probabilities
    let scale = weight / temperature
    statistics.tokenCount += 1
    let entropy = distribution.entropy
    statistics.entropy += Double(entropy)
    switch objective {
    case .crossEntropy:
      statistics.loss -= Double(weight * logs[token])
      for id in 0..<vocabulary { dlogits[id] = scale * p[id] }
      dlogits[token] -= scale
    case .clippedSurrogate(let advantage, let behaviour, let low, let high, let bonus):
      let difference = logs[token] - behaviour[index]
      statistics.greatestRatioLog = max(statistics.greatestRatioLog, abs(difference))
      let ratio = exp(difference)
      let clipped = min(max(ratio, 1 - low), 1 + high)
      let isClipped = clipped * advantage < ratio * advantage
      if isClipped { statistics.clippedCount += 1 }
      statistics.loss -= Double(weight * (min(ratio * advantage, clipped * advantage) + bonus * entropy))
      let slope = isClipped ? 0 : ratio * advantage
      for id in 0..<vocabulary {
        let uncertainty = p[id] > 0 ? bonus * p[id] * (logs[id] + entropy) : 0
        dlogits[id] = scale * (slope * p[id] + uncertainty)
      }
      dlogits[token] -= scale * slope
    case .anchor(let reference):
      let base = index * vocabulary
      for id in 0..<vocabulary {
        let r = exp(reference[base + id])
        if r > 0 { statistics.loss += Double(weight * r * (reference[base + id] - logs[id])) }
        dlogits[id] = scale * (p[id] - r)
      }
    }
  }
}
