import Policy
import Synchronization

/// The grammar as the sampler sees it: it allows only tokens after which the text can still become a valid script.
///
/// If a generation under the mask ends, it is a script that parses and fits the call budget. Every such script can be
/// generated. After `answer x` only the end token is allowed.
///
/// The mask is a finite automaton, whose places are found as they are needed and then kept. A step is two look-ups in a
/// table, and all copies of a mask share the table.
package struct ScriptMask: TokenConstraint {
  private let table: Table
  private var node = 0

  fileprivate init(table: Table) {
    self.table = table
  }

  package func allowedTokens() -> TokenSet { table.row(node).allowed }

  package mutating func advance(by token: Int) {
    let next = Int(table.row(node).next[token])
    precondition(next >= 0, "the mask does not allow this token")
    node = next
  }

  package var isComplete: Bool { table.row(node).isComplete }

  package var digest: UInt64 { table.digest }

  fileprivate struct Row {
    var allowed: TokenSet
    /// By token: the next node, or -1.
    var next: [Int32]
    var isComplete: Bool
  }

  fileprivate final class Table: Sendable {
    let digest: UInt64
    private let grammar: ScriptGrammar
    private let tokenizer: WordTokenizer
    private let found: Mutex<Found>

    private struct Found {
      var places = [ScriptPlace()]
      var numbers = [ScriptPlace(): 0]
      var rows: [Row?] = [nil]
    }

    init(_ grammar: ScriptGrammar, _ tokenizer: WordTokenizer) {
      self.grammar = grammar
      self.tokenizer = tokenizer
      found = Mutex(Found())
      var digest = Fingerprint()
      digest.add("\(grammar)")
      for word in tokenizer.words { digest.add(word) }
      self.digest = digest.value
    }

    func row(_ node: Int) -> Row {
      found.withLock { found in
        if let row = found.rows[node] { return row }
        let place = found.places[node]
        var row = Row(
          allowed: TokenSet(vocabularySize: tokenizer.vocabularySize),
          next: [Int32](repeating: -1, count: tokenizer.vocabularySize), isComplete: place.step == .complete)
        for (word, successor) in grammar.successors(of: place) {
          guard let id = word.isEmpty ? tokenizer.endToken : tokenizer.id(of: word) else {
            preconditionFailure("every word of the grammar has a token")
          }
          if found.numbers[successor] == nil {
            found.numbers[successor] = found.places.count
            found.places.append(successor)
            found.rows.append(nil)
          }
          row.allowed.insert(Int(id))
          row.next[Int(id)] = Int32(found.numbers[successor, default: 0])
        }
        found.rows[node] = row
        return row
      }
    }
  }
}

extension ScriptGrammar {
  /// Makes the mask over the words of `tokenizer`. Make one mask and copy it.
  /// - Throws: `TokenizerError.unknownWord` if the vocabulary lacks a word of the grammar.
  public func mask(over tokenizer: WordTokenizer) throws(TokenizerError) -> any TokenConstraint {
    for word in words where tokenizer.id(of: word) == nil { throw .unknownWord(word, offset: 0) }
    return ScriptMask(table: .init(self, tokenizer))
  }
}
