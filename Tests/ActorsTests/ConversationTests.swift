import Messaging
import Policy
import Testing

@testable import Actors

private let textFamilies: [any TaskFamily] = [StoriesFamily(), PricesFamily()]

@Suite("Families whose problems are text")
struct TextFamilyTests {
  @Test("the split is decided by the hash alone, and the hash by numbers and operations, whatever the words")
  func split() throws {
    var generator = SplitMix(1)
    for family in textFamilies {
      var hashes: [TaskSplit: Set<UInt64>] = [:]
      for level in family.levels {
        for split in TaskSplit.allCases where level > 1 || split == .train {
          for _ in 0..<80 {
            let task = try family.instance(level: level, split: split, using: &generator)
            #expect(task.split == split && task.level == level && task.family == family.name)
            #expect(family.hash(ofState: task.statement) == task.hash)
            #expect(family.recognizes(state: task.statement))
            hashes[split, default: []].insert(task.hash)
          }
        }
      }
      #expect(hashes[.train, default: []].isDisjoint(with: hashes[.heldOut, default: []]))
    }
    let one = "Ann has 7 pens. She buys 5 more. She loses 3. How many pens does Ann have?"
    let other = "Ben has 7 coins. He finds 5 more. He sells 3. How many coins does Ben have?"
    let another = "Ben has 7 coins. He finds 5 more. He sells 4. How many coins does Ben have?"
    let stories = StoriesFamily()
    #expect(stories.hash(ofState: one) != nil && stories.hash(ofState: one) == stories.hash(ofState: other))
    #expect(stories.hash(ofState: one) != stories.hash(ofState: another))
    // What agents worked out does not change which problem it is.
    #expect(stories.hash(ofState: "\(one)\n7 + 5 = 12") == stories.hash(ofState: one))
  }

  @Test("no text but a problem of the family is one")
  func recognizing() {
    for text in [
      "", "Ann has 7 pens.", "Ann has 7 pens. He buys 5 more. How many pens does Ann have?",
      "Ann has 7 pens. She buys 5 more. How many coins does Ann have?",
      "Ann has 07 pens. She buys 5 more. How many pens does Ann have?",
      "Ann has 7 pens. She eats 5. How many pens does Ann have?",
      "A pen costs 37 cents and a book costs 45 cents. How many cents do they cost?",
    ] {
      for family in textFamilies { #expect(!family.recognizes(state: text), "\(family.name): \(text)") }
    }
  }

  @Test("a story's value is what its numbers make of it, counted by hand")
  func values() throws {
    let stories = StoriesFamily()
    let state =
      "Ann has 7 pens. She buys 5 more. She then has 3 times as many. She loses 6. How many pens does Ann have?"
    func says(_ role: String, _ state: String, answer: String? = nil) -> String? {
      stories.reference(ExecutorPrompt(role: role, state: state, answer: answer))
    }
    #expect(says("step", state) == "7 + 5 = 12")
    #expect(says("step", "\(state)\n7 + 5 = 12\n12 * 3 = 36") == "36 - 6 = 30")
    // Whoever goes on takes what was said, right or wrong.
    #expect(says("step", "\(state)\n7 + 5 = 13") == "13 * 3 = 39")
    #expect(says("solve", "\(state)\n7 + 5 = 12\n12 * 3 = 36") == "36 - 6 = 30\nAnswer: 30")
    #expect(says("solve", "\(state)\n7 + 5 = 12\n12 * 3 = 36\n36 - 6 = 30") == "Answer: 30")
    #expect(says("check", state, answer: "30") == "ok" && says("check", state, answer: "31") == "no")
    #expect(stories.remainingSteps("\(state)\n7 + 5 = 12") == 2)
    #expect(
      stories.isShown(.init(role: "step", state: state))
        && !stories.isShown(.init(role: "solve", state: state)))
    let prices = PricesFamily()
    let both = "A pen costs 37 cents and a book costs 45 cents. How many cents do both cost?"
    let more = "A pen costs 37 cents and a book costs 45 cents. How many cents more does the dearer one cost?"
    #expect(prices.reference(.init(role: "solve", state: both)) == "37 + 45 = 82\nAnswer: 82")
    #expect(prices.reference(.init(role: "solve", state: more)) == "45 - 37 = 8\nAnswer: 8")
  }

  @Test("perfect executors solve every problem by the optimal chain; a wrong answer is not verified")
  func optimalChains() throws {
    var generator = SplitMix(2)
    for family in textFamilies {
      for level in family.levels {
        let script = family.optimalScript(level: level)
        for _ in 0..<40 {
          let task = try family.instance(
            level: level, split: level > 1 ? .heldOut : .train, using: &generator)
          var work = family.start(task)
          for case .agent(let role) in script.statements.map(\.node) {
            let said = try #require(family.reference(family.prompt(for: role, on: work)))
            work = try family.apply(said, as: role, to: work)
          }
          #expect(family.verify(work, on: task), "\(task)")
          let prompt = family.prompt(for: "solve", on: work)
          let wrong = family.corrupted(SpokenAnswer.line(task.solution), for: prompt, using: &generator)
          #expect(!family.verify(try family.apply(wrong, as: "solve", to: work), on: task), "\(wrong)")
        }
      }
    }
  }

  /// The numbers of stories end at 20, so that one answer is right more often than in other families.
  @Test("guessing one answer pays less than 5 %, and in stories less than 9 %", arguments: TaskSplit.allCases)
  func guessing(split: TaskSplit) throws {
    var generator = SplitMix(11)
    for family in textFamilies {
      var counts: [String: Int] = [:]
      var all = 0
      for level in family.levels where level > 1 || split == .train {
        for _ in 0..<400 {
          counts[try family.instance(level: level, split: split, using: &generator).solution, default: 0] += 1
          all += 1
        }
      }
      let best = Double(counts.values.max() ?? 0) / Double(all)
      #expect(best < (family.name == "stories" ? 0.09 : 0.05), "\(family.name): \(best)")
    }
  }

  @Test(
    "an answer is the last line that says one",
    arguments: [
      ("Answer: 12", "12"), ("12 - 3 = 9\nAnswer: 9", "9"), ("The Answer: 9.", "9"),
      ("Answer: 1\nAnswer: 2", "2"),
      ("Answer:  -3 \n\n", "-3"), ("12", nil), ("Answer:", nil), ("answer: 12", nil), ("", nil),
    ] as [(String, String?)])
  func spoken(text: String, answer: String?) { #expect(SpokenAnswer.read(text) == answer) }

  @Test("what has another form is a fault, never another work")
  func malformed() throws {
    let work = Work(state: "Ann has 7 pens. She buys 5 more. How many pens does Ann have?")
    let stories = StoriesFamily()
    for (role, output) in [
      ("step", ""), ("step", "12"), ("step", "7 + 5"), ("step", "7 / 5 = 1"), ("step", "7 + 5 = 12 = 12"),
      ("step", "seven + 5 = 12"), ("solve", "12"), ("solve", "Answer: twelve"), ("solve", ""),
      ("check", "yes"),
      ("paint", "12"), ("\"Paint it.\"", ""),
    ] {
      #expect(throws: WorkFault.self, "\(role): \(output)") { try stories.apply(output, as: role, to: work) }
    }
    #expect(try stories.apply(" 7+5 =12 ", as: "step", to: work).state.hasSuffix("\n7 + 5 = 12"))
    #expect(try stories.apply("-3 + 5 = 2", as: "step", to: work).state.hasSuffix("\n-3 + 5 = 2"))
    #expect(try stories.apply("7 + 5 = 12\nAnswer: 012", as: "solve", to: work).answer == "12")
    // Who has a role in words says an answer, or a line that others read.
    #expect(try stories.apply("Answer: 12", as: "\"Solve it.\"", to: work).answer == "12")
    #expect(try stories.apply("Add\nfive.", as: "\"Give a hint.\"", to: work).state.hasSuffix("\nAdd five."))
  }

  @Test("a question is read back from its conversation")
  func roundTrip() throws {
    let problem = "Ann has 7 pens. She buys 5 more. How many pens does Ann have?"
    let family = StoriesFamily()
    for state in [problem, "\(problem)\n7 + 5 = 12", "\(problem)\n7 + 5 = 13\n13 + 0 = 13"] {
      for role in ["step", "solve", "check", "\"Look twice.\""] {
        for prompt in [
          ExecutorPrompt(role: role, state: state), .init(role: role, state: state, answer: "12"),
          .init(role: role, state: state, answer: "12", verdict: false),
          .init(role: role, state: state, answer: "12", others: ["13", "14"]),
        ] {
          #expect(family.question(family.conversation(prompt)) == prompt)
        }
      }
    }
    let asked = family.conversation(.init(role: "check", state: "\(problem)\n7 + 5 = 12", answer: "12"))
    #expect(
      asked == [
        ChatMessage(.system, "Say ok if the proposed answer is right, and no if it is not."),
        ChatMessage(.user, problem), ChatMessage(.assistant, "7 + 5 = 12"),
        ChatMessage(.user, "Proposed answer: 12"),
      ])
    #expect(family.question([]) == nil && family.question([ChatMessage(.user, problem)]) == nil)
    #expect(family.question([ChatMessage(.system, "Sing."), ChatMessage(.user, "la")]) == nil)
    // A problem of several lines is one line of the state, and is shown as it was.
    let lines = ExecutorPrompt(role: "solve", state: ExecutorPrompt.line("a\nb") + "\nnote")
    #expect(lines.conversation(instructions: "").map(\.text) == ["a\nb", "note"])
    #expect(ExecutorPrompt(lines.conversation(instructions: ""), role: "solve") == lines)
  }
}

@Suite("Conversations in episodes and logs")
struct ConversationEpisodeTests {
  private func agents(_ roles: [String] = ["step", "solve"], wording: Int = 0) throws -> AgentSetup {
    var extent = ScriptGrammar.Extent()
    extent.maximumWording = wording
    return try AgentSetup(
      families: textFamilies, grammar: try ScriptGrammar(roles: .init(workers: roles), extent: extent),
      tokenizer: WordTokenizer(words: TroupeVocabulary.words + [Script.quotation]))
  }

  @Test("agents hold conversations, which the log keeps; the recording answers offline")
  func episodes() throws {
    var generator = SplitMix(4)
    let agents = try agents()
    for family in textFamilies {
      for level in family.levels {
        let task = try family.instance(level: level, split: .train, using: &generator)
        let run = try runEpisode(
          EpisodeStart(task: task), agents: agents, policy: ScriptedPolicy(families: textFamilies))
        #expect(run.transcript.outcome.success && run.transcript.outcome.answer == task.solution)
        let turns = run.transcript.turns.compactMap(\.self)
        #expect(turns.count == (family.name == "stories" ? max(1, level - 1) + (level > 1 ? 1 : 0) : 1))
        for turn in turns + [try #require(run.transcript.design)] {
          #expect(turn.call.prompt.isEmpty && turn.call.messages.count >= 2 && turn.generation.text != nil)
          #expect(try PolicyCall(encoded: turn.call.encoded) == turn.call)
          #expect(try Generation(encoded: turn.generation.encoded) == turn.generation)
        }
        var recording = RecordedServer.Recording()
        try recording.add(run.events)
        let again = try runEpisode(
          EpisodeStart(task: task), agents: agents, server: RecordedServer(recording))
        #expect(again.transcript == run.transcript)
      }
    }
  }

  @Test("the bytes of questions and answers in words are what they were before there were conversations")
  func oldBytes() throws {
    let call = PolicyCall(
      caller: .designer, role: "design", prompt: [3, 300], maximumTokens: 9, temperature: 1, seed: 5)
    #expect(
      call.encoded == [0, 6, 0x64, 0x65, 0x73, 0x69, 0x67, 0x6e, 2, 3, 0xac, 2, 9, 0, 0, 0x80, 0x3f, 5])
    #expect(
      Generation(tokens: [7, 2], logProbabilities: [0, -1], stop: .end).encoded
        == [0, 2, 7, 2, 2, 0, 0, 0, 0, 0, 0, 0x80, 0xbf])
    let said = Generation(
      text: "ja", sampled: .init(prompt: [4], tokens: [1, 2], logProbabilities: [-1, -0.5]), stop: .length)
    #expect(try Generation(encoded: said.encoded) == said && said.sampledCount == 2)
    #expect(said.encoded.first == 0x41 && abs(said.probability - 0.22313) < 1e-5)
    #expect(throws: MalformedRecord.self) { try Generation(encoded: [0x4f]) }
    #expect(throws: MalformedRecord.self) {
      try PolicyCall(encoded: call.encoded + [1, 4, 0x6e, 0x6f, 0x62, 0x6f, 0])
    }
  }

  @Test("a vote counts answers, and a text has units for its words")
  func units() throws {
    let text = Generation(text: "7 + 5 = 12", stop: .end)
    #expect(text.sampledCount == 6 && text.unitCount == 6)
    #expect(Generation(text: "", stop: .end).unitCount == 1)
    #expect(
      Generation(
        text: "a", sampled: .init(prompt: [], tokens: [5, 6], logProbabilities: [0, 0]), stop: .end
      ).unitCount == 2)
  }

  @Test("the designer words roles, whose executors get them as system messages")
  func wordedRoles() throws {
    let agents = try agents(wording: 40)
    let script = "a = agent \"Do the first sum.\"(task);\nb = agent solve(a);\nanswer b"
    let task = try StoriesFamily().instance(level: 2, split: .train, using: &generatorOfTask)
    final class Listener: GenerationServer {
      var asked: [[ChatMessage]] = []
      private var answers = ImmediateAnswers()
      func submit(_ request: GenerationRequest) -> Int {
        asked.append(request.messages)
        return answers.add(Generation(text: asked.count == 1 ? "Add first." : "Answer: 1", stop: .end))
      }
      func step() -> [Decoder.Update] { answers.take() }
    }
    let listener = Listener()
    let run = try runEpisode(EpisodeStart(task: task, script: script), agents: agents, server: listener)
    #expect(run.transcript.outcome.script == script && run.transcript.outcome.answer == "1")
    #expect(
      listener.asked[0] == [ChatMessage(.system, "Do the first sum."), ChatMessage(.user, task.statement)])
    #expect(listener.asked[1].last == ChatMessage(.assistant, "Add first."))
    #expect(run.transcript.outcome.calls.map(\.role) == ["\"Do the first sum.\"", "solve"])
    #expect(run.transcript.outcome.calls.map(\.onPath) == [true, true])
  }
}

/// The draws of one task.
private nonisolated(unsafe) var generatorOfTask = SplitMix(9)

@Suite("Roles that the designer words")
struct WordedRoleTests {
  private func grammar(_ wording: Int = 24) throws -> ScriptGrammar {
    var extent = ScriptGrammar.Extent()
    (extent.nodes, extent.maximumWording, extent.maximumCalls) = ([.agent, .ensemble], wording, 4)
    return try ScriptGrammar(roles: .init(workers: ["step", "solve"]), extent: extent)
  }

  @Test("they parse and print, and what is no wording is an error with its place")
  func parsing() throws {
    let grammar = try grammar()
    let text = "a = ensemble 2 \"Say 5; then (6).\"(task) by majority;\nb = agent \"x\"(a);\nanswer b"
    let script = try grammar.parse(text)
    #expect(script.description == text && script.statements[1].node == .agent(role: "\"x\""))
    #expect(try grammar.parse("a = agent \"x\" ( task ) # \"no\"\nanswer a").statements.count == 1)
    for (text, part) in [
      ("a = agent \"\"(task); answer a", "1:11"), ("a = agent \"no end(task); answer a", "1:11"),
      ("a = agent \"two\nlines\"(task); answer a", "1:11"),
      ("a = agent \"more than twenty-four characters\"(task); answer a", "1 to 24 characters"),
      ("a = agent \"caf\u{e9}\"(task); answer a", "printable ASCII"),
      ("\"a\" = agent step(task); answer a", "1:1"),
      ("a = agent step(\"task\"); answer a", "1:16"),
    ] {
      let error = #expect(throws: ScriptError.self, "\(text)") { try grammar.parse(text) }
      #expect(error.map { "\($0)".contains(part) } == true, "\(text): \(error.map { "\($0)" } ?? "")")
    }
    #expect(throws: ScriptError.self) { try self.grammar(0).parse("a = agent \"x\"(task); answer a") }
    #expect(throws: ScriptGrammarError.self) { try self.grammar(401) }
  }

  @Test("lists of all scripts have none; GBNF has them; designers are told of them")
  func lists() throws {
    let grammar = try grammar()
    let with = try ScriptCatalog(grammar, calls: 2), without = try ScriptCatalog(self.grammar(0), calls: 2)
    #expect(with.scripts == without.scripts)
    #expect(grammar.gbnf.contains(#"" \"" [ !#-~]{1,24} "\"""#))
    #expect(!(try self.grammar(0).gbnf.contains("{1,")))
    #expect(grammar.instructions.contains("in quotation marks"))
    #expect(!(try self.grammar(0).instructions.contains("quotation")))
  }

  @Test("half of the roles in demonstrations are worded, if there are wordings; without any, no draw changes")
  func demonstrations() throws {
    let family = StoriesFamily()
    let grammar = try grammar(40)
    let designs = try DesignMixture.standard().distribution(for: family, grammar: grammar)
    var source = DesignerDemonstrations(family: family, levels: 2...3, designs: designs)
    var (one, two) = (SplitMix(3), SplitMix(3))
    let plain = try (0..<60).map { _ in try source.draw(using: &one).completion }
    source.wordings = ["check": ["Is it right?"]]
    #expect(try (0..<60).map { _ in try source.draw(using: &two).completion } == plain)
    source.wordings = ["step": ["Do one sum."], "solve": ["Say the answer.", "End it."]]
    let texts = try (0..<200).map { _ in try source.draw(using: &one).completion }
    for text in texts { _ = try grammar.parse(text) }
    let roles = texts.joined().matches(of: /agent ("[^"]*"|[a-z]+)/).map { String($0.1) }
    let share = Double(roles.count { $0.hasPrefix("\"") }) / Double(roles.count)
    #expect((0.4...0.6).contains(share) && roles.contains("\"End it.\""))
    var executors = ExecutorDemonstrations(family: family, levels: [0, 1], roles: ["step": 1, "solve": 1])
    executors.wordings = source.wordings
    let asked = try (0..<100).map { _ in try executors.draw(using: &one) }
    #expect(asked.contains { $0.question.role == "\"Do one sum.\"" && $0.completion.contains("=") })
    #expect(asked.contains { $0.question.role == "step" })
  }
}
