import Policy
import Testing

@testable import Actors

/// A vocabulary of bytes and of every beginning of Troupe's words, with a space before it and without.
private let bytePairs: BytePairTokenizer = {
  var vocabulary: [[UInt8]: Int32] = [:]
  var merges: [(first: [UInt8], second: [UInt8])] = []
  for byte in UInt8.min...UInt8.max { vocabulary[[byte]] = Int32(byte) }
  for word in TroupeVocabulary.words.flatMap({ [Array($0.utf8), Array(" \($0)".utf8)] }) where word.count > 1
  {
    for length in 2...word.count where vocabulary[Array(word[..<length])] == nil {
      vocabulary[Array(word[..<length])] = Int32(vocabulary.count)
      merges.append((Array(word[..<(length - 1)]), [word[length - 1]]))
    }
  }
  let end = Int32(vocabulary.count)
  do {
    return try BytePairTokenizer(
      vocabulary: vocabulary, merges: merges,
      added: [
        .init(id: end, text: "<|im_end|>", isSpecial: true),
        .init(id: end + 1, text: "<|im_start|>", isSpecial: true),
      ], endToken: end, beginToken: nil, isNormalized: false)
  } catch {
    fatalError("\(error)")
  }
}()
private let words = vocabulary(of: sampleGrammars)
/// A model that has some logits more than there are tokens, as published ones do.
private let spelling = SpelledConstraint.Spelling(
  bytePairs, words: words, vocabularySize: bytePairs.vocabularySize + 9)

@Suite("A grammar over words, spelled in byte pairs")
struct SpelledConstraintTests {
  @Test("every random walk ends in a script of the grammar, its words one space apart")
  func walksAreValid() throws {
    var generator = SplitMix(5)
    for grammar in try sampleGrammars() {
      let start = SpelledConstraint(try grammar.mask(over: words), spelling)
      for _ in 0..<60 {
        var mask = start
        var tokens: [Int32] = []
        while !mask.isComplete {
          let allowed = mask.allowedTokens()
          #expect(allowed.vocabularySize == spelling.vocabularySize)
          let choices = (0..<spelling.vocabularySize).filter(allowed.contains)
          let said = bytePairs.decode(tokens)
          #expect(!choices.isEmpty, "a dead end after \(said)")
          let token = choices[Int.random(in: 0..<choices.count, using: &generator)]
          tokens.append(Int32(token))
          mask.advance(by: token)
        }
        #expect(tokens.last == bytePairs.endToken)
        let text = bytePairs.decode(tokens)
        #expect(words.decode(try words.encode(text)) == text)
        _ = try grammar.parse(text)
      }
    }
  }

  @Test("what is allowed is what goes on as some script does: checked token by token against all spellings")
  func allowedTokensAreThose() throws {
    var generator = SplitMix(6)
    let grammar = try ScriptGrammar(maximumStatements: 2, maximumCalls: 2)
    let start = SpelledConstraint(try grammar.mask(over: words), spelling)
    /// Whether the words' own mask lets `text` be the beginning of a script.
    func isBeginning(_ text: String) throws -> Bool {
      let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      var mask = try grammar.mask(over: words)
      for part in parts.dropLast() {
        guard let id = words.id(of: part), id > 2, mask.allowedTokens().contains(Int(id)) else {
          return false
        }
        mask.advance(by: Int(id))
      }
      let allowed = mask.allowedTokens()
      let last = parts.last ?? ""
      return words.words.enumerated().contains { id, word in
        id > 2 && allowed.contains(id) && word.hasPrefix(last)
      }
    }
    for _ in 0..<3 {
      var mask = start
      var tokens: [Int32] = []
      while !mask.isComplete {
        let allowed = mask.allowedTokens()
        for id in 0..<Int32(bytePairs.vocabularySize) where id != bytePairs.endToken {
          guard let bytes = bytePairs.bytes(of: id), bytes.allSatisfy({ $0 < 0x80 }) else {
            #expect(!allowed.contains(Int(id)))
            continue
          }
          let expected = try isBeginning(bytePairs.decode(tokens + [id]))
          #expect(allowed.contains(Int(id)) == expected, "\(bytePairs.decode(tokens)) + \(bytes)")
        }
        let choices = (0..<spelling.vocabularySize).filter(allowed.contains)
        let token = choices[Int.random(in: 0..<choices.count, using: &generator)]
        tokens.append(Int32(token))
        mask.advance(by: token)
      }
    }
  }

  @Test("every script can be spelled as the tokenizer spells it")
  func validScriptsAreAccepted() throws {
    var generator = SplitMix(8)
    for grammar in try sampleGrammars() {
      let start = SpelledConstraint(try grammar.mask(over: words), spelling)
      for _ in 0..<100 {
        let script = words.decode(try words.encode(randomScript(grammar, using: &generator).description))
        var mask = start
        for token in try bytePairs.encode(script) + [bytePairs.endToken] {
          try #require(mask.allowedTokens().contains(Int(token)), "\(script)")
          mask.advance(by: Int(token))
        }
        #expect(mask.isComplete && mask.allowedTokens().isEmpty)
      }
    }
  }

  @Test("grammars and vocabularies have different digests")
  func digests() throws {
    let masks = try sampleGrammars().map { try $0.mask(over: words) }
    let digests = masks.map { SpelledConstraint($0, spelling).digest } + masks.map(\.digest)
    #expect(Set(digests).count == digests.count)
  }
}

@Suite("A chat model that plays")
struct ChatServerTests {
  /// A server that gives fixed texts, and keeps the questions.
  private final class Parrot: GenerationServer {
    var requests: [GenerationRequest] = []
    var text: String
    var stop = Generation.StopReason.end
    private var answers = ImmediateAnswers()

    init(_ text: String) { self.text = text }
    func submit(_ request: GenerationRequest) throws -> Int {
      requests.append(request)
      let tokens = try bytePairs.encode(text) + (stop == .end ? [bytePairs.endToken] : [])
      return answers.add(
        Generation(tokens: tokens, logProbabilities: tokens.map { _ in -0.5 }, stop: stop))
    }
    func step() -> [Decoder.Update] { answers.take() }
  }

  private func language(_ template: ChatTemplate = .qwen3) throws -> ChatLanguage {
    ChatLanguage(
      bytePairs, template: template, vocabularySize: spelling.vocabularySize, grammar: try ScriptGrammar(),
      families: [try ArithmeticFamily(), try SynthesisFamily()], words: words)
  }

  private func server(_ parrot: any GenerationServer) throws -> any GenerationServer {
    try language().playing(parrot)
  }

  private func request(_ question: String, maximumTokens: Int = 8) throws -> GenerationRequest {
    GenerationRequest(
      prompt: try words.encode(question), maximumTokens: maximumTokens, sampling: .greedy, seed: 1,
      endToken: words.endToken)
  }

  @Test("the question comes in Qwen's template, after what its role has to do in its family")
  func prompts() throws {
    let parrot = Parrot("9 - 4")
    _ = try server(parrot).submit(request("step : 7 + 2 - 4 ="))
    let text = bytePairs.decode(parrot.requests[0].prompt, keepingSpecial: true)
    #expect(text.hasPrefix("<|im_start|>system\nA problem is an expression"))
    #expect(text.contains("Do the first operation only"))
    #expect(
      text.hasSuffix(
        "<|im_start|>user\nstep : 7 + 2 - 4 =<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"))
    #expect(parrot.requests[0].endToken == bytePairs.endToken)
    let asked = try language().spoken.conversation("solve : 1 2 3 0 5 0 7 0 ; 9 2 0 0 1 0 4 0 =")
    let said = asked[0].text
    #expect(said.contains("swap i j") && said.contains("whole program"))
    let told = try language().spoken.conversation("design : 7 + 2 - 4 =")[0].text
    #expect(told.contains("ROLE is one of: step, solve.") && told.contains("At most 8 calls"))
  }

  @Test("a model's own template is used, and what it raises is thrown")
  func ownTemplate() throws {
    let own = try ChatTemplate(
      parsing: "{% for m in messages[1:] %}<{{ m.role }}>{{ m.content }}{% endfor %} {{ enable_thinking }}")
    let parrot = Parrot("9 - 4")
    _ = try language(own).playing(parrot).submit(request("step : 7 + 2 - 4 ="))
    let text = bytePairs.decode(parrot.requests[0].prompt, keepingSpecial: true)
    #expect(text == "<user>step : 7 + 2 - 4 = False")
    let refusing = try ChatTemplate(parsing: "{{ raise_exception('no system message') }}")
    let server = try language(refusing).playing(parrot)
    #expect(throws: ChatTemplateError.self) { try server.submit(request("step : 7 + 2 - 4 =")) }
  }

  @Test("the example that designers are told is a script of the grammar")
  func example() throws {
    for grammar in try sampleGrammars() {
      let text = grammar.instructions
      let example = try #require(text.split(separator: "`").last { $0.hasPrefix("a = ") })
      _ = try grammar.parse(String(example))
    }
  }

  @Test(
    "answers are read back into words",
    arguments: [
      ("9 - 4", "9 - 4"), ("9-4\n", "9 - 4"), (" 12 ", "1 2"), ("The answer is 12", ""), ("", ""),
      ("swap 1 2 add 3 4", "swap 1 2 add 3 4"), ("ok.", ""), ("\u{fffd}", ""),
    ])
  func answers(said: String, read: String) throws {
    let server = try server(Parrot(said))
    let handle = try server.submit(request("step : 7 + 2 - 4 ="))
    let update = try #require(try server.step().first)
    let answer = try #require(update.finished)
    #expect(update.handle == handle && words.decode(answer.tokens) == read)
    #expect(answer.stop == .end && answer.tokens.last == words.endToken)
    #expect(answer.logProbabilities.count == answer.tokens.count && update.tokenCount == answer.tokens.count)
    let tokens = try bytePairs.encode(said) + [bytePairs.endToken]
    #expect(answer.logProbabilities.reduce(0, +) == -0.5 * Float(tokens.count))
    // What the model read and wrote is beside it, and survives the log.
    let sampled = try #require(answer.sampled)
    #expect(sampled.tokens == tokens && sampled.logProbabilities == tokens.map { _ in -0.5 })
    #expect(try sampled.prompt == language().prompt("step : 7 + 2 - 4 ="))
    #expect(try Generation(encoded: answer.encoded) == answer)
  }

  @Test("an answer of too many words is cut there, and one that was cut is not ended")
  func limits() throws {
    let parrot = Parrot("1 2 3 4 5 6")
    let server = try server(parrot)
    _ = try server.submit(request("solve : 7 + 2 =", maximumTokens: 4))
    let long = try #require(try server.step().first?.finished)
    #expect(long.stop == .length && words.decode(long.tokens) == "1 2 3 4")
    parrot.stop = .length
    _ = try server.submit(request("solve : 7 + 2 =", maximumTokens: 8))
    let cut = try #require(try server.step().first?.finished)
    #expect(cut.stop == .length && words.decode(cut.tokens) == "1 2 3 4 5 6")
  }

  @Test("a model of byte pairs with random weights designs scripts that parse, and its episodes finish")
  func episodes() throws {
    let configuration = ModelConfiguration(
      vocabularySize: spelling.vocabularySize, hiddenSize: 32, layerCount: 2, headCount: 2,
      keyValueHeadCount: 1,
      headDimension: 16, intermediateSize: 48, maximumPositions: 2048)
    let model = Transformer(
      weights: .random(configuration, seed: 3))
    let family = try ArithmeticFamily()
    let grammar = try ScriptGrammar(critics: [], tools: [], maximumStatements: 3, maximumCalls: 3)
    let agents = try AgentSetup(families: [family], grammar: grammar, tokenizer: words)
    var generator = SplitMix(2)
    for seed in UInt64(0)..<6 {
      let server = ChatLanguage(
        bytePairs, vocabularySize: spelling.vocabularySize, grammar: grammar, families: [family], words: words
      ).playing(Decoder(model))
      let task = try family.instance(level: 2, split: .train, using: &generator)
      let run = try runEpisode(EpisodeStart(task: task), agents: agents, server: server, seed: seed)
      #expect(run.transcript.outcome.script != nil, "\(run.transcript.outcome)")
      #expect(run.transcript.outcome.success == false || run.transcript.outcome.answer == task.solution)
    }
  }
}
