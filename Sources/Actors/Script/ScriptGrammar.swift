import Policy

/// The scripts that a designer may write: which roles, critics and tools exist, and how much a script may cost.
///
/// The parser, the decoding mask (``mask(over:)``) and the export for other decoders (``gbnf``) all read this one
/// description, so they cannot disagree.
public struct ScriptGrammar: Hashable, Sendable {
  /// The roles that `agent`, `ensemble` and the refiner of `reflect` may have.
  package let roles: [String]
  /// The roles that the critic of `reflect` may have.
  package let critics: [String]
  package let tools: [String]
  /// The most statements, from 1 to ``Script/maximumStatements``; the answer does not count.
  package let maximumStatements: Int
  /// The call budget: the most generations that a script may need, from 1 to ``greatestBudget``.
  package let maximumCalls: Int

  /// Makes a grammar.
  /// - Throws: ``ScriptGrammarError`` for numbers out of range, no roles, or a name that is not one word or is given
  ///   twice.
  public init(
    roles: [String] = ["step", "solve"], critics: [String] = ["check"], tools: [String] = ["run", "test"],
    maximumStatements: Int = Script.maximumStatements, maximumCalls: Int = 8
  ) throws(ScriptGrammarError) {
    guard (1...Script.maximumStatements).contains(maximumStatements) else {
      throw .statements(maximumStatements)
    }
    guard (1...Self.greatestBudget).contains(maximumCalls) else { throw .calls(maximumCalls) }
    guard !roles.isEmpty else { throw .noRoles }
    for (what, words) in [("role", roles), ("critic", critics), ("tool", tools)] {
      for (index, word) in words.enumerated() {
        guard !word.isEmpty, word.allSatisfy({ $0.isLetter || $0 == "_" }) else {
          throw .notAWord(what, word)
        }
        guard !words[..<index].contains(word) else { throw .twice(what, word) }
      }
    }
    self.roles = roles
    self.critics = critics
    self.tools = tools
    self.maximumStatements = maximumStatements
    self.maximumCalls = maximumCalls
  }

  /// The largest call budget a grammar may declare.
  package static let greatestBudget = 64

  /// Throws if the grammar does not allow `script`: the error that parsing its canonical text gives.
  /// - Complexity: O(length of its text).
  public func validate(_ script: Script) throws(ScriptError) {
    _ = try parse(script.description)
  }

  /// Parses a script. White space is free, and `#` starts a comment.
  /// - Complexity: O(length of `text`).
  public func parse(_ text: String) throws(ScriptError) -> Script {
    var parser = try ScriptParser(text, grammar: self)
    return try parser.script()
  }

  /// The counts an ensemble may have when `budget` calls are left; empty when there is no room for one.
  func ensembleCounts(budget: Int) -> Range<Int> {
    let range = Script.ensembleCounts
    return range.lowerBound..<max(range.lowerBound, min(range.upperBound, budget) + 1)
  }

  /// The rounds a reflection may have when `budget` calls are left.
  func reflectRounds(budget: Int) -> Range<Int> {
    let range = Script.reflectRounds
    guard !critics.isEmpty else { return range.lowerBound..<range.lowerBound }
    return range.lowerBound..<max(range.lowerBound, min(range.upperBound, budget / 2) + 1)
  }

  /// The most tokens that a script of this grammar can have, with the end token.
  public var maximumTokens: Int {
    // `a = ensemble K role ( x ) by majority ;` is the longest statement; then `answer x <eos>`.
    11 * maximumStatements + 3
  }
}

/// Why a grammar cannot be made.
public enum ScriptGrammarError: Error, Hashable, CustomStringConvertible {
  case statements(Int)
  case calls(Int)
  case noRoles
  case notAWord(String, String)
  case twice(String, String)

  public var description: String {
    switch self {
    case .statements(let count):
      "a script can have 1 to \(Script.maximumStatements) statements, not \(count)"
    case .calls(let count): "the call budget must be 1 to \(ScriptGrammar.greatestBudget), not \(count)"
    case .noRoles: "a grammar needs at least one role"
    case .notAWord(let what, let word): "the \(what) `\(word)` is not a single word"
    case .twice(let what, let word): "the \(what) `\(word)` is given twice"
    }
  }
}
