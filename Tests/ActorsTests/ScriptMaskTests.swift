import Actors
import Policy
import Testing

@Suite("Script mask")
struct ScriptMaskTests {
  @Test("every random walk under the mask ends in a script that parses, validates and round-trips")
  func walksAreValid() throws {
    var generator = SplitMix(7)
    for grammar in try sampleGrammars() {
      let tokenizer = vocabulary(of: grammar)
      let start = try grammar.mask(over: tokenizer)
      for _ in 0..<400 {
        var mask = start
        var tokens: [Int32] = []
        while !mask.isComplete {
          let allowed = mask.allowedTokens()
          let choices = (0..<tokenizer.vocabularySize).filter(allowed.contains)
          try #require(!choices.isEmpty, "a dead end after \(tokenizer.decode(tokens))")
          let token = choices[Int.random(in: 0..<choices.count, using: &generator)]
          tokens.append(Int32(token))
          mask.advance(by: token)
          try #require(tokens.count <= grammar.maximumTokens)
        }
        #expect(tokens.last == tokenizer.endToken)
        let script = try grammar.parse(tokenizer.decode(tokens))
        try grammar.validate(script)
        #expect(script.worstCase { _ in 1 }.calls <= grammar.maximumCalls)
        #expect(try tokenizer.encode(script.description) == Array(tokens.dropLast()))
      }
    }
  }

  @Test("the mask accepts every valid script")
  func validScriptsAreAccepted() throws {
    var generator = SplitMix(8)
    for grammar in try sampleGrammars() {
      let tokenizer = vocabulary(of: grammar)
      let start = try grammar.mask(over: tokenizer)
      for _ in 0..<400 {
        let script = randomScript(grammar, using: &generator)
        var mask = start
        for token in try tokenizer.encode(script.description) + [tokenizer.endToken] {
          try #require(mask.allowedTokens().contains(Int(token)), "\(script)")
          mask.advance(by: Int(token))
        }
        #expect(mask.isComplete)
      }
    }
  }

  @Test("grammars have different digests, and one grammar always the same")
  func digests() throws {
    let digests = try sampleGrammars().map { try $0.mask(over: vocabulary(of: $0)).digest }
    #expect(Set(digests).count == digests.count)
    #expect(try sampleGrammars().map { try $0.mask(over: vocabulary(of: $0)).digest } == digests)
  }

  @Test("a vocabulary that lacks a word of the grammar is an error")
  func missingWord() throws {
    let grammar = try ScriptGrammar(roles: ["solve", "negotiate"])
    #expect(throws: TokenizerError.unknownWord("negotiate", offset: 0)) {
      try grammar.mask(over: TroupeVocabulary.tokenizer)
    }
  }

  @Test("the exported grammar generates exactly scripts that parse")
  func export() throws {
    var generator = SplitMix(9)
    for grammar in try sampleGrammars() where grammar.extent.maximumParts < 2 {
      let rules = try GBNF(grammar.gbnf)
      for _ in 0..<200 {
        let text = try rules.generate(using: &generator)
        #expect(try grammar.parse(text).description == text)
      }
    }
  }
}

/// Just enough of GBNF to generate from it: alternatives of literals, rule names and groups in parentheses.
private struct GBNF {
  indirect enum Symbol {
    case literal(String)
    case rule(String)
    case group([[Symbol]])
  }
  var rules: [String: [[Symbol]]] = [:]

  init(_ text: String) throws {
    for line in text.split(separator: "\n") {
      let sides = line.split(separator: " ::= ", maxSplits: 1).map(String.init)
      try #require(sides.count == 2, "\(line)")
      var rest = Array(sides[1])[...]
      rules[sides[0]] = Self.alternatives(&rest)
      try #require(rest.isEmpty, "\(line)")
    }
  }

  /// Reads up to the closing parenthesis, or the end.
  private static func alternatives(_ text: inout ArraySlice<Character>) -> [[Symbol]] {
    var alternatives: [[Symbol]] = [[]]
    while let character = text.popFirst(), character != ")" {
      switch character {
      case " ": continue
      case "|": alternatives.append([])
      case "(": alternatives[alternatives.count - 1].append(.group(Self.alternatives(&text)))
      case "\"":
        let literal = String(text.prefix { $0 != "\"" })
        text = text.dropFirst(literal.count + 1)
        alternatives[alternatives.count - 1].append(.literal(literal.replacing("\\n", with: "\n")))
      default:
        let name = String(character) + String(text.prefix { $0 != " " && $0 != ")" })
        text = text.dropFirst(name.count - 1)
        alternatives[alternatives.count - 1].append(.rule(name))
      }
    }
    return alternatives
  }

  func generate(using generator: inout SplitMix) throws -> String {
    try generate([[.rule("root")]], using: &generator)
  }

  private func generate(_ alternatives: [[Symbol]], using generator: inout SplitMix) throws -> String {
    var text = ""
    for symbol in alternatives[Int.random(in: 0..<alternatives.count, using: &generator)] {
      switch symbol {
      case .literal(let literal): text += literal
      case .rule(let name):
        text += try generate(try #require(rules[name], "no rule \(name)"), using: &generator)
      case .group(let group): text += try generate(group, using: &generator)
      }
    }
    return text
  }
}
