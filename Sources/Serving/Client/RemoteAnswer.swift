/// What a server's model answered, and what the server said beside it.
package struct RemoteAnswer: Sendable, Hashable, Codable {
  package var text: String
  /// Why the text ends, in the server's word: `stop`, `length`, ...
  package var finish: String
  /// The model that answered, in the server's words.
  package var model: String
  /// The server's name for its configuration; `nil` if it gives none.
  package var fingerprint: String?
  /// How many tokens the server counted; `nil` if it does not say.
  package var promptCount: Int?
  package var completionCount: Int?
  /// The texts of the tokens and their log-probabilities; empty if the server gives none.
  package var pieces: [Piece] = []

  /// A token of an answer.
  package struct Piece: Sendable, Hashable, Codable {
    package var text: String
    package var logProbability: Float

    package init(text: String, logProbability: Float) {
      self.text = text
      self.logProbability = logProbability
    }
  }

  package init(text: String, finish: String, model: String) {
    self.text = text
    self.finish = finish
    self.model = model
  }
}
