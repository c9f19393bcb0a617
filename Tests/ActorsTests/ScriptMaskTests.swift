import Actors
import Policy
import Testing

@Suite("Script mask")
struct ScriptMaskTests {
  let tokenizer = TroupeVocabulary.tokenizer

  @Test("every random walk under the mask ends in a script that parses, validates and round-trips")
  func walksAreValid() throws {
    var generator = SplitMix(7)
    for grammar in try sampleGrammars() {
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
    let digests = try sampleGrammars().map { try $0.mask(over: tokenizer).digest }
    #expect(Set(digests).count == digests.count)
    #expect(try sampleGrammars().map { try $0.mask(over: tokenizer).digest } == digests)
  }

  @Test("a vocabulary that lacks a word of the grammar is an error")
  func missingWord() throws {
    let grammar = try ScriptGrammar(roles: ["solve", "negotiate"])
    #expect(throws: TokenizerError.unknownWord("negotiate", offset: 0)) {
      try grammar.mask(over: tokenizer)
    }
  }

  @Test("the exported grammar generates exactly scripts that parse")
  func export() throws {
    var generator = SplitMix(9)
    for grammar in try sampleGrammars() {
      let rules = try GBNF(grammar.gbnf)
      for _ in 0..<200 {
        let text = try rules.generate(using: &generator)
        #expect(try grammar.parse(text).description == text)
      }
    }
  }
}

/// Just enough of GBNF to generate from it: alternatives of literals and rule names.
private struct GBNF {
  var rules: [String: [[String]]] = [:]

  init(_ text: String) throws {
    for line in text.split(separator: "\n") {
      let sides = line.split(separator: " ::= ", maxSplits: 1).map(String.init)
      try #require(sides.count == 2, "\(line)")
      var alternatives: [[String]] = [[]]
      var symbol = ""
      var quoted = false
      for character in sides[1] + " " {
        if character == "\"" { quoted.toggle() }
        if character == " ", !quoted {
          if symbol == "|" { alternatives.append([]) }
          if symbol != "|", !symbol.isEmpty { alternatives[alternatives.count - 1].append(symbol) }
          symbol = ""
        } else {
          symbol.append(character)
        }
      }
      rules[sides[0]] = alternatives
    }
  }

  func generate(_ rule: String = "root", using generator: inout SplitMix) throws -> String {
    let alternatives = try #require(rules[rule], "no rule \(rule)")
    var text = ""
    for symbol in alternatives[Int.random(in: 0..<alternatives.count, using: &generator)] {
      if symbol.hasPrefix("\"") {
        text += String(symbol.dropFirst().dropLast()).replacing("\\n", with: "\n")
      } else {
        text += try generate(symbol, using: &generator)
      }
    }
    return text
  }
}
