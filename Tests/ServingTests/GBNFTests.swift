import Actors
import Foundation
import PropertyTesting
import Testing

@testable import Policy

@Suite("Grammars in GBNF")
struct GBNFTests {
  /// Bytes and pairs of a small alphabet, and halves of `é`.
  private static let small: BytePairTokenizer? = {
    let tokens: [[UInt8]] =
      [
        [0x61], [0x62], [0xC3], [0xA9], [0x20], [0x61, 0x62], [0x61, 0x61], [0xC3, 0xA9], [0x61, 0xC3],
        [0xA9, 0x62],
      ]
      + [[0x61, 0x62, 0x61]]
    let ids = Dictionary(uniqueKeysWithValues: tokens.enumerated().map { ($1, Int32($0)) })
    return try? BytePairTokenizer(
      vocabulary: ids, merges: [], added: [.init(id: 20, text: "<end>", isSpecial: true)], endToken: 20,
      beginToken: nil, isNormalized: false)
  }()

  private func state(after text: String, _ grammar: GBNFGrammar) -> GBNFState? {
    text.utf8.reduce(GBNFState(grammar)) { $0?.after($1, grammar) }
  }

  private func accepts(_ grammar: GBNFGrammar, _ text: String) -> Bool {
    state(after: text, grammar)?.accepts ?? false
  }

  @Test(
    "random small grammars accept exactly what a naive recogniser accepts, and masks are what the state allows"
  )
  func recogniser() throws {
    let tokenizer = try #require(Self.small)
    let vocabulary = GBNFAutomaton.Vocabulary(tokenizer, vocabularySize: 24)
    var texts = [""]
    for length in 1...4 {
      texts += texts.filter { $0.count == length - 1 }.flatMap { t in SmallGrammar.alphabet.map { t + [$0] } }
    }
    let all = texts
    let found = try counterexample(
      to: "GBNF and the naive recogniser agree", for: SmallGrammar.generator, count: 400
    ) { small in
      let grammar = try GBNFGrammar(parsing: small.description)
      let automaton = GBNFAutomaton(grammar, vocabulary)
      for text in all {
        guard accepts(grammar, text) == small.accepts(Array(text)) else { return false }
        guard let state = state(after: text, grammar) else { continue }
        var constraint = GBNFConstraint(automaton)
        for byte in text.utf8 {
          constraint.advance(by: Int(try #require(tokenizer.tokenBytes.firstIndex(of: [byte]))))
        }
        let mask = constraint.allowedTokens()
        for token in 0..<24 {
          let isAllowed =
            token == 20
            ? state.accepts
            : tokenizer.bytes(of: Int32(token)).map { $0.reduce(state) { $0?.after($1, grammar) } != nil }
              ?? false
          guard mask.contains(token) == isAllowed else { return false }
        }
        guard constraint.isComplete == (state.accepts && state.stacks.isEmpty) else { return false }
      }
      return true
    }
    #expect(found == nil, "\(found.map { "\($0)" } ?? "")")
  }

  @Test(
    "what is no grammar is refused, with line and column",
    arguments: [
      ("", "line 1, column 1: there is no rule root"),
      ("a ::= \"x\"", "line 1, column 1: there is no rule root"),
      ("root := \"x\"", "line 1, column 6: '::=' must follow the name of a rule"),
      ("root ::= \"x", "line 1, column 12: a text lacks its closing quotation mark"),
      ("root ::= \"x\n\"", "line 1, column 12: a text lacks its closing quotation mark"),
      ("root ::= [a", "line 1, column 12: a class lacks its closing bracket"),
      ("root ::= [z-a]", "line 1, column 11: the range of characters goes backwards"),
      ("root ::= (\"x\"", "line 1, column 10: this group is not closed"),
      ("root ::= \"x\")", "line 1, column 13: a rule ends with its line; ')' is not expected here"),
      ("root ::= \"\\q\"", "line 1, column 11: '\\q' is no escape"),
      ("root ::= \"\\x4\"", "line 1, column 11: an escape needs 2 hexadecimal digits of a character"),
      ("root ::= \"\\uD800\"", "line 1, column 11: an escape needs 4 hexadecimal digits of a character"),
      ("root ::= x\n", "line 1, column 10: the rule x is not defined"),
      ("root ::= \"a\"\nroot ::= \"b\"", "line 2, column 1: the rule root is defined twice"),
      ("root ::= \"a\"**", "line 1, column 14: '*' follows a repetition; put that in parentheses"),
      ("root ::= \"a\"{3,2}", "line 1, column 13: the most is below the least"),
      ("root ::= \"a\"{2001}", "line 1, column 13: more than 2000 repetitions"),
      ("root ::= \"a\"{x}", "line 1, column 14: a number of at most six digits is expected here"),
      ("root ::= \"a\"{1", "line 1, column 15: '}' is expected here"),
      ("root ::= a\na ::= \"\" a", "line 2, column 1: the rule a can begin with itself (left recursion)"),
      (
        "root ::= b \"x\"\nb ::= c | \"y\"\nc ::= \"z\"? b",
        "line 2, column 1: the rule b can begin with itself (left recursion)"
      ),
      (
        "root ::= " + String(repeating: "(", count: 65) + "\"a\"" + String(repeating: ")", count: 65),
        "line 1, column 74: groups are nested more than 64 deep"
      ),
      (
        "root ::= " + String(repeating: "\"a\"{0,2000} ", count: 100),
        "line 1, column 610: the grammar makes more than 500000 symbols"
      ),
    ])
  func errors(text: String, message: String) throws {
    do {
      _ = try GBNFGrammar(parsing: text)
      Issue.record("it is read")
    } catch {
      #expect("\(error)" == message)
    }
  }

  @Test(
    "comments, lines within groups and after bars, escapes, and repetitions of what may be empty are read")
  func syntax() throws {
    let text = #"""
      # a comment
      root ::=   # another
        item ("," ( # within
          item
        ) )* |
        "\x41\u00e9\U0001F600\n\t\r\\\"\[\]"
      item ::= ("a"? "b"*)* [\]x-] .
      """#
    let grammar = try GBNFGrammar(parsing: text)
    for (text, isAccepted) in [
      ("]é", true), ("-,", true), ("abbx😀,x,,-y", true), ("Aé😀\n\t\r\\\"[]", true), ("", false), ("a", false),
      ("abbx", false), ("]é,", false),
    ] { #expect(accepts(grammar, text) == isAccepted, "\(text)") }
    // Half of a character is not the character `.`.
    #expect(state(after: "]", grammar)?.after(0xF0, grammar)?.accepts == false)
    #expect(state(after: "]", grammar)?.after(0xFF, grammar) == nil)
    #expect(state(after: "]", grammar)?.after(0xED, grammar)?.after(0xA0, grammar) == nil, "a surrogate")
  }

  @Test("the grammar of scripts allows the texts that its parser takes, and no others")
  func scripts() throws {
    var draws = Draws(3)
    for grammar in [
      try ScriptGrammar(), try ScriptGrammar(maximumStatements: 3, maximumCalls: 1),
      try ScriptGrammar(roles: ["solve"], critics: [], tools: [], maximumStatements: 8, maximumCalls: 3),
    ] {
      let gbnf = try GBNFGrammar(parsing: grammar.gbnf)
      let tokenizer = TroupeVocabulary.tokenizer
      let start = try grammar.mask(over: tokenizer)
      var refused = 0
      for _ in 0..<60 {
        var (mask, tokens) = (start, [Int32]())
        while !mask.isComplete {
          let allowed = mask.allowedTokens()
          let choices = (0..<tokenizer.vocabularySize).filter(allowed.contains)
          let token = choices[draws.below(choices.count)]
          tokens.append(Int32(token))
          mask.advance(by: token)
        }
        let text = try grammar.parse(tokenizer.decode(tokens)).description
        try #require(accepts(gbnf, text), "\(text)")
        for _ in 0..<20 {
          var changed = Array(text)
          let place = draws.below(changed.count)
          switch draws.below(3) {
          case 0: changed.remove(at: place)
          case 1: changed[place] = changed[draws.below(changed.count)]
          default: changed.insert(changed[draws.below(changed.count)], at: place)
          }
          let other = String(changed)
          let isScript =
            (try? grammar.parse(other)).map { script in
              (try? grammar.validate(script)) != nil && script.description == other
            } ?? false
          #expect(accepts(gbnf, other) == isScript, "\(other)")
          refused += isScript ? 0 : 1
        }
      }
      #expect(refused > 500)
    }
  }

  @Test("the built-in grammar takes JSON objects, as Foundation reads them, and nothing else")
  func json() throws {
    let grammar = try GBNFGrammar(parsing: GBNFGrammar.jsonObject)
    var draws = Draws(5)
    let samples = [
      #"{}"#, #"{"a": 1}"#, #"{"a": [1, -2.5e3, true, null, {"b": "x\n\u00e9é"}], "c": {}}"#,
      "{\n\t\"k\": \"\"\n}",
      #"{"deep": [[[[{"x": [0.5, 10]}]]]]}"#,
    ]
    for sample in samples {
      #expect(accepts(grammar, sample), "\(sample)")
      for _ in 0..<300 {
        var changed = Array(sample.unicodeScalars)
        let place = draws.below(changed.count)
        switch draws.below(3) {
        case 0: changed.remove(at: place)
        case 1: changed[place] = changed[draws.below(changed.count)]
        default: changed.insert(changed[draws.below(changed.count)], at: place)
        }
        let text = String(String.UnicodeScalarView(changed))
        guard accepts(grammar, text) else { continue }
        #expect(try JSONSerialization.jsonObject(with: Data(text.utf8)) is [String: Any], "\(text)")
      }
    }
    for text in ["", "[]", "1", "{\"a\"}", "{\"a\": 01}", "{'a': 1}", "{\"a\": 1}}"] {
      #expect(!accepts(grammar, text))
    }
  }

  @Test("what goes on in too many ways, or is nested too deeply, is not allowed, and says so by an empty set")
  func bounds() throws {
    let nested = try GBNFGrammar(parsing: #"root ::= "a" root "b" | "c""#)
    #expect(state(after: String(repeating: "a", count: 900) + "c", nested) != nil)
    let deep = String(repeating: "a", count: 1_001)
    #expect(state(after: deep, nested)?.stacks.count == 1 || state(after: deep, nested) == nil)
    #expect(state(after: deep + "a", nested) == nil, "only the end of the nesting is left")
    // Each level doubles the ways.
    var many = "root ::= x0\n"
    for level in 0..<12 { many += "x\(level) ::= x\(level + 1) \"a\" | x\(level + 1) \"b\"\n" }
    many += "x12 ::= \"c\"\n"
    let grammar = try GBNFGrammar(parsing: many)
    #expect(GBNFState(grammar) == nil)
    let tokenizer = try #require(Self.small)
    let constraint = GBNFConstraint(GBNFAutomaton(grammar, .init(tokenizer, vocabularySize: 24)))
    #expect(constraint.allowedTokens().isEmpty && !constraint.isComplete)
  }

  @Test(
    "a policy held to a grammar writes its texts, whole unless its tokens run out; the mask of a state is made once"
  )
  func generation() throws {
    let tokenizer = try #require(ServingFixture.tokenizer)
    let model = ServingFixture.model(vocabularySize: tokenizer.vocabularySize)
    let automaton = GBNFAutomaton(
      try GBNFGrammar(parsing: #"root ::= ("yes" | "no" | [0-9]{2,4}) ("; " [^\x00-\x7F]{1,3})?"#),
      .init(tokenizer, vocabularySize: tokenizer.vocabularySize))
    let decoder = Decoder(model)
    let constraint = GBNFConstraint(automaton)
    for seed in 0..<40 as Range<UInt64> {
      _ = try decoder.submit(
        GenerationRequest(
          prompt: [5, 9, 3], maximumTokens: 30, sampling: SamplingParameters(temperature: 3), seed: seed,
          constraint: constraint, endToken: tokenizer.endToken))
    }
    let whole = try Regex(#"(yes|no|[0-9]{2,4})(; [^\x00-\x7F]{1,3})?"#).matchingSemantics(.unicodeScalar)
    var (texts, count) = (Set<String>(), 0)
    while decoder.activeCount > 0 {
      for generation in try decoder.step().compactMap(\.finished) {
        let text = tokenizer.decode(generation.tokens)
        #expect(generation.stop != .length && constraint.mayEnd(after: generation.tokens))
        #expect(text.wholeMatch(of: whole) != nil, "\(text)")
        texts.insert(text)
        count += 1
      }
    }
    #expect(count == 40 && texts.count > 10)
  }

  private struct Draws {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func below(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
  }
}
