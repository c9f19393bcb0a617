import Policy

/// The grammar as the sampler sees it: it allows only tokens after which the text can still become a valid script.
///
/// If a generation under the mask ends, it is a script that parses and fits the call budget. Every such script can be
/// generated. After `answer x` only the end token is allowed.
///
/// The mask is a finite automaton with at most a few thousand states (statement, calls left, place in the statement).
/// A step is one look-up in a table, and all copies of a mask share the table.
package struct ScriptMask: TokenConstraint {
  private let table: Table
  private var node: Int

  fileprivate init(table: Table) {
    self.table = table
    node = 0
  }

  package func allowedTokens() -> TokenSet { table.allowed[node] }

  package mutating func advance(by token: Int) {
    let next = Int(table.next[node * table.vocabularySize + token])
    precondition(next >= 0, "the mask does not allow this token")
    node = next
  }

  package var isComplete: Bool { node == table.complete }

  package var digest: UInt64 { table.digest }

  fileprivate final class Table: Sendable {
    let vocabularySize: Int
    let allowed: [TokenSet]
    /// Row `node`, column `token`: the next node, or -1.
    let next: [Int32]
    let complete: Int
    let digest: UInt64

    init(vocabularySize: Int, allowed: [TokenSet], next: [Int32], complete: Int, digest: UInt64) {
      self.vocabularySize = vocabularySize
      self.allowed = allowed
      self.next = next
      self.complete = complete
      self.digest = digest
    }
  }
}

extension ScriptGrammar {
  /// Compiles the mask over the words of `tokenizer`. Make one mask and copy it.
  /// - Complexity: O(statements x budget x vocabulary) in time and memory.
  /// - Throws: `TokenizerError.unknownWord` if the vocabulary lacks a word of the grammar.
  public func mask(over tokenizer: WordTokenizer) throws(TokenizerError) -> any TokenConstraint {
    var places = [ScriptPlace(statement: 0, budget: maximumCalls, part: .start)]
    var numbers = [places[0]: 0]
    var allowed: [TokenSet] = []
    var next: [Int32] = []
    var complete = -1
    while allowed.count < places.count {
      let place = places[allowed.count]
      if place.part == .complete { complete = allowed.count }
      var set = TokenSet(vocabularySize: tokenizer.vocabularySize)
      var row = [Int32](repeating: -1, count: tokenizer.vocabularySize)
      for (word, successor) in successors(of: place) {
        let id = word.isEmpty ? tokenizer.endToken : try tokenizer.requiredID(of: word)
        if numbers[successor] == nil {
          numbers[successor] = places.count
          places.append(successor)
        }
        set.insert(Int(id))
        row[Int(id)] = Int32(numbers[successor, default: 0])
      }
      allowed.append(set)
      next += row
    }
    var digest = Fingerprint()
    digest.add(gbnf)
    for word in tokenizer.words { digest.add(word) }
    return ScriptMask(
      table: .init(
        vocabularySize: tokenizer.vocabularySize, allowed: allowed, next: next, complete: complete,
        digest: digest.value))
  }

  /// What may follow `place`, word by word; the empty word is the end token.
  private func successors(of place: ScriptPlace) -> [(String, ScriptPlace)] {
    func to(_ part: ScriptPlace.Part, spending calls: Int = 0) -> ScriptPlace {
      ScriptPlace(statement: place.statement, budget: place.budget - calls, part: part)
    }
    let names = (0..<place.statement).map(Script.name(of:))
    switch place.part {
    case .start:
      var result: [(String, ScriptPlace)] = []
      // With the budget spent only a tool can follow.
      if place.statement < maximumStatements, place.budget > 0 || !tools.isEmpty {
        result.append((Script.name(of: place.statement), to(.equals)))
      }
      if place.statement > 0 { result.append(("answer", to(.answer))) }
      return result
    case .equals: return [("=", to(.node))]
    case .node:
      var result: [(String, ScriptPlace)] = []
      if place.budget >= 1 { result.append(("agent", to(.role(voted: false), spending: 1))) }
      if !ensembleCounts(budget: place.budget).isEmpty { result.append(("ensemble", to(.count))) }
      if !reflectRounds(budget: place.budget).isEmpty { result.append(("reflect", to(.rounds))) }
      if !tools.isEmpty { result.append(("tool", to(.tool))) }
      return result
    case .count:
      return ensembleCounts(budget: place.budget).map { ("\($0)", to(.role(voted: true), spending: $0)) }
    case .rounds: return reflectRounds(budget: place.budget).map { ("\($0)", to(.critic, spending: 2 * $0)) }
    case .critic: return critics.map { ($0, to(.role(voted: false))) }
    case .role(let voted): return roles.map { ($0, to(.open(voted: voted))) }
    case .tool: return tools.map { ($0, to(.open(voted: false))) }
    case .open(let voted): return [("(", to(.input(voted: voted)))]
    case .input(let voted): return (["task"] + names).map { ($0, to(.close(voted: voted))) }
    case .close(let voted): return [(")", to(voted ? .by : .semicolon))]
    case .by: return [("by", to(.vote))]
    case .vote: return Script.Vote.allCases.map { ($0.rawValue, to(.semicolon)) }
    case .semicolon:
      return [(";", ScriptPlace(statement: place.statement + 1, budget: place.budget, part: .start))]
    case .answer: return names.map { ($0, ScriptPlace(statement: 0, budget: 0, part: .end)) }
    case .end: return [("", ScriptPlace(statement: 0, budget: 0, part: .complete))]
    case .complete: return []
    }
  }
}

/// A state of the mask: what has been said so far, as far as it matters for what may follow.
private struct ScriptPlace: Hashable {
  enum Part: Hashable {
    case start, equals, node, count, rounds, critic, tool
    case role(voted: Bool)
    case open(voted: Bool)
    case input(voted: Bool)
    case close(voted: Bool)
    case by, vote, semicolon, answer, end, complete
  }
  /// The statement being written.
  var statement: Int
  /// Calls that may still be spent.
  var budget: Int
  var part: Part
}

extension WordTokenizer {
  fileprivate func requiredID(of word: String) throws(TokenizerError) -> Int32 {
    guard let id = id(of: word) else { throw .unknownWord(word, offset: 0) }
    return id
  }
}
