import Foundation
import Testing

@testable import Policy

@Suite("The likeliest tokens at each place")
struct LikeliestTests {
  private let model = ServingFixture.model(vocabularySize: 300)

  private func request(_ sampling: SamplingParameters, _ count: Int) -> GenerationRequest {
    var request = GenerationRequest(
      prompt: [5, 9, 3], maximumTokens: 8, sampling: sampling, seed: 3, endToken: -1)
    request.likeliestCount = count
    return request
  }

  private func run(_ request: GenerationRequest) throws -> (tokens: [SampledToken], generation: Generation) {
    let decoder = Decoder(model)
    _ = try decoder.submit(request)
    var tokens: [SampledToken] = []
    while true {
      for update in try decoder.step() {
        if let sampled = update.sampled { tokens.append(sampled) }
        if let generation = update.finished { return (tokens, generation) }
      }
    }
  }

  @Test("they are those of the softmax of the logits, the likeliest first")
  func softmax() throws {
    for temperature in [Float(0), 1, 2.5] {
      let found = try run(request(SamplingParameters(temperature: temperature), 6)).tokens[0]
      let logits = try #require(model.logits(of: [5, 9, 3], threads: 1).last).map {
        Double($0) / Double(temperature > 0 ? temperature : 1)
      }
      let sum = log(logits.reduce(0) { $0 + exp($1) })
      let expected = logits.indices.sorted { (logits[$0], $1) > (logits[$1], $0) }.prefix(6)
      #expect(found.likeliest.map(\.token) == expected.map(Int32.init))
      for candidate in found.likeliest {
        #expect(abs(Double(candidate.logProbability) - (logits[Int(candidate.token)] - sum)) < 1e-4)
      }
    }
  }

  @Test("P5: asking for them changes nothing, and the drawn token is among them with its own log-probability")
  func asking() throws {
    for sampling in [
      SamplingParameters.greedy, SamplingParameters(temperature: 1.5),
      SamplingParameters(temperature: 1, topK: 2),
      SamplingParameters(temperature: 3, topP: 0.5), SamplingParameters(temperature: 2, minP: 0.3),
    ] {
      let plain = try run(request(sampling, 0))
      let asked = try run(request(sampling, 300))
      #expect(asked.generation == plain.generation && plain.tokens.allSatisfy(\.likeliest.isEmpty))
      #expect(plain.tokens.map(\.token) == plain.generation.tokens)
      #expect(plain.tokens.map(\.logProbability) == plain.generation.logProbabilities)
      for token in asked.tokens {
        let drawn = token.likeliest.first { $0.token == token.token }
        #expect(drawn?.logProbability == token.logProbability)
        #expect(
          zip(token.likeliest, token.likeliest.dropFirst()).allSatisfy {
            $0.logProbability >= $1.logProbability
          })
        if sampling.topK == 2 { #expect(token.likeliest.count == 2) }
      }
    }
  }

  @Test("under a grammar they are of those that it allows")
  func grammar() throws {
    struct Even: TokenConstraint {
      func allowedTokens() -> TokenSet {
        var set = TokenSet(vocabularySize: 300)
        for token in stride(from: 0, to: 300, by: 2) { set.insert(token) }
        return set
      }
      mutating func advance(by token: Int) {}
      var isComplete: Bool { false }
      var digest: UInt64 { 1 }
    }
    var request = request(SamplingParameters(temperature: 2), 300)
    request.constraint = Even()
    for token in try run(request).tokens {
      #expect(token.likeliest.count == 150 && token.likeliest.allSatisfy { $0.token % 2 == 0 })
    }
  }
}
