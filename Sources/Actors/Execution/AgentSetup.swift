import Messaging
import Policy
import Synchronization

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
  /// Whether a designer may sample only tokens that ``mask`` allows.
  package let isMasked: Bool
  /// Whether the families' problems are text, so that agents ask in conversations and not in words of the vocabulary.
  package let isConversing: Bool
  /// Whether a rollout takes an answer whose code was ended at a limit of the sandbox for a wrong one; otherwise it ends.
  package var takesExhaustionForFailure = false
  /// The scripts that were parsed already: the executions of a design all have the same one.
  let scripts = ParsedScripts()

  /// Makes a setup and compiles its grammar; of two families with the same name the first is kept.
  /// - Throws: `TokenizerError.unknownWord` if the vocabulary lacks a word of the grammar.
  package init(
    families: [any TaskFamily], grammar: ScriptGrammar, settings: AgentSettings = AgentSettings(),
    isMasked: Bool = true, tokenizer: WordTokenizer = TroupeVocabulary.tokenizer
  ) throws(TokenizerError) {
    self.families = Dictionary(families.map { ($0.name, $0) }) { first, _ in first }
    self.grammar = grammar
    self.settings = settings
    self.tokenizer = tokenizer
    self.isMasked = isMasked
    isConversing = families.contains(where: \.isText)
    mask = try grammar.mask(over: tokenizer)
  }

  /// What a generation says. The answer in a conversation has no white space around it.
  func text(of generation: Generation) -> String {
    generation.text.map { String($0[...].trimmed) } ?? tokenizer.decode(generation.tokens)
  }

  /// Spawns the environment actor and sends it `start`, which begins the episode.
  package func setUp(_ root: ActorContext, _ start: EpisodeStart) {
    let environment = root.spawn("environment") { EnvironmentActor($0, agents: self) }
    root.send(start, to: environment)
  }
}

/// Remembers what parsing a text gave, for one grammar. A text gives the same whether it is remembered or not (P1).
final class ParsedScripts: Sendable {
  /// By the bytes of the text, because Swift takes some texts for equal that differ in bytes.
  private let known = Mutex<[[UInt8]: Result<Script, ScriptError>]>([:])
  /// The most texts that are remembered; then all are forgotten.
  private static let most = 1024

  func parse(_ text: String, _ grammar: ScriptGrammar) throws(ScriptError) -> Script {
    let bytes = Array(text.utf8)
    if let found = known.withLock({ $0[bytes] }) { return try found.get() }
    let result = Result { () throws(ScriptError) in try grammar.parse(text) }
    known.withLock { known in
      if known.count == Self.most { known = [:] }
      known[bytes] = result
    }
    return try result.get()
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
