import Messaging
import Policy

/// What all actors of an episode share: the task families, the script grammar, and how to ask the policy.
///
/// You make it once and give it to every episode. No message contains it.
public struct AgentSetup: Sendable {
  /// The task families, by name.
  package let families: [String: any TaskFamily]
  package let grammar: ScriptGrammar
  package let settings: AgentSettings
  package let tokenizer: WordTokenizer
  /// The compiled grammar in its start state; each generation of a designer copies it.
  package let mask: any TokenConstraint

  /// Makes a setup and compiles its grammar; of two families with the same name the first is kept.
  /// - Throws: `TokenizerError.unknownWord` if the vocabulary lacks a word of the grammar.
  package init(
    families: [any TaskFamily], grammar: ScriptGrammar, settings: AgentSettings = AgentSettings(),
    tokenizer: WordTokenizer = TroupeVocabulary.tokenizer
  ) throws(TokenizerError) {
    self.families = Dictionary(families.map { ($0.name, $0) }) { first, _ in first }
    self.grammar = grammar
    self.settings = settings
    self.tokenizer = tokenizer
    mask = try grammar.mask(over: tokenizer)
  }

  /// Spawns the environment actor and sends it `start`, which begins the episode.
  package func setUp(_ root: ActorContext, _ start: EpisodeStart) {
    let environment = root.spawn("environment") { EnvironmentActor($0, agents: self) }
    root.send(start, to: environment)
  }
}

/// Why an episode cannot go on.
package enum AgentError: Error, Hashable, Sendable {
  /// The task belongs to a family that the setup does not have.
  case unknownFamily(String)
}

/// The payload of an agent's external call: a generation request, and the role whose weights must answer it.
package struct PolicyRequest: Sendable {
  package var isDesigner: Bool
  package var request: GenerationRequest
}
