import Actors
import Messaging
import Policy

/// The events of a sample of an `.eval` file, each in the span of its actor's work.
///
/// The work around all other work, which is the environment's, is no span, so that its events are on the sample's first level.
struct InspectEvents {
  private let episode: ExportedEpisode
  /// The place of the work around all other work; `nil` if there is none.
  private let outermost: Int?
  private(set) var all: [JSONValue] = []
  /// The spans that are open, by actor.
  private var spans: [String: [String]] = [:]
  /// The events that a `model` event tells.
  private var told: Set<Int> = []

  init(_ episode: ExportedEpisode) {
    self.episode = episode
    let work = episode.work
    let outer = work.indices.filter { work[$0].parent == nil }
    outermost = outer.count == 1 ? outer[0] : nil
    let shown = work.indices.filter { $0 != outermost }
    let begins = Dictionary(grouping: shown) { work[$0].first }
    let ends = Dictionary(grouping: shown) { work[$0].last }
    for event in episode.events {
      let number = event.record.number
      for place in begins[number] ?? [] { begin(place, event) }
      if !told.contains(number), event.record.kind != .spawn { append(info(event), in: event.record.subject) }
      // Inner work ends first.
      for place in (ends[number] ?? []).reversed() { end(work[place]) }
    }
  }

  private mutating func begin(_ place: Int, _ event: ExportedEpisode.Event) {
    let work = episode.work[place]
    switch work.kind {
    case .agent, .tool:
      spans[work.actor, default: []].append(Self.name(work))
      let parent = work.parent.flatMap { $0 == outermost ? nil : Self.name(episode.work[$0]) }
      var span = base("span_begin", event.record)
      span.append("id", .text(Self.name(work)))
      span.append("span_id", .text(Self.name(work)))
      span.append("parent_id", .optional(parent))
      span.append("type", .text(work.kind.rawValue))
      span.append("name", .text("\(work.name) (\(work.actor))"))
      all.append(span)
    case .chat, .call:
      guard let question = episode.question(work) else { return }
      told.insert(work.first)
      if work.isAnswered { told.insert(work.last) }
      append(model(work, question.call, question.prompt), in: work.actor)
    }
  }

  private mutating func end(_ work: LoggedWork) {
    guard work.kind == .agent || work.kind == .tool else { return }
    let (name, last) = (Self.name(work), episode.events[work.last].record)
    if work.kind == .tool, work.isAnswered {
      var tool = self.tool(work)
      tool.append("span_id", .text(name))
      all.append(tool)
    }
    spans[work.actor]?.removeAll { $0 == name }
    var span = base("span_end", last, suffix: name)
    span.append("id", .text(name))
    span.append("span_id", .text(name))
    all.append(span)
  }

  /// Adds an event to the span that is open last for an actor.
  private mutating func append(_ event: JSONValue, in actor: String) {
    var event = event
    if let span = spans[actor]?.last { event.append("span_id", .text(span)) }
    all.append(event)
  }

  private static func name(_ work: LoggedWork) -> String { "\(work.kind.rawValue)-\(work.first)" }

  /// What all events have. `metadata` is for `model` events, which have more of them.
  private func base(
    _ kind: String, _ record: EventRecord, suffix: String = "", metadata more: [JSONValue.Member] = []
  ) -> JSONValue {
    let metadata: [JSONValue.Member] = [
      .init("event", .integer(record.number)), .init("actor", .text(record.subject)),
    ]
    return [
      "event": .text(kind), "uuid": .text("\(kind)-\(record.number)\(suffix.isEmpty ? "" : "-" + suffix)"),
      "timestamp": .text(ExportTime.date(record.time)), "working_start": .number(record.time.inSeconds),
      "metadata": .object(metadata + more),
    ]
  }

  private func info(_ event: ExportedEpisode.Event) -> JSONValue {
    let record = event.record
    var data: JSONValue = [
      "kind": .text("\(record.kind)"), "name": .text(record.name), "from": .text(record.peer),
      "to": .text(record.subject),
    ]
    if let fault = event.fault { data.append("fault", .text(fault)) }
    if let message = event.message {
      data.append("message", .verbatim(message))
    } else if event.fault == nil {
      data.append("text", .text(event.text ?? ""))
    }
    var info = base("info", record)
    info.append("source", .text(event.title))
    info.append("data", data)
    return info
  }

  private func tool(_ work: LoggedWork) -> JSONValue {
    let (first, last) = (episode.events[work.first], episode.events[work.last])
    var tool = base("tool", first.record)
    tool.append("type", "function")
    tool.append("id", .text("\(work.first)"))
    tool.append("function", .text(work.name))
    // A message that asks is an object, as arguments have to be.
    tool.append("arguments", .verbatim(first.message ?? "{}"))
    tool.append("result", .text(last.message ?? ""))
    tool.append("completed", .text(ExportTime.date(last.record.time)))
    tool.append("working_time", .number((last.record.time - first.record.time).inSeconds))
    return tool
  }

  private func model(_ work: LoggedWork, _ call: PolicyCall, _ prompt: String) -> JSONValue {
    let (first, last) = (episode.events[work.first].record, episode.events[work.last].record)
    let answer = episode.generation(work)
    var metadata: [JSONValue.Member] = [.init("seed", .digits(call.seed))]
    if let record = episode.record(call) {
      metadata.append(.init("statement", .integer(record.id.statement)))
      metadata.append(.init("index", .integer(record.id.index)))
      metadata.append(.init("on_path", .bool(record.onPath)))
      metadata.append(.init("fault", .optional(record.fault?.text)))
    }
    if let advantage = episode.advantage(call) { metadata.append(.init("advantage", .number(advantage))) }
    if let answer, let allowed = answer.allowed {
      metadata.append(.init("allowed", .array(allowed.map { $0.map { .integer($0) } ?? .null })))
      metadata.append(
        .init(
          "alternatives",
          .array(answer.tokens.map { .array(($0.allowed?.texts ?? []).map { .text($0) }) })))
    }
    var model = base("model", first, metadata: metadata)
    model.append("model", .text(InspectEval.model))
    model.append("role", .text(call.role))
    model.append("input", .array(Self.asked(call, prompt: prompt, number: work.first)))
    model.append("tools", [])
    model.append("tool_choice", "none")
    model.append(
      "config",
      [
        "max_tokens": .integer(call.maximumTokens), "temperature": .number(Double(call.temperature)),
        "logprobs": true,
      ])
    model.append(
      "output", answer.map { Self.output($0, call, number: work.last) } ?? Self.output(answer: nil))
    model.append("completed", .text(ExportTime.date(last.time)))
    model.append("working_time", .number((last.time - first.time).inSeconds))
    if !work.isAnswered { model.append("error", "no answer came") }
    return model
  }

  // MARK: Outputs

  /// What the policy said, as a message of the conversation.
  static func message(_ answer: ExportedEpisode.Answer, number: Int) -> JSONValue {
    [
      "role": "assistant", "content": .text(answer.text), "source": "generate",
      "model": .text(InspectEval.model), "id": .text("\(number)"),
    ]
  }

  /// The messages of a question: a conversation's own, or one with the prompt.
  static func asked(_ call: PolicyCall, prompt: String, number: Int) -> [JSONValue] {
    guard !call.messages.isEmpty else {
      return [["role": "user", "content": .text(prompt), "id": .text("\(number)")]]
    }
    return call.messages.enumerated().map { index, message in
      [
        "role": .text(message.role.rawValue), "content": .text(message.text),
        "id": .text("\(number).\(index)"),
      ]
    }
  }

  /// The answer of a whole episode, or that there is none.
  static func output(answer: String?) -> JSONValue {
    let choices = answer.map { answer -> [JSONValue] in
      let message: JSONValue = ["role": "assistant", "content": .text(answer), "source": "generate"]
      return [["message": message, "stop_reason": "stop"]]
    }
    return [
      "model": .text(InspectEval.model), "choices": .array(choices ?? []), "completion": .text(answer ?? ""),
    ]
  }

  private static func output(
    _ answer: ExportedEpisode.Answer, _ call: PolicyCall, number: Int
  ) -> JSONValue {
    let tokens = answer.tokens.map { token -> JSONValue in
      let logProbability = Double(token.logProbability)
      return [
        "token": .text(token.text),
        "logprob": .number(logProbability.isFinite ? logProbability : -Double.greatestFiniteMagnitude),
      ]
    }
    let reason: JSONValue =
      switch answer.generation.stop {
      case .end, .constraint: "stop"
      case .length: "max_tokens"
      case .overflow: "model_length"
      case .cancelled: "unknown"
      }
    let usage = InspectUsage(
      asked: call.promptCount(of: answer.generation), said: answer.generation.unitCount)
    return [
      "model": .text(InspectEval.model),
      "choices": [
        [
          "message": message(answer, number: number), "stop_reason": reason,
          "logprobs": ["content": .array(tokens)],
        ]
      ],
      "completion": .text(answer.text), "usage": usage.json,
    ]
  }
}
