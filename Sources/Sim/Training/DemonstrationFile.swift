import Actors
import Policy

/// Demonstrations of the user's own, from a file with a JSON object a line:
///
/// ```
/// { "prompt": "solve : 7 + 8 =", "completion": "15" }
/// { "prompt": "design : 7 + 8 * 2 =", "completion": "a = agent step ( task ) ; b = agent solve ( a ) ; answer b" }
/// ```
struct DemonstrationFile: Sendable {
  typealias Role = Scenario.Stages.Role
  /// Whose demonstration each line is, and its token ids: those of the prompt, and those of the completion with the end token.
  let demonstrations: [(role: Role, prompt: [Int32], completion: [Int32])]

  private struct Line: SettingsSection {
    var prompt = ""
    var completion = ""

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("prompt", &prompt, required: true, .notEmpty)
      try table.field("completion", &completion, required: true)
    }
  }

  /// Reads a file whose path is relative to the working directory.
  /// - Parameter longest: The most tokens of a prompt and its completion together.
  /// - Throws: ``ScenarioError`` with file, line and key for a line that does not parse or is too long, a word that the vocabulary
  ///   lacks, a prompt that is none, or one that shows a held-out problem or a state that no family has.
  ///
  /// `language` is how a published model says the lines; `nil` if the policy has the agents' words.
  init(
    contentsOf path: String, tasks: TaskSource, longest: Int, language: ChatLanguage? = nil
  ) throws(ScenarioError) {
    var demonstrations: [(role: Role, prompt: [Int32], completion: [Int32])] = []
    try JSONLines.read(path, as: Line.self) { (line, setting) throws(ScenarioError) in
      func tokens(
        _ key: String, _ text: String, _ encode: (String) throws -> [Int32]
      ) throws(ScenarioError) -> [Int32] {
        do {
          return try encode(text)
        } catch {
          throw setting.descendant([key]).failure(.impossibleValue, "\(error)")
        }
      }
      guard let prompt = ExecutorPrompt(parsing: line.prompt) else {
        throw setting.descendant(["prompt"]).failure(
          .impossibleValue, "a prompt has a role, a colon, a state and an `=` at the end: `solve : 7 + 8 =`")
      }
      guard tasks.families.contains(where: { $0.recognizes(state: prompt.state) }) else {
        throw setting.descendant(["prompt"]).failure(
          .impossibleValue, "no family of the scenario has the state \"\(prompt.state)\"")
      }
      for hash in tasks.families.compactMap({ $0.hash(ofState: prompt.state) }) {
        do {
          try tasks.admit(hash)
        } catch {
          throw setting.descendant(["prompt"]).failure(.contradiction, "the problem is held out")
        }
      }
      let words = tasks.tokenizer
      let shown = try tokens("prompt", line.prompt) { text in
        if let language { return try language.prompt(text) }
        return try words.encode(text)
      }
      let completion = try tokens("completion", line.completion) { text in
        if let language { return try language.completion(text, to: line.prompt) }
        return try words.encode(text) + [words.endToken]
      }
      let length = shown.count + completion.count
      guard length <= longest else {
        throw setting.failure(
          .impossibleValue, "prompt and completion have \(length) tokens, and the model reads \(longest)")
      }
      let role = prompt.role == TroupeVocabulary.designer ? Role.designer : .executor
      demonstrations.append((role, shown, completion))
    }
    guard !demonstrations.isEmpty else {
      throw ScenarioError(
        kind: .missingKey, file: path, position: nil, path: "", what: "has no demonstrations")
    }
    self.demonstrations = demonstrations
  }
}
