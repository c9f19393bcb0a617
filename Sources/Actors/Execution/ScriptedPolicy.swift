import Policy

/// A policy without weights: its designs come from a list, and its executors know the answer and err at a given rate.
///
/// It answers the same requests as the neural policy, so actors cannot tell the two apart. All that is random is
/// drawn from the request's seed. Every token has log-probability 0.
public struct ScriptedPolicy: Sendable {
  /// How designs are chosen.
  public enum Designer: Sendable {
    /// Every design is this text, which need not be a script.
    case text(String)
    /// A design is drawn, by weight, from the scripts of the task's family. The keys are family names.
    case distribution([String: DesignDistribution])
    /// A design is the shortest chain with which perfect executors solve the task.
    case optimal
  }
  /// How executors answer.
  public enum Executor: Sendable {
    /// Executors give the reference answer; in a share `errorRate` (0 to 1) of the calls, they make a well-formed
    /// mistake.
    case reference(errorRate: Double)
    /// Executors of a role always answer this text; other roles answer the empty text.
    case texts([String: String])
  }
  package let families: [any TaskFamily]
  package var designer: Designer
  package var executor: Executor
  package let tokenizer: WordTokenizer

  public init(
    families: [any TaskFamily], designer: Designer = .optimal, executor: Executor = .reference(errorRate: 0),
    tokenizer: WordTokenizer = TroupeVocabulary.tokenizer
  ) {
    self.families = families
    self.designer = designer
    self.executor = executor
    self.tokenizer = tokenizer
  }

  /// Answers `request`, cut at its token limit. A prompt that is malformed gets the empty text.
  /// - Complexity: O(tokens of prompt and answer), plus the family's reference solver.
  package func generate(_ request: GenerationRequest) throws(TokenizerError) -> Generation {
    var draws = SeededDraws(seed: request.seed)
    if !request.messages.isEmpty {
      let family = families.first { $0.isText && $0.question(request.messages) != nil }
      let prompt = family.flatMap { $0.question(request.messages) }
      var said = Generation(text: prompt.map { reply(to: $0, family, using: &draws) } ?? "", stop: .end)
      if said.unitCount > request.maximumTokens { said.stop = .length }
      return said
    }
    let prompt = ExecutorPrompt(parsing: tokenizer.decode(request.prompt))
    let family = prompt.flatMap { prompt in families.first { $0.recognizes(state: prompt.state) } }
    let said = prompt.map { reply(to: $0, family, using: &draws) } ?? ""
    // A router's answer names a part, which this scenario's library may lack.
    let isRefused = prompt?.role != TroupeVocabulary.designer && (try? tokenizer.encode(said)) == nil
    let text = isRefused ? "" : said
    let tokens = try tokenizer.encode(text) + [request.endToken]
    let kept = Array(tokens.prefix(max(0, request.maximumTokens)))
    return Generation(
      tokens: kept, logProbabilities: Array(repeating: 0, count: kept.count),
      stop: kept.count == tokens.count ? .end : .length)
  }

  private func reply(
    to prompt: ExecutorPrompt, _ family: (any TaskFamily)?, using draws: inout SeededDraws
  ) -> String {
    guard prompt.role != TroupeVocabulary.designer else { return design(prompt, family, using: &draws) }
    switch executor {
    case .texts(let texts): return texts[prompt.role] ?? ""
    case .reference(let errorRate):
      guard let family, let right = family.reference(prompt) else { return "" }
      let errs = Double.random(in: 0..<1, using: &draws) < errorRate
      return errs ? family.corrupted(right, for: prompt, using: &draws) : right
    }
  }

  private func design(
    _ prompt: ExecutorPrompt, _ family: (any TaskFamily)?, using draws: inout SeededDraws
  ) -> String {
    switch designer {
    case .text(let text): return text
    case .distribution(let distributions):
      return family.flatMap { distributions[$0.name] }?.draw(using: &draws).description ?? ""
    case .optimal:
      guard let family, let level = family.remainingSteps(prompt.state) else { return "" }
      return family.optimalScript(level: max(1, level)).description
    }
  }
}

/// The draws of one request: H(seed, counter).
private struct SeededDraws: RandomNumberGenerator {
  let seed: UInt64
  var counter: UInt64 = 0

  init(seed: UInt64) { self.seed = seed }

  mutating func next() -> UInt64 {
    defer { counter += 1 }
    var fingerprint = Fingerprint()
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      fingerprint.add(UInt8(truncatingIfNeeded: seed >> shift))
      fingerprint.add(UInt8(truncatingIfNeeded: counter >> shift))
    }
    return fingerprint.value
  }
}
