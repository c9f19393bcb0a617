import Policy
import Synchronization

/// A model with what is needed to answer requests: its name, its tokens, and how it writes conversations.
package final class ServedModel: Sendable {
  package let name: String
  package let transformer: Transformer
  package let tokenizer: any Tokenizer
  /// `nil` if the model answers no chats.
  package let template: ChatTemplate?
  /// The most tokens of prompt and answer together.
  package let context: Int
  /// Names weights and program: answers are equal only where it is.
  package let fingerprint: String
  private let vocabulary: GBNFAutomaton.Vocabulary?
  private let automata = Mutex<[(text: String, automaton: GBNFAutomaton)]>([])

  /// How many grammars are kept.
  private static let mostAutomata = 8

  /// Makes the description of a model. `context` may be less than what the model can read.
  package init(
    name: String, _ transformer: Transformer, _ tokenizer: any Tokenizer, template: ChatTemplate?,
    context: Int? = nil,
    fingerprint: String
  ) {
    (self.name, self.transformer, self.tokenizer) = (name, transformer, tokenizer)
    (self.template, self.fingerprint) = (template, fingerprint)
    self.context = min(context ?? .max, transformer.configuration.maximumPositions)
    vocabulary = (tokenizer as? BytePairTokenizer).map {
      GBNFAutomaton.Vocabulary($0, vocabularySize: transformer.configuration.vocabularySize)
    }
  }

  /// The bytes of a token in an answer, where it may be the first; none of a special token.
  func bytes(of token: Int32, isFirst: Bool) -> [UInt8] {
    if let pairs = tokenizer as? BytePairTokenizer { return pairs.bytes(of: token) ?? [] }
    let word = Array(tokenizer.decode(CollectionOfOne(token)).utf8)
    return isFirst || word.isEmpty ? word : [0x20] + word
  }

  /// The text of a token by itself, also of a special one.
  func text(of token: Int32) -> String {
    if let pairs = tokenizer as? BytePairTokenizer {
      return pairs.decode(CollectionOfOne(token), keepingSpecial: true)
    }
    let word = tokenizer.decode(CollectionOfOne(token))
    return word.isEmpty && token == tokenizer.endToken ? "<eos>" : word
  }

  /// A grammar over the model's tokens. The last few are kept, with what is known of them; that changes no answer.
  func automaton(_ text: String, field: String) throws(RequestFailure) -> GBNFAutomaton {
    guard let vocabulary else {
      throw .field(field, "a grammar needs a model with a byte-pair vocabulary, and \(name) has one of words")
    }
    if let known = automata.withLock({ $0.first { $0.text == text }?.automaton }) { return known }
    let automaton: GBNFAutomaton
    do {
      automaton = GBNFAutomaton(try GBNFGrammar(parsing: text), vocabulary)
    } catch {
      throw .field(field, error.description)
    }
    automata.withLock { kept in
      kept.insert((text, automaton), at: 0)
      if kept.count > Self.mostAutomata { kept.removeLast() }
    }
    return automaton
  }
}
