import CKernels

/// The distribution of the next token. The sampler draws from it and the trainer differentiates it, with the same
/// code and the same bits (P5).
///
/// It is a class because it owns its memory; it is set anew for every token. Only one thread may use it at a time.
final class TokenDistribution {
  let vocabularySize: Int
  /// `vocabularySize` rounded up to a multiple of 16: the length of both buffers.
  let paddedSize: Int
  private let logs: FloatBuffer
  private let shares: FloatBuffer

  /// Whether the logits gave a distribution: none was NaN or too large, and at least one was not -infinity.
  private(set) var isFinite = true

  init(vocabularySize: Int) {
    self.vocabularySize = vocabularySize
    paddedSize = VectorMath.padded(vocabularySize)
    logs = FloatBuffer(capacity: paddedSize)
    shares = FloatBuffer(capacity: paddedSize)
  }

  /// Natural logs, -infinity where not allowed and in the padding.
  var logProbabilities: Floats { Floats(logs.pointer) }
  /// Zero where not allowed and in the padding.
  var probabilities: Floats { Floats(shares.pointer) }

  /// Sets the distribution to softmax(logits / temperature) over the allowed tokens. `logits` is padded to a
  /// multiple of 16 with anything.
  /// - Precondition: temperature > 0, and at least one token is allowed.
  func set(_ logits: Floats, temperature: Float, allowed: TokenSet?) {
    let (x, p) = (logs.pointer, shares.pointer)
    for index in stride(from: 0, to: paddedSize, by: VectorMath.width) {
      VectorMath.store(VectorMath.load(logits, index) / temperature, x, index)
    }
    if let allowed { mask(x, allowed) }
    for token in vocabularySize..<paddedSize { x[token] = -.infinity }
    var top: Float = 0
    let sum = kernels.softmax(x, p, paddedSize, &top)
    isFinite = sum.isFinite
    let logSum = top + VectorMath.log(sum)
    for index in stride(from: 0, to: paddedSize, by: VectorMath.width) {
      VectorMath.store(VectorMath.load(x, index) - logSum, x, index)
    }
  }

  private func mask(_ x: MutableFloats, _ allowed: TokenSet) {
    precondition(allowed.vocabularySize == vocabularySize, "a mask for another vocabulary")
    let bits = SIMD16<UInt32>((0..<16).map { 1 << $0 })
    allowed.words.withUnsafeBufferPointer { words in
      for index in stride(from: 0, to: paddedSize, by: VectorMath.width) {
        let sixteen = UInt32(truncatingIfNeeded: words[index >> 6] >> UInt64(index & 63))
        let isForbidden = (SIMD16(repeating: sixteen) & bits) .== 0
        VectorMath.store(VectorMath.load(x, index).replacing(with: -.infinity, where: isForbidden), x, index)
      }
    }
  }

  /// Keeps only the tokens that top-k, top-p and min-p keep, each applied to what the one before kept, and
  /// renormalises. Ties go to the lower id. O(V + K log K) for the K tokens that can be kept: of a peaked distribution
  /// few, whatever the vocabulary.
  func truncate(_ sampling: SamplingParameters) {
    guard sampling.topK != nil || sampling.topP != nil || sampling.minP != nil else { return }
    let p = shares.pointer
    var kept = candidates(sampling)
    kept.sort { (p[$0], $1) > (p[$1], $0) }
    if let k = sampling.topK { kept = Array(kept.prefix(k)) }
    if let topP = sampling.topP {
      // The mass is that of all tokens that top-k kept, and not only of the candidates.
      let mass =
        sampling.topK == nil
        ? (0..<vocabularySize).reduce(Float(0)) { $0 + p[$1] } : kept.reduce(Float(0)) { $0 + p[$1] }
      var sum: Float = 0
      kept = Array(
        kept.prefix { token in
          defer { sum += p[token] / mass }
          return sum < topP
        })
    }
    if let minP = sampling.minP, let first = kept.first {
      let least = p[first] * minP
      kept = kept.filter { p[$0] >= least }
    }
    let mass = kept.reduce(Float(0)) { $0 + p[$1] }
    let logMass = VectorMath.log(mass)
    let old = kept.map { (log: logs.pointer[$0] - logMass, probability: p[$0] / mass) }
    logs.pointer.update(repeating: -.infinity, count: paddedSize)
    p.update(repeating: 0, count: paddedSize)
    for (token, value) in zip(kept, old) { (logs.pointer[token], p[token]) = value }
  }

  /// Tokens that include all that will be kept.
  private func candidates(_ sampling: SamplingParameters) -> [Int] {
    let p = shares.pointer
    if let k = sampling.topK { return likeliest(k) }
    var floor: Float = 0
    if let topP = sampling.topP, topP < 1 {
      // All tokens below this have less than half of what top-p leaves out; half, so that no rounding matters.
      floor = (1 - topP) / Float(2 * vocabularySize)
    } else if let minP = sampling.minP {
      floor = p[mostLikely] * minP
    }
    return (0..<vocabularySize).filter { p[$0] > 0 && p[$0] >= floor }
  }

  /// The `count` likeliest tokens, and perhaps others.
  private func likeliest(_ count: Int) -> [Int] {
    let p = shares.pointer
    guard count > 0 else { return [] }
    // The likeliest so far, a batch at a time; below `floor` nothing is among them.
    var kept: [Int] = []
    var floor: Float = 0
    let room = max(64, 2 * min(count, vocabularySize))
    for token in 0..<vocabularySize where p[token] > 0 && p[token] >= floor {
      kept.append(token)
      if kept.count > room {
        kept.sort { (p[$0], $1) > (p[$1], $0) }
        kept.removeLast(kept.count - count)
        // A later token loses a tie.
        floor = p[kept[count - 1]].nextUp
      }
    }
    return kept
  }

  /// The `count` likeliest tokens of those that can be drawn, the likeliest first; of equal ones the lower id is first.
  /// O(V + K log K) for the `count` K.
  func likeliestTokens(_ count: Int) -> [SampledToken.Candidate] {
    let p = shares.pointer
    return likeliest(count).sorted { (p[$0], $1) > (p[$1], $0) }.prefix(count).map {
      SampledToken.Candidate(token: Int32($0), logProbability: logs.pointer[$0])
    }
  }

  /// The token whose share of 0..<1 holds `uniform`, in id order.
  func token(at uniform: Double) -> Int {
    let p = shares.pointer
    var total = 0.0
    for token in 0..<vocabularySize { total += Double(p[token]) }
    var left = uniform * total
    var last = 0
    for token in 0..<vocabularySize where p[token] > 0 {
      last = token
      left -= Double(p[token])
      if left < 0 { return token }
    }
    return last
  }

  /// The most likely token, the lowest id among equals.
  var mostLikely: Int {
    let logs = logs.pointer
    var best = 0
    for token in 1..<max(1, vocabularySize) where logs[token] > logs[best] { best = token }
    return best
  }

  /// -Σ p log p, in nats.
  var entropy: Float {
    var total = VectorMath.Vector.zero
    for index in stride(from: 0, to: paddedSize, by: VectorMath.width) {
      let p = VectorMath.load(shares.pointer, index)
      let term = p * VectorMath.load(logs.pointer, index)
      // The log may be -infinity if p is 0.
      total -= term.replacing(with: 0, where: p .== 0)
    }
    return VectorMath.sum(total)
  }
}
