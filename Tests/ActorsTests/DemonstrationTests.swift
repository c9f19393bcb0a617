import Actors
import Policy
import Testing

@Suite("Demonstrations")
struct DemonstrationTests {
  @Test("executor demonstrations are of the train split, in the vocabulary, and correct")
  func executors() throws {
    var generator = SplitMix(1)
    let tokenizer = WordTokenizer(
      words: TroupeVocabulary.words + ["pick", "cut", "join"] + TroupeVocabulary.chains.dropFirst())
    let shares = ["step": 0.4, "solve": 0.2, "check": 0.2, "pick": 0.1, "cut": 0.1, "join": 0.1]
    for family in try allFamilies() {
      let source = ExecutorDemonstrations(
        family: family, levels: [1, 1], roles: shares, rejectedAnswers: 0.1)
      var roles: Set<String> = []
      for _ in 0..<300 {
        let demonstration = try source.draw(using: &generator)
        roles.insert(demonstration.role)
        #expect(TaskSplit(hash: demonstration.instance) == .train)
        #expect((1...2).contains(demonstration.level))
        let (prompt, completion) = try demonstration.tokens(tokenizer)
        #expect(completion.last == tokenizer.endToken)
        let text = tokenizer.decode(prompt)
        let asked = try #require(ExecutorPrompt(parsing: text))
        #expect(family.isShown(asked))
        #expect(family.hash(ofState: asked.state).map(TaskSplit.init(hash:)) == .train)
        let said = tokenizer.decode(completion)
        switch asked.role {
        case "pick": #expect(TroupeVocabulary.chains.contains(said))
        case "cut": #expect(!family.subtasks(of: Work(state: asked.state, proposal: said), atMost: 4).isEmpty)
        default: _ = try family.apply(said, as: asked.role, to: Work(state: asked.state))
        }
        let answer = try #require(family.reference(asked))
        #expect(try tokenizer.encode(answer) == Array(completion.dropLast()))
      }
      #expect(roles == Set(shares.keys.filter(family.plays)))
    }
  }

  @Test("designer demonstrations are valid scripts under the mask, varied, and of the train split")
  func designers() throws {
    var generator = SplitMix(2)
    let grammar = try ScriptGrammar()
    let start = try grammar.mask(over: TroupeVocabulary.tokenizer)
    for family in try allFamilies() {
      let source = try DesignerDemonstrations(family: family, levels: 1...3, grammar: grammar)
      var scripts: Set<String> = []
      for _ in 0..<300 {
        let demonstration = try source.draw(using: &generator)
        #expect(TaskSplit(hash: demonstration.instance) == .train)
        scripts.insert(demonstration.completion)
        try grammar.validate(try grammar.parse(demonstration.completion))
        var mask = start
        for token in try demonstration.tokens().completion {
          try #require(mask.allowedTokens().contains(Int(token)))
          mask.advance(by: Int(token))
        }
        #expect(mask.isComplete)
        #expect(family.hasTests || !demonstration.completion.contains("tests"))
      }
      #expect(scripts.count >= 5, "\(family.name): \(scripts.count)")
    }
  }

  @Test("roles, levels and finished states come in the shares asked for")
  func shares() throws {
    var generator = SplitMix(3)
    let family = try arithmetic.get()
    let source = ExecutorDemonstrations(family: family, levels: [3, 0, 1], roles: ["step": 3, "solve": 1])
    let drawn = try (0..<2000).map { _ in try source.draw(using: &generator) }
    #expect((1400...1600).contains(drawn.count { $0.role == "step" }))
    #expect((1400...1600).contains(drawn.count { $0.level == 1 }) && !drawn.contains { $0.level == 2 })
    let finished = drawn.count { $0.prompt.contains { "+-*".contains($0) } == false }
    // 15 % of the draws may show it: one of 2 states at level 1, one of 4 at level 3.
    #expect((90...180).contains(finished), "\(finished)")
    let impossible = ExecutorDemonstrations(family: family, levels: [1], roles: ["paint": 1])
    #expect(throws: TaskError.self) { try impossible.draw(using: &generator) }
  }

  @Test("a greedy designer that was shown the standard mixture solves at once")
  func firstDecision() throws {
    let parts = DesignMixture.standard().parts
    #expect(parts.count { $0.design.steps > 0 } > 0)
    let solving = parts.filter { $0.design.steps == 0 && $0.design.finish == .solve }.reduce(0) {
      $0 + $1.weight
    }
    #expect(solving > parts.reduce(0) { $0 + $1.weight } / 2)
  }

  @Test("the vocabulary fits into 64 tokens")
  func vocabulary() {
    #expect(TroupeVocabulary.tokenizer.vocabularySize <= 64)
    #expect(Set(TroupeVocabulary.words).count == TroupeVocabulary.words.count)
  }
}
