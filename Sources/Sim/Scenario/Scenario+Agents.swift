import Actors
import Policy

extension AgentSetup {
  /// Makes the settings of the agents that a scenario describes.
  public init(
    _ scenario: Scenario, families: [any TaskFamily],
    tokenizer: WordTokenizer = TroupeVocabulary.tokenizer, temperature: Double? = nil
  ) throws {
    let critics = scenario.roles.filter { TroupeVocabulary.critics.contains($0) }
    let grammar = try ScriptGrammar(
      roles: scenario.roles.filter { !critics.contains($0) }, critics: critics, tools: scenario.tools,
      maximumStatements: scenario.script.maximumStatements, maximumCalls: scenario.script.maximumCalls)
    let sampling = SamplingParameters(temperature: Float(temperature ?? scenario.rollout.temperature))
    let settings = AgentSettings(
      designer: .init(sampling: sampling, maximumTokens: scenario.script.maximumTokens),
      executor: .init(sampling: sampling, maximumTokens: scenario.executor.maximumTokens),
      latencyPerToken: scenario.latency.perToken, toolLatency: scenario.latency.tool)
    try self.init(
      families: families, grammar: grammar, settings: settings, tokenizer: tokenizer)
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
