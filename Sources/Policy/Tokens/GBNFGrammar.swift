/// A grammar in GBNF, the EBNF dialect of llama.cpp, as rules over the bytes of UTF-8.
///
/// ```swift
/// let grammar = try GBNFGrammar(parsing: #"root ::= "yes" | "no" [.!]*"#)
/// ```
///
/// It has what llama.cpp's has: texts in quotation marks, classes of characters, `.`, groups, `*`, `+`, `?`, `{m}`, `{m,}`,
/// `{m,n}`, comments, and the escapes `\x`, `\u` and `\U`. A rule that could begin with itself (left recursion) is refused by its
/// name, and so is a rule that is used and never defined.
package struct GBNFGrammar: Sendable {
  /// What a rule has in a row.
  enum Symbol: Sendable, Hashable {
    /// Any one byte of a range.
    case bytes(ClosedRange<UInt8>)
    /// What the rule of this number makes.
    case rule(Int32)
    /// The end of an alternative.
    case end
  }

  /// The most of everything; reaching one of them is an error, or, while texts are matched, ends what is allowed.
  package enum Limit {
    /// Scalars of the grammar's text.
    static let text = 1_000_000
    /// Symbols of all rules, with those that repetitions make.
    static let symbols = 500_000
    /// Repetitions that `{m,n}` may ask for.
    static let repetitions = 2_000
    /// Groups within each other.
    static let nesting = 64
    /// Rules within each other while a text is matched: what is nested deeper is not allowed.
    static let depth = 1_000
    /// Ways to go on after a text: if there are more, nothing is allowed there.
    static let stacks = 512
    /// Rules that are looked at for one byte: if there are more, nothing is allowed there.
    static let visits = 16_384
  }

  /// All alternatives, one behind another, each with its `end`.
  let symbols: [Symbol]
  /// Where the alternatives of each rule begin.
  let alternatives: [[Int32]]
  let root: Int32
  /// A hash of the grammar's text, the same in every process.
  let digest: UInt64

  /// Reads a grammar.
  /// - Throws: ``GBNFError``, with line and column.
  /// - Complexity: O(length of the text and of what its repetitions make).
  package init(parsing text: String) throws(GBNFError) {
    var parser = GBNFParser(text)
    let rules = try parser.rules()
    var (symbols, alternatives) = ([Symbol](), [[Int32]]())
    for rule in rules.bodies {
      alternatives.append(
        rule.map { sequence in
          let start = Int32(symbols.count)
          symbols += sequence
          symbols.append(.end)
          return start
        })
    }
    (self.symbols, self.alternatives, root) = (symbols, alternatives, rules.root)
    digest = text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// Any JSON object, with few blanks. It is what `response_format: {"type": "json_object"}` asks for.
  package static let jsonObject = #"""
    root   ::= object
    object ::= "{" ws ( member ( "," ws member )* )? "}"
    member ::= string ":" ws value ws
    array  ::= "[" ws ( value ws ( "," ws value ws )* )? "]"
    value  ::= object | array | string | number | "true" | "false" | "null"
    string ::= "\"" ( [^"\\\x00-\x1F\x7F] | "\\" ( ["\\/bfnrt] | "u" [0-9a-fA-F]{4} ) )* "\""
    number ::= "-"? ( "0" | [1-9] [0-9]{0,15} ) ( "." [0-9]{1,15} )? ( [eE] [-+]? [0-9]{1,3} )?
    ws     ::= ( " " | "\n" [ \t]{0,16} )?
    """#
}

/// Why a text is no grammar, and where.
package struct GBNFError: Error, Hashable, CustomStringConvertible {
  /// Line and column, from 1; columns count Unicode scalars.
  package var line, column: Int
  package var what: String

  package var description: String { "line \(line), column \(column): \(what)" }
}
