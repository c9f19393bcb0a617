/// The question to an executor, and its text. A reference solver can read the text back.
///
/// `step : 47 + 8 * 2 =` is a plain question. If the executor has to look at an answer, the question contains it:
/// `check : 55 * 2 , 110 =`, or, for a refiner, `solve : 55 * 2 , 111 no =`.
public struct ExecutorPrompt: Hashable, Sendable {
  public var role: String
  public var state: String
  /// The answer that the executor has to look at; `nil` if there is none.
  public var answer: String?
  /// What a critic or the tests said about ``answer``; `nil` if nothing was said.
  public var verdict: Bool?

  public init(role: String, state: String, answer: String? = nil, verdict: Bool? = nil) {
    self.role = role
    self.state = state
    self.answer = answer
    self.verdict = verdict
  }

  public var text: String {
    var words = [role, ":", state]
    if let answer {
      words.append(",")
      if !answer.isEmpty { words.append(answer) }
      if let verdict { words.append(verdict ? "ok" : "no") }
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
    guard let comma = body.firstIndex(of: ",") else {
      state = body.joined(separator: " ")
      return
    }
    state = body[..<comma].joined(separator: " ")
    var tail = body[(comma + 1)...]
    if let last = tail.last, TroupeVocabulary.verdicts.contains(String(last)) {
      verdict = last == "ok"
      tail.removeLast()
    }
    answer = tail.joined(separator: " ")
  }
}
