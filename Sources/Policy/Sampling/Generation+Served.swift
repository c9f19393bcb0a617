extension Generation {
  /// What a server behind a network said beside the text of a completion.
  ///
  /// It is a record and no more: nobody can compute it again, and the server may say something else when it is asked again.
  package struct Served: Sendable, Hashable, Codable {
    /// The model that answered, and the server's name for its configuration, in the server's words.
    package var model: String
    package var fingerprint: String?
    /// Why the text ends, in the server's word.
    package var finish: String
    /// How many tokens the server counted; `nil` if it did not say.
    package var promptCount: Int?
    package var completionCount: Int?
    /// The texts of the tokens with their log-probabilities; empty if the server gave none.
    package var pieces: [Piece]

    /// A token of which nobody but the server knows the id.
    package struct Piece: Sendable, Hashable, Codable {
      package var text: String
      package var logProbability: Float

      package init(text: String, logProbability: Float) {
        self.text = text
        self.logProbability = logProbability
      }
    }

    package init(
      model: String, fingerprint: String? = nil, finish: String, promptCount: Int? = nil,
      completionCount: Int? = nil, pieces: [Piece] = []
    ) {
      self.model = model
      self.fingerprint = fingerprint
      self.finish = finish
      self.promptCount = promptCount
      self.completionCount = completionCount
      self.pieces = pieces
    }
  }
}
