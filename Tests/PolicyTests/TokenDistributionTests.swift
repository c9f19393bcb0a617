import Foundation
import PropertyTesting
import Testing

@testable import Policy

@Suite("Sampling draws from the distribution whose log-probabilities it reports")
struct TokenDistributionTests {
  /// A distribution over `logits`, padded as the engine pads them, with rubbish.
  private func distribution(
    _ logits: [Float], temperature: Float = 1, allowed: [Int]? = nil
  ) -> TokenDistribution {
    let result = TokenDistribution(vocabularySize: logits.count)
    var mask: TokenSet?
    if let allowed {
      mask = TokenSet(vocabularySize: logits.count)
      for token in allowed { mask?.insert(token) }
    }
    result.set(logits + [Float](repeating: 1000, count: 16), temperature: temperature, allowed: mask)
    return result
  }

  private func probabilities(_ d: TokenDistribution) -> [Float] {
    Array(UnsafeBufferPointer(start: d.probabilities, count: d.vocabularySize))
  }

  @Test("probabilities equal a softmax in double precision, masked and at any temperature, within 1e-6")
  func softmax() {
    let logits = Generator<[Double]>.array(of: .double(in: -30...30), count: 1...90)
    let inputs = Generator.zip(logits, .double(in: 0.1...3), .integer(in: 1...5))
    forAll("softmax", inputs) { logits, temperature, every in
      let allowed = logits.indices.filter { $0 % every == 0 }
      let d = distribution(logits.map { Float($0) }, temperature: Float(temperature), allowed: allowed)
      let scores = allowed.map { Double(Float(logits[$0])) / Double(Float(temperature)) }
      let logTotal = log(scores.reduce(0) { $0 + exp($1) })
      let close = zip(allowed, scores).allSatisfy { token, score in
        let log = score - logTotal
        return abs(Double(d.probabilities[token]) - exp(log)) < 1e-6
          && abs(Double(d.logProbabilities[token]) - log) < 2e-5 * max(1, abs(score))
      }
      let forbidden = Set(logits.indices).subtracting(allowed)
      return close
        && forbidden.allSatisfy { d.probabilities[$0] == 0 && d.logProbabilities[$0] == -.infinity }
    }
  }

  @Test("draws follow the probabilities (chi-squared over 20,000 draws)")
  func frequencies() {
    let d = distribution((0..<19).map { Float($0 % 7) * 0.6 }, allowed: (0..<19).filter { $0 != 13 })
    let draws = 20_000
    var counts = [Int](repeating: 0, count: 19)
    for index in 0..<draws { counts[d.token(at: CounterRandom.uniform(seed: 11, index: UInt64(index)))] += 1 }
    let p = probabilities(d)
    let statistic = (0..<19).filter { p[$0] > 0 }.reduce(0.0) { sum, token in
      let expected = Double(p[token]) * Double(draws)
      return sum + pow(Double(counts[token]) - expected, 2) / expected
    }
    #expect(counts[13] == 0)
    // 17 degrees of freedom: 40.8 is the 99.9th percentile.
    #expect(statistic < 40.8)
  }

  @Test("the ends of 0 ..< 1 draw the first and the last allowed token")
  func ends() {
    let d = distribution([0, 0, 0, 0], allowed: [1, 2])
    #expect(d.token(at: 0) == 1)
    #expect(d.token(at: 1.0.nextDown) == 2)
  }

  @Test("ties go to the lower id, greedily and in top-k")
  func ties() {
    let d = distribution([1, 3, 3, 2, 3])
    #expect(d.mostLikely == 1)
    d.truncate(SamplingParameters(topK: 2))
    #expect(probabilities(d) == [0, 0.5, 0.5, 0, 0])
  }

  @Test("what top-k, top-p and min-p keep is what sorting all tokens would keep, to the last bit")
  func selection() {
    let inputs = Generator.zip(
      Generator<[Int]>.array(of: .integer(in: -40...12), count: 1...700), .integer(in: 0...90),
      .double(in: 0...1.2), .double(in: 0...1), .integer(in: 1...7))
    forAll("selection", inputs, count: 400) { logits, k, topP, minP, used in
      var sampling = SamplingParameters()
      if used & 1 != 0 { sampling.topK = k }
      if used & 2 != 0 { sampling.topP = Float(topP) }
      if used & 4 != 0 { sampling.minP = Float(minP) }
      // Many ties.
      let d = distribution(logits.map { Float($0) / 4 })
      let all = probabilities(d)
      var kept = all.indices.filter { all[$0] > 0 }.sorted { (all[$0], $1) > (all[$1], $0) }
      if let k = sampling.topK { kept = Array(kept.prefix(k)) }
      if let topP = sampling.topP {
        let mass = (sampling.topK == nil ? Array(all.indices) : kept).reduce(Float(0)) { $0 + all[$1] }
        var sum: Float = 0
        kept = Array(
          kept.prefix { token in
            defer { sum += all[token] / mass }
            return sum < topP
          })
      }
      if let minP = sampling.minP, let first = kept.first {
        kept = kept.filter { all[$0] >= all[first] * Float(minP) }
      }
      let mass = kept.reduce(Float(0)) { $0 + all[$1] }
      var expected = [Float](repeating: 0, count: all.count)
      for token in kept { expected[token] = all[token] / mass }
      d.truncate(sampling)
      return probabilities(d) == expected
    }
  }

  @Test("top-p keeps the smallest set that reaches it, min-p what is likely enough, and both renormalise")
  func truncation() {
    let logits = [0.5, 0.25, 0.125, 0.125].map { Float(log($0)) }
    func kept(_ sampling: SamplingParameters) -> [Float] {
      let d = distribution(logits)
      d.truncate(sampling)
      let total = probabilities(d).reduce(0, +)
      #expect(abs(total - 1) < 1e-6)
      return probabilities(d).map { ($0 * 1000).rounded() }
    }
    #expect(kept(SamplingParameters(topP: 0.7)) == [667, 333, 0, 0])
    #expect(kept(SamplingParameters(topP: 0.5 - 1e-5)) == [1000, 0, 0, 0])
    #expect(kept(SamplingParameters(minP: 0.3)) == [667, 333, 0, 0])
    #expect(kept(SamplingParameters(topK: 3, topP: 0.6)) == [667, 333, 0, 0])
    #expect(kept(SamplingParameters(topK: 1)) == [1000, 0, 0, 0])
  }

  @Test("entropy of n equal tokens is log n")
  func entropy() {
    let d = distribution([Float](repeating: 2, count: 40), allowed: Array(5..<21))
    #expect(abs(d.entropy - Float(log(16.0))) < 1e-5)
  }

  @Test("the polynomials agree with the system's exp within 3e-7 and log within 1e-7, relatively")
  func polynomials() {
    for index in 0..<20_000 {
      let x = Float(index) / 20_000 * 174 - 87
      #expect(abs(Double(VectorMath.exp(x)) / exp(Double(x)) - 1) < 3e-7)
      let y = Float(exp(Double(x)))
      #expect(abs(Double(VectorMath.log(y)) - log(Double(y))) <= 1e-7 * abs(log(Double(y))))
    }
    #expect(VectorMath.exp(-.infinity) == 0 && VectorMath.exp(Float.nan).isNaN)
    #expect(VectorMath.log(0) == -.infinity && VectorMath.log(1) == 0)
  }
}
