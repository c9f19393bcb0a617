/// The question to an executor, and its text. A reference solver can read the text back.
///
/// `step : 47 + 8 * 2 =` is a plain question. If the executor has to look at an answer, the question contains it:
/// `check : 55 * 2 , 110 =`, or, for a refiner, `solve : 55 * 2 , 111 no =`. Other executors' answers follow, each after a
/// comma: `join : 55 * 2 , 110 , 111 , 110 =`.
public struct ExecutorPrompt: Hashable, Sendable {
  public var role: String
  public var state: String
  /// The answers that the executor has to look at: the one that it judges or does again, then those of others.
  public var answers: [String]
  /// What a critic or the tests said about the first answer; `nil` if nothing was said.
  public var verdict: Bool?

  public init(
    role: String, state: String, answer: String? = nil, verdict: Bool? = nil, others: [String] = []
  ) {
    self.role = role
    self.state = state
    answers = (answer.map { [$0] } ?? []) + others
    self.verdict = verdict
  }

  /// The first of the answers; `nil` if there is none.
  public var answer: String? { answers.first }

  public var text: String {
    var words = [role, ":", state]
    for (index, answer) in answers.enumerated() {
      words.append(",")
      if !answer.isEmpty { words.append(answer) }
      if index == 0, let verdict { words.append(verdict ? "ok" : "no") }
    }
    words.append("=")
    return words.joined(separator: " ")
  }

  /// Reads a prompt back from its text; `nil` if `text` is not a prompt.
  public init?(parsing text: String) {
    var words = text.split(separator: " ")
    guard words.count >= 3, words[1] == ":", words.popLast() == "=" else { return nil }
    role = String(words[0])
    let body = words.dropFirst(2)
    var parts = body.split(separator: ",", omittingEmptySubsequences: false)
    state = parts.removeFirst().joined(separator: " ")
    if let last = parts.first?.last, TroupeVocabulary.verdicts.contains(String(last)) {
      verdict = last == "ok"
      parts[0].removeLast()
    }
    answers = parts.map { $0.joined(separator: " ") }
  }
}
