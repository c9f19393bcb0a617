import Messaging
import Actors
import Policy
import Testing

@Suite("Records")
struct RecordTests {
  private let call = PolicyCall(
    caller: .executor(CallID(statement: 2, index: 5)), role: "solve", prompt: [4, 60, 300], maximumTokens: 16,
    temperature: 0.7, seed: .max)
  private let generation = Generation(
    tokens: [1, 200, 2], logProbabilities: [-0.1, -.leastNonzeroMagnitude, 0], stop: .end)
  private let outcome = Outcome(
    success: true, script: "a = agent solve(task);\nanswer a", answer: "18",
    calls: [
      CallRecord(id: CallID(statement: 0, index: 0), role: "solve", onPath: true, fault: nil, tokens: 3),
      CallRecord(
        id: CallID(statement: 2, index: 5), role: "solve", onPath: false, fault: .malformed("why"), tokens: 9),
    ],
    toolCalls: [
      CallRecord(
        id: CallID(statement: 1, index: 0), role: "run", onPath: true, fault: .toolFailed("fuel"), tokens: 0)
    ], designTokens: 11)

  @Test("every record round-trips to the bit")
  func roundTrips() throws {
    #expect(try PolicyCall(encoded: call.encoded) == call)
    #expect(try Generation(encoded: generation.encoded) == generation)
    #expect(try Outcome(encoded: outcome.encoded) == outcome)
    var design = call
    design.caller = .designer
    #expect(try PolicyCall(encoded: design.encoded) == design)
  }

  @Test("a record that is cut short or has bytes left over is an error, never a crash")
  func damaged() {
    for bytes in [call.encoded, generation.encoded, outcome.encoded] {
      for length in 0..<bytes.count {
        let cut = Array(bytes[..<length])
        #expect(throws: MalformedRecord.self) { try PolicyCall(encoded: cut) }
        #expect(throws: MalformedRecord.self) { try Generation(encoded: cut) }
        #expect(throws: MalformedRecord.self) { try Outcome(encoded: cut) }
      }
    }
    #expect(throws: MalformedRecord.self) { try Generation(encoded: generation.encoded + [0]) }
    // A length that no memory could hold.
    let lie: [UInt8] = [0] + Array(repeating: 0xff, count: 9) + [1]
    #expect(throws: MalformedRecord.self) { try Generation(encoded: lie) }
  }

  @Test("any flipped bit gives an error or another record, never a crash")
  func flipped() {
    for bytes in [call.encoded, generation.encoded, outcome.encoded] {
      for bit in 0..<(bytes.count * 8) {
        var changed = bytes
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        _ = try? PolicyCall(encoded: changed)
        _ = try? Generation(encoded: changed)
        _ = try? Outcome(encoded: changed)
      }
    }
  }

  @Test("a transcript joins each call of the outcome with its tokens, in whatever order they come")
  func transcript() throws {
    var design = call
    design.caller = .designer
    func event(_ kind: EventRecord.Kind, _ call: Int, _ payload: [UInt8]) -> EventRecord {
      EventRecord(
        number: 0, time: .zero, kind: kind, subject: "root", name: PolicyCall.kind, payload: payload,
        call: call)
    }
    let transcript = try Transcript(
      result: outcome.encoded,
      events: [
        event(.call, 1, design.encoded), event(.call, 2, call.encoded),
        event(.completion, 2, generation.encoded),
        event(.completion, 1, generation.encoded),
      ])
    #expect(transcript.design == .init(call: design, generation: generation))
    #expect(transcript.turns == [nil, .init(call: call, generation: generation)])
    #expect(transcript.outcome.formatErrors == 1)
    #expect(transcript.outcome.calls.reduce(0) { $0 + $1.tokens } == 12)
  }
}

@Suite("Scripted policy")
struct ScriptedPolicyTests {
  private func request(_ prompt: String, maximum: Int = 100, seed: UInt64 = 1) throws -> GenerationRequest {
    GenerationRequest(
      prompt: try TroupeVocabulary.tokenizer.encode(prompt), maximumTokens: maximum, sampling: .greedy,
      seed: seed, endToken: TroupeVocabulary.tokenizer.endToken)
  }

  private func text(_ generation: Generation) -> String {
    TroupeVocabulary.tokenizer.decode(generation.tokens)
  }

  @Test("executors know the answer, and err at their rate, by the request's seed alone")
  func executors() throws {
    var policy = ScriptedPolicy(families: try allFamilies())
    #expect(text(try policy.generate(request("solve : 47 + 8 * 1 ="))) == "5 5")
    #expect(text(try policy.generate(request("step : 47 + 8 * 1 ="))) == "5 5 * 1")
    #expect(text(try policy.generate(request("check : 47 + 8 , 56 ="))) == "no")
    #expect(
      text(try policy.generate(request("solve : 1 1 2 9 3 5 4 0 ; 5 8 3 2 0 5 0 0 ="))) == "add 3 5 swap 1 2")
    #expect(try policy.generate(request("step : task =")).tokens.count == 1)
    policy.executor = .reference(errorRate: 0.25)
    let wrong = try (0..<400).count {
      text(try policy.generate(request("solve : 47 + 8 =", seed: UInt64($0)))) != "5 5"
    }
    #expect((70...130).contains(wrong), "\(wrong)")
    #expect(
      try policy.generate(request("solve : 47 + 8 =", seed: 3))
        == policy.generate(request("solve : 47 + 8 =", seed: 3)))
  }

  @Test("an optimal designer writes a chain as long as the task, and a limit cuts it")
  func designers() throws {
    let policy = ScriptedPolicy(families: try allFamilies())
    let design = try policy.generate(request("design : 3 + 4 * 2 ="))
    #expect(
      try ScriptGrammar().parse(text(design))
        == ScriptGrammar().parse("a = agent step(task); b = agent solve(a); answer b"))
    #expect(design.stop == .end)
    let cut = try policy.generate(request("design : 3 + 4 * 2 =", maximum: 5))
    #expect(cut.stop == .length && cut.tokens.count == 5)
  }
}
