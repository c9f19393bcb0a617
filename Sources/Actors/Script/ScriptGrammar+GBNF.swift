extension ScriptGrammar {
  /// The grammar in GBNF, the EBNF dialect of llama.cpp, for other decoders.
  ///
  /// It generates exactly the canonical texts of the valid scripts: there is one rule for each place that can be reached
  /// in several ways, so it contains the call budget.
  /// - Complexity: O(places), which are some thousand; with parts that scripts define, some thousand for each way to define
  ///   them.
  public var gbnf: String {
    GBNFWriter(grammar: self).text
  }
}

/// Writes the automaton of a grammar's places as rules.
private struct GBNFWriter {
  let grammar: ScriptGrammar
  /// How many places lead to each place, and the places in the order in which they are found.
  private var entries: [Key: Int] = [:]
  private var order: [Key] = []

  /// A place, with the last word, which decides what stands between it and the next one.
  private struct Key: Hashable {
    var place: ScriptPlace
    var lastWord: String
  }

  init(grammar: ScriptGrammar) {
    self.grammar = grammar
    let root = Key(place: ScriptPlace(), lastWord: "")
    order = [root]
    entries[root] = 2
    var next = 0
    while next < order.count {
      for (target, _) in Self.edges(from: order[next], grammar) {
        if entries[target] == nil { order.append(target) }
        entries[target, default: 0] += 1
      }
      next += 1
    }
  }

  /// The places that follow, each with the words that lead to it.
  private static func edges(from key: Key, _ grammar: ScriptGrammar) -> [(target: Key, words: [String])] {
    var result: [(target: Key, words: [String])] = []
    for (word, place) in grammar.successors(of: key.place) where !word.isEmpty {
      let target = Key(place: place, lastWord: Script.isSpacing(word) ? word : "")
      if let index = result.firstIndex(where: { $0.target == target }) {
        result[index].words.append(word)
      } else {
        result.append((target, [word]))
      }
    }
    return result
  }

  var text: String {
    var names: [Key: String] = [:]
    for key in order where entries[key, default: 0] > 1 {
      names[key] = names.isEmpty ? "root" : "s\(names.count)"
    }
    return order.compactMap { key in names[key].map { "\($0) ::= \(alternatives(key, names))\n" } }.joined()
  }

  private func alternatives(_ key: Key, _ names: [Key: String]) -> String {
    let edges = Self.edges(from: key, grammar)
    return edges.map { target, words in
      let isInside = key.place.isInside
      let literals = words.map { word in
        let space = key == order[0] ? "" : Script.space(between: key.lastWord, word, isInside: isInside)
        if word == Script.quotation {
          return "\"\(space)\\\"\" [ !#-~]{1,\(grammar.extent.maximumWording)} \"\\\"\""
        }
        return "\"\((space + word).replacing("\n", with: "\\n"))\""
      }
      let choice = literals.count == 1 ? literals[0] : "( " + literals.joined(separator: " | ") + " )"
      if let name = names[target] { return "\(choice) \(name)" }
      let rest = alternatives(target, names)
      guard !rest.isEmpty else { return choice }
      return Self.edges(from: target, grammar).count > 1 ? "\(choice) ( \(rest) )" : "\(choice) \(rest)"
    }.joined(separator: " | ")
  }
}

extension Script {
  /// Whether the space after a word is not simply a blank.
  fileprivate static func isSpacing(_ word: String) -> Bool { ["(", "[", ";"].contains(word) }
}

extension ScriptPlace {
  /// Whether the place is within the brackets of a part.
  fileprivate var isInside: Bool {
    guard parameters > 0 else { return false }
    return switch step {
    case .open, .parameter, .moreParameters, .bracket, .partEnd: false
    default: true
    }
  }
}
