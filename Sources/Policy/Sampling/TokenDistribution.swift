import Foundation

/// The distribution of the next token: what the sampler draws from and the trainer differentiates, by the same
/// code and to the same bits (P5).
struct TokenDistribution {
  let vocabularySize: Int
  /// Natural logs, -infinity where not allowed; padded to a multiple of 8 with -infinity.
  private(set) var logProbabilities: [Float]
  private(set) var probabilities: [Float]

  init(vocabularySize: Int) {
    self.vocabularySize = vocabularySize
    let padded = (vocabularySize + 7) / 8 * 8
    logProbabilities = [Float](repeating: -.infinity, count: padded)
    probabilities = [Float](repeating: 0, count: padded)
  }

  /// Sets the distribution to softmax(logits / temperature) over the allowed tokens.
  /// - Precondition: temperature > 0, and at least one token is allowed.
  mutating func set(_ logits: Floats, temperature: Float, allowed: TokenSet?) {
    logProbabilities.withUnsafeMutableBufferPointer { logs in
      probabilities.withUnsafeMutableBufferPointer { probabilities in
        guard let logs = logs.baseAddress, let p = probabilities.baseAddress else { return }
        var top = -Float.infinity
        for token in 0..<vocabularySize {
          let isAllowed = allowed?.contains(token) ?? true
          let value = isAllowed ? logits[token] / temperature : -.infinity
          logs[token] = value
          if value > top { top = value }
        }
        var total = SIMD8<Float>.zero
        let padded = (vocabularySize + 7) / 8 * 8
        for index in stride(from: 0, to: padded, by: 8) {
          let e = VectorMath.exp(VectorMath.load(logs, index) - top)
          VectorMath.store(e, p, index)
          total += e
        }
        let sum = VectorMath.sum(total)
        let logSum = top + log(sum)
        for index in stride(from: 0, to: padded, by: 8) {
          VectorMath.store(VectorMath.load(p, index) / sum, p, index)
          VectorMath.store(VectorMath.load(logs, index) - logSum, logs, index)
        }
      }
    }
  }

  /// Keeps only the tokens that top-k, top-p and min-p keep, each applied to what the one before kept, and
  /// renormalises. Ties go to the lower id. O(V log V).
  mutating func truncate(_ sampling: SamplingParameters) {
    guard sampling.topK != nil || sampling.topP != nil || sampling.minP != nil else { return }
    var kept = (0..<vocabularySize).filter { probabilities[$0] > 0 }
    kept.sort { (probabilities[$0], $1) > (probabilities[$1], $0) }
    if let k = sampling.topK { kept = Array(kept.prefix(k)) }
    if let p = sampling.topP {
      let mass = kept.reduce(Float(0)) { $0 + probabilities[$1] }
      var sum: Float = 0
      kept = Array(
        kept.prefix { token in
          defer { sum += probabilities[token] / mass }
          return sum < p
        })
    }
    if let minP = sampling.minP, let first = kept.first {
      let least = probabilities[first] * minP
      kept = kept.filter { probabilities[$0] >= least }
    }
    let mass = kept.reduce(Float(0)) { $0 + probabilities[$1] }
    var newLogs = [Float](repeating: -.infinity, count: logProbabilities.count)
    var newProbabilities = [Float](repeating: 0, count: probabilities.count)
    for token in kept {
      newLogs[token] = logProbabilities[token] - log(mass)
      newProbabilities[token] = probabilities[token] / mass
    }
    (logProbabilities, probabilities) = (newLogs, newProbabilities)
  }

  /// The token whose share of 0..<1 holds `uniform`, in id order.
  func token(at uniform: Double) -> Int {
    var total = 0.0
    for token in 0..<vocabularySize { total += Double(probabilities[token]) }
    var left = uniform * total
    var last = 0
    for token in 0..<vocabularySize where probabilities[token] > 0 {
      last = token
      left -= Double(probabilities[token])
      if left < 0 { return token }
    }
    return last
  }

  /// The most likely token, the lowest id among equals.
  var mostLikely: Int {
    var best = 0
    for token in 1..<vocabularySize where logProbabilities[token] > logProbabilities[best] { best = token }
    return best
  }

  /// -Σ p log p, in nats.
  var entropy: Float {
    var total: Float = 0
    for token in 0..<vocabularySize where probabilities[token] > 0 {
      total -= probabilities[token] * logProbabilities[token]
    }
    return total
  }
}
