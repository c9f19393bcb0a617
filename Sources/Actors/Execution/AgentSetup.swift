import Messaging
import Policy

/// What all actors of an episode share: the families, what designers may write, and how the policy is asked.
///
/// A value that is made once, and given to every episode; it is no part of any message.
public struct AgentSetup: Sendable {
  /// By name.
  public let families: [String: any TaskFamily]
  public let grammar: ScriptGrammar
  public let settings: AgentSettings
  public let tokenizer: WordTokenizer
  /// The grammar, compiled, in its start state.
  public let mask: ScriptMask

  /// Throws `unknownWord` when the vocabulary lacks a word of the grammar.
  public init(
    families: [any TaskFamily], grammar: ScriptGrammar, settings: AgentSettings = AgentSettings(),
    tokenizer: WordTokenizer = TroupeVocabulary.tokenizer
  ) throws(TokenizerError) {
    self.families = Dictionary(families.map { ($0.name, $0) }) { first, _ in first }
    self.grammar = grammar
    self.settings = settings
    self.tokenizer = tokenizer
    mask = try grammar.mask(over: tokenizer)
  }

  /// The first actor and the first message of an episode about `start`.
  public func setUp(_ root: ActorContext, _ start: EpisodeStart) {
    let environment = root.spawn("environment") { EnvironmentActor($0, agents: self) }
    root.send(start, to: environment)
  }
}

/// Why an episode cannot go on; its text names what is missing.
public enum AgentError: Error, Hashable, Sendable {
  /// A task of a family that the setup does not have.
  case unknownFamily(String)
}

/// What the external call of an agent carries: the request, and whose weights answer it.
public struct PolicyRequest: Sendable {
  public var isDesigner: Bool
  public var request: GenerationRequest
}
