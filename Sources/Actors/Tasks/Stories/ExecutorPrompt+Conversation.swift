import Policy

/// The question of an agent as a conversation, for families whose problems are text.
///
/// The system message says what the role has to do. The user then states the problem, which is the first line of the state.
/// What other agents have worked out so far, a line each, are turns of the assistant. If there are answers to look at, the
/// user names them last:
///
/// ```
/// system     Say ok if the proposed answer is right, and no if it is not.
/// user       Ann has 7 pens. She buys 5 more. How many pens does she have?
/// assistant  7 + 5 = 12
/// user       Proposed answer: 12
/// ```
extension ExecutorPrompt {
  private static let (proposed, rejected, several) = ("Proposed answer: ", "Rejected answer: ", "Answers: ")
  /// The text between two answers.
  private static let separator = " ; "
  /// What stands for the end of a line within a problem, whose state is one line.
  private static let lineSeparator: Character = "\u{2028}"

  /// A text of several lines as one, which ``conversation(instructions:)`` shows as it was.
  package static func line(_ text: String) -> String {
    String(text.map { $0.isNewline ? lineSeparator : $0 })
  }

  /// The turns of the question. `instructions` becomes the system message, unless it is empty.
  /// - Complexity: O(length of the text).
  package func conversation(instructions: String) -> [ChatMessage] {
    var messages = instructions.isEmpty ? [] : [ChatMessage(.system, instructions)]
    let lines = state.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    messages.append(ChatMessage(.user, String(lines[0].map { $0 == Self.lineSeparator ? "\n" : $0 })))
    messages += lines.dropFirst().map { ChatMessage(.assistant, $0) }
    if answers.count > 1 {
      messages.append(ChatMessage(.user, Self.several + answers.joined(separator: Self.separator)))
    } else if let answer {
      messages.append(ChatMessage(.user, (verdict == false ? Self.rejected : Self.proposed) + answer))
    }
    return messages
  }

  /// Reads a question back from its conversation.
  ///
  /// `role` is the one whom the system message instructs. A conversation of another form is none.
  init?(_ messages: [ChatMessage], role: String) {
    var rest = messages[...]
    if rest.first?.role == .system { rest.removeFirst() }
    guard let problem = rest.popFirst(), problem.role == .user else { return nil }
    var (answers, verdict) = ([String](), Bool?.none)
    if let last = rest.last, last.role == .user {
      rest.removeLast()
      func said(_ cue: String) -> String? {
        last.text.hasPrefix(cue) ? String(last.text.dropFirst(cue.count)) : nil
      }
      if let texts = said(Self.several) {
        answers = texts.components(separatedBy: Self.separator)
      } else if let answer = said(Self.rejected) {
        (answers, verdict) = ([answer], false)
      } else if let answer = said(Self.proposed) {
        answers = [answer]
      } else {
        return nil
      }
    }
    guard rest.allSatisfy({ $0.role == .assistant }) else { return nil }
    self.init(role: role, state: ([Self.line(problem.text)] + rest.map(\.text)).joined(separator: "\n"))
    (self.answers, self.verdict) = (answers, verdict)
  }
}

extension String {
  /// The parts between every `separator`.
  fileprivate func components(separatedBy separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}

extension TaskFamily {
  /// The conversation in which a chat model is asked `prompt`.
  ///
  /// A role that the designer worded (``Script/wording(ofRole:)``) is its own instruction.
  package func conversation(_ prompt: ExecutorPrompt) -> [ChatMessage] {
    prompt.conversation(instructions: Script.wording(ofRole: prompt.role) ?? instructions(for: prompt.role))
  }

  /// The question that a conversation of this family asks; `nil` if it asks none.
  func question(_ messages: [ChatMessage]) -> ExecutorPrompt? {
    guard let system = messages.first, system.role == .system else { return nil }
    let known = TroupeVocabulary.allRoles.filter(plays).first { instructions(for: $0) == system.text }
    let isDesigner = system.text.hasPrefix(instructions(for: TroupeVocabulary.designer))
    let role = known ?? (isDesigner ? TroupeVocabulary.designer : Script.role(wording: system.text))
    return ExecutorPrompt(messages, role: role).flatMap { recognizes(state: $0.state) ? $0 : nil }
  }
}

extension ScriptGrammar {
  /// What a chat model is told before it is asked for a script: what a problem of the family is, and how a script is written.
  func designerInstructions(for family: any TaskFamily) -> String {
    [family.instructions(for: TroupeVocabulary.designer), instructions].filter { !$0.isEmpty }
      .joined(separator: "\n")
  }
}
