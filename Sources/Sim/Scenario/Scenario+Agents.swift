import Actors
import Policy

extension AgentSetup {
  /// Makes the settings of the agents that a scenario describes.
  public init(
    _ scenario: Scenario, families: [any TaskFamily],
    tokenizer: WordTokenizer = TroupeVocabulary.tokenizer, temperature: Double? = nil
  ) throws {
    let sampling = SamplingParameters(temperature: Float(temperature ?? scenario.rollout.temperature))
    let settings = AgentSettings(
      designer: .init(sampling: sampling, maximumTokens: scenario.script.maximumTokens),
      executor: .init(sampling: sampling, maximumTokens: scenario.executor.maximumTokens),
      latencyPerToken: scenario.latency.perToken, toolLatency: scenario.latency.tool)
    try self.init(
      families: families, grammar: try scenario.grammar(), settings: settings,
      isMasked: scenario.script.isMasked, tokenizer: tokenizer)
    takesExhaustionForFailure = scenario.rollout.exhaustion == .failure
  }
}

extension Scenario {
  /// The grammar of the scripts that a designer may write.
  package func grammar() throws(ScriptGrammarError) -> ScriptGrammar {
    let special =
      [
        TroupeVocabulary.critics, TroupeVocabulary.routers, TroupeVocabulary.splitters,
        TroupeVocabulary.joiners,
      ]
      .map { words in roles.filter(words.contains) }
    let kinds = ScriptGrammar.Roles(
      workers: roles.filter { role in !special.contains { $0.contains(role) } }, critics: special[0],
      routers: special[1], splitters: special[2], joiners: special[3])
    return try ScriptGrammar(roles: kinds, tools: tools, extent: script.extent, library: script.library)
  }
}

extension Scenario.PolicyShape {
  /// Returns the configuration of this shape, with a context that holds every prompt and completion of the built-in
  /// families.
  func configuration(vocabularySize: Int) -> ModelConfiguration {
    ModelConfiguration(
      vocabularySize: vocabularySize, hiddenSize: hiddenSize, layerCount: layers, headCount: heads,
      keyValueHeadCount: keyValueHeads, headDimension: headDimension, intermediateSize: intermediateSize)
  }
}
