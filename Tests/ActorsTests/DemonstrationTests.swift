import Actors
import Policy
import Testing

@Suite("Demonstrations")
struct DemonstrationTests {
  @Test("executor demonstrations are of the train split, in the vocabulary, and correct")
  func executors() throws {
    var generator = SplitMix(1)
    for family in try allFamilies() {
      let source = ExecutorDemonstrations(family: family, levels: 1...2)
      var roles: Set<String> = []
      for _ in 0..<300 {
        let demonstration = try source.draw(using: &generator)
        roles.insert(demonstration.role)
        #expect(TaskSplit(hash: demonstration.instance) == .train)
        #expect((1...2).contains(demonstration.level))
        let (prompt, completion) = try demonstration.tokens()
        #expect(completion.last == TroupeVocabulary.tokenizer.endToken)
        let text = TroupeVocabulary.tokenizer.decode(prompt)
        let asked = try #require(ExecutorPrompt(parsing: text))
        if family.remainingSteps(asked.state) != 0 {
          #expect(family.hash(ofState: asked.state).map(TaskSplit.init(hash:)) == .train)
        }
        let said = TroupeVocabulary.tokenizer.decode(completion)
        _ = try family.apply(said, as: asked.role, to: Work(state: asked.state))
        let answer = try #require(family.reference(asked))
        #expect(try TroupeVocabulary.tokenizer.encode(answer) == Array(completion.dropLast()))
      }
      #expect(roles == ["step", "solve", "check"])
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
      #expect(scripts.count >= 10, "\(family.name): \(scripts.count)")
    }
  }

  @Test("roles and distances that are not asked for are not shown")
  func restricted() throws {
    var generator = SplitMix(3)
    let family = try arithmetic.get()
    let source = ExecutorDemonstrations(
      family: family, levels: 3...3, roles: ["solve": .init(weight: 1, remaining: 1...1)], rejectedAnswers: 0)
    for _ in 0..<50 {
      let demonstration = try source.draw(using: &generator)
      let prompt = try #require(ExecutorPrompt(parsing: demonstration.prompt))
      #expect(prompt.role == "solve" && family.remainingSteps(prompt.state) == 1 && prompt.answer == nil)
    }
    let impossible = ExecutorDemonstrations(
      family: family, levels: 1...1, roles: ["step": .init(weight: 1, remaining: 4...5)])
    #expect(throws: TaskError.self) { try impossible.draw(using: &generator) }
  }

  @Test("the vocabulary fits into 64 tokens")
  func vocabulary() {
    #expect(TroupeVocabulary.tokenizer.vocabularySize <= 64)
    #expect(Set(TroupeVocabulary.words).count == TroupeVocabulary.words.count)
  }
}
