import Actors
import Messaging
import Policy

/// A writer of spans in OTLP/JSON with the GenAI conventions of OpenTelemetry, one line for each episode.
///
/// A line is the message `opentelemetry.proto.trace.v1.TracesData` as JSON (opentelemetry-proto, `docs/specification.md`, "JSON
/// Protobuf Encoding"), as the file exporter of the collector writes it. Ids are hexadecimal, enumerations are numbers, whole
/// numbers of 64 bits are texts, and keys are in lower camel case.
///
/// Names and attributes are those of the conventions (open-telemetry/semantic-conventions-genai, status "Development"): an
/// episode is `invoke_workflow`, a piece of an actor's work `invoke_agent NAME`, of a tool `execute_tool NAME`, and a question
/// to the policy `chat MODEL`. What they have no name for begins with `troupe.`. A fork links to its parent's trace.
///
/// Memory grows with the longest episode, and not with their number.
struct OTLPTrace: EpisodeExporter {
  private let file: DraftFile
  private let source: ExportSource

  init(_ file: DraftFile, _ source: ExportSource) {
    self.file = file
    self.source = source
  }

  mutating func add(_ episode: ExportedEpisode) throws {
    let spans = OTLPSpans(source, episode)
    var resource = OTLPAttributes()
    resource.set("service.name", "troupe")
    resource.set("service.version", source.programVersion)
    resource.set("troupe.clock", "virtual")
    resource.set("troupe.scenario", source.scenarioName)
    resource.set("troupe.scenario.seed", "\(source.header.seed)")
    resource.set("troupe.weights", source.header.weightsDigest)
    let scope: JSONValue = ["name": "troupe", "version": .text(source.programVersion)]
    let line: JSONValue = [
      "resourceSpans": [
        [
          "resource": ["attributes": resource.json],
          "scopeSpans": [["scope": scope, "spans": .array(spans.all)]],
        ]
      ]
    ]
    try file.append("\(line)\n")
  }

  mutating func finish() throws { try file.commit() }
}

/// The spans of one episode.
private struct OTLPSpans {
  private let source: ExportSource
  private let episode: ExportedEpisode
  private let trace: String

  private static let model = "troupe"
  /// SPAN_KIND_INTERNAL and STATUS_CODE_ERROR.
  private static let (isInternal, isError) = (1, 2)

  init(_ source: ExportSource, _ episode: ExportedEpisode) {
    self.source = source
    self.episode = episode
    trace = Self.trace(of: episode.id, source)
  }

  var all: [JSONValue] { [root] + episode.work.map(span) }

  private static func trace(of id: String, _ source: ExportSource) -> String {
    source.id(["trace", id], digits: 32)
  }

  private func spanID(_ id: String, _ what: String) -> JSONValue {
    .text(source.id(["span", id, what], digits: 16))
  }

  private func spanID(_ work: LoggedWork) -> JSONValue {
    spanID(episode.id, "\(work.kind.rawValue) \(work.first) \(work.actor)")
  }

  private static func nanoseconds(_ time: Duration) -> JSONValue {
    .text("\(ExportTime.unixNanoseconds(time))")
  }

  private func span(_ name: String, _ id: JSONValue, from first: Duration, to last: Duration) -> JSONValue {
    [
      "traceId": .text(trace), "spanId": id, "name": .text(name), "kind": .integer(Self.isInternal),
      "startTimeUnixNano": Self.nanoseconds(first), "endTimeUnixNano": Self.nanoseconds(max(first, last)),
    ]
  }

  private static func error(_ message: String) -> JSONValue {
    ["code": .integer(isError), "message": .text(message)]
  }

  // MARK: The episode

  private var root: JSONValue {
    let logged = episode.episode
    var span = span(
      "invoke_workflow troupe", spanID(episode.id, "episode"), from: .zero, to: logged.time)
    var attributes = OTLPAttributes()
    attributes.set("gen_ai.operation.name", "invoke_workflow")
    attributes.set("gen_ai.workflow.name", "troupe")
    attributes.set("gen_ai.conversation.id", episode.id)
    attributes.set("troupe.episode.kind", logged.kind.rawValue)
    attributes.set("troupe.episode.status", logged.statusName)
    attributes.set("troupe.seed", "\(logged.record.seed)")
    attributes.set("troupe.strategy", logged.record.strategy)
    attributes.set("troupe.task.family", logged.task?.family)
    attributes.set("troupe.task.level", logged.task?.level)
    attributes.set("troupe.task.statement", logged.task?.statement)
    attributes.set("troupe.script", logged.design)
    attributes.set("troupe.design_fault", logged.outcome?.designFault)
    attributes.set("troupe.answer", logged.answerText)
    attributes.set("troupe.solved", logged.isSolved)
    attributes.set("troupe.reward.executors", logged.reward?.executors)
    attributes.set("troupe.reward.designer", logged.reward?.designer)
    for part in logged.reward?.parts ?? [] {
      let name = part.name.replacing(" ", with: "_")
      attributes.set("troupe.reward.executors.\(name)", part.executors)
      attributes.set("troupe.reward.designer.\(name)", part.designer)
    }
    attributes.set("troupe.advantage.executors", episode.credit?.execution(episode.id))
    attributes.set("troupe.advantage.designer", episode.credit?.designer(episode.id))
    if !logged.violations.isEmpty {
      attributes.set("troupe.violations", logged.violations.map(\.description))
    }
    var status: JSONValue?
    if let failure = episode.failure {
      attributes.set("error.type", "_OTHER")
      status = Self.error(failure)
    } else if let violation = logged.violations.first {
      attributes.set("error.type", "expectation")
      status = Self.error(violation.description)
    }
    span.append("attributes", attributes.json)
    span.append("events", .array(episode.events.filter(Self.isTold).map(Self.spanEvent) + evaluations))
    if let parent = logged.record.parent?.episode {
      let link: JSONValue = [
        "traceId": .text(Self.trace(of: parent, source)), "spanId": spanID(parent, "episode"),
      ]
      span.append("links", [link])
    }
    if let status { span.append("status", status) }
    return span
  }

  /// What the episode was found to be worth, as events of the conventions.
  private var evaluations: [JSONValue] {
    let logged = episode.episode
    var found: [(name: String, value: Double, label: String?)] = []
    if let solved = logged.isSolved { found.append(("verifier", solved ? 1 : 0, solved ? "pass" : "fail")) }
    if let reward = logged.reward {
      found.append(("reward", reward.executors, nil))
      if let designer = reward.designer { found.append(("designer reward", designer, nil)) }
    }
    return found.map { name, value, label in
      var attributes = OTLPAttributes()
      attributes.set("gen_ai.evaluation.name", name)
      attributes.set("gen_ai.evaluation.score.value", value)
      attributes.set("gen_ai.evaluation.score.label", label)
      return [
        "timeUnixNano": Self.nanoseconds(logged.time), "name": "gen_ai.evaluation.result",
        "attributes": attributes.json,
      ]
    }
  }

  /// Whether an event is told as an event of the episode's span; the others are in the spans of the work.
  private static func isTold(_ event: ExportedEpisode.Event) -> Bool {
    switch event.record.kind {
    case .note, .mark, .deadLetter, .deadline, .restart, .failure: true
    default: event.fault != nil
    }
  }

  private static func spanEvent(_ event: ExportedEpisode.Event) -> JSONValue {
    let record = event.record
    var attributes = OTLPAttributes()
    attributes.set("troupe.event", record.number)
    attributes.set("troupe.actor", record.subject)
    attributes.set("troupe.text", event.text ?? (record.name.isEmpty ? nil : record.name))
    return [
      "timeUnixNano": nanoseconds(record.time), "name": .text("\(record.kind)"),
      "attributes": attributes.json,
    ]
  }

  // MARK: Work

  private func span(_ work: LoggedWork) -> JSONValue {
    let (first, last) = (episode.events[work.first], episode.events[work.last])
    let operation =
      switch work.kind {
      case .agent: "invoke_agent"
      case .tool, .call: "execute_tool"
      case .chat: "chat"
      }
    var span = span(
      "\(operation) \(work.kind == .chat ? Self.model : work.name)", spanID(work), from: first.record.time,
      to: last.record.time)
    span.append(
      "parentSpanId", work.parent.map { spanID(episode.work[$0]) } ?? spanID(episode.id, "episode"))
    var attributes = OTLPAttributes()
    attributes.set("gen_ai.operation.name", operation)
    attributes.set("gen_ai.conversation.id", episode.id)
    attributes.set("troupe.actor", work.actor)
    attributes.set("troupe.event.first", work.first)
    attributes.set("troupe.event.last", work.last)
    switch work.kind {
    case .chat: setChat(work, &attributes)
    case .agent:
      attributes.set("gen_ai.provider.name", "troupe")
      attributes.set("gen_ai.agent.name", work.name)
      attributes.set("gen_ai.agent.id", work.actor)
    case .tool, .call:
      attributes.set("gen_ai.tool.name", work.name)
      attributes.set("gen_ai.tool.type", "function")
      attributes.set("gen_ai.tool.call.id", "\(episode.id)/\(work.first)")
      if work.kind == .tool {
        attributes.set("gen_ai.tool.call.arguments", first.message)
        attributes.set("gen_ai.tool.call.result", work.isAnswered ? last.message : nil)
      }
    }
    if !work.isAnswered {
      attributes.set("error.type", "unanswered")
      span.append("status", Self.error("no answer came"))
    }
    span.append("attributes", attributes.json)
    return span
  }

  private func setChat(_ work: LoggedWork, _ attributes: inout OTLPAttributes) {
    attributes.set("gen_ai.provider.name", "troupe")
    attributes.set("gen_ai.request.model", Self.model)
    if let (call, prompt) = episode.question(work) {
      attributes.set("gen_ai.request.max_tokens", call.maximumTokens)
      attributes.set("gen_ai.request.temperature", Double(call.temperature))
      // Attributes are signed: a seed beyond that is its two's complement.
      attributes.set("gen_ai.request.seed", Int(bitPattern: UInt(call.seed)))
      attributes.set(
        "gen_ai.usage.input_tokens", call.promptCount(of: episode.generation(work)?.generation))
      attributes.set(
        "gen_ai.input.messages",
        Self.messages(call.messages.isEmpty ? [ChatMessage(.user, prompt)] : call.messages))
      attributes.set("troupe.role", call.role)
      attributes.set("troupe.advantage", episode.advantage(call))
      if let record = episode.record(call) {
        attributes.set("troupe.on_path", record.onPath)
        attributes.set("troupe.fault", record.fault?.text)
      }
    }
    guard let answer = episode.generation(work) else { return }
    let reason =
      switch answer.generation.stop {
      case .end, .constraint: "stop"
      case .length, .overflow: "length"
      case .cancelled: "cancelled"
      }
    attributes.set("gen_ai.response.model", Self.model)
    attributes.set("gen_ai.response.finish_reasons", [reason])
    attributes.set("gen_ai.usage.output_tokens", answer.generation.unitCount)
    attributes.set("gen_ai.output.messages", Self.messages([ChatMessage(.assistant, answer.text)], reason))
    attributes.set("troupe.log_probability", answer.logProbability)
    // -1 stands for a token in whose place the grammar allowed all.
    if let allowed = answer.allowed { attributes.set("troupe.allowed_tokens", allowed.map { $0 ?? -1 }) }
  }

  /// One message in the form of the conventions' JSON schemas. It is a text, because attributes of spans are flat.
  private static func messages(_ messages: [ChatMessage], _ reason: String? = nil) -> String {
    let values = messages.map { message -> JSONValue in
      var value: JSONValue = [
        "role": .text(message.role.rawValue), "parts": [["type": "text", "content": .text(message.text)]],
      ]
      if let reason { value.append("finish_reason", .text(reason)) }
      return value
    }
    return "\(JSONValue.array(values))"
  }
}

/// Attributes in their order. Those that are set to `nil` are left out.
private struct OTLPAttributes {
  private var pairs: [JSONValue] = []

  var json: JSONValue { .array(pairs) }

  mutating func set(_ key: String, _ value: String?) { add(key, value.map { ["stringValue": .text($0)] }) }

  mutating func set(_ key: String, _ value: Int?) { add(key, value.map { ["intValue": .text("\($0)")] }) }

  mutating func set(_ key: String, _ value: Bool?) { add(key, value.map { ["boolValue": .bool($0)] }) }

  mutating func set(_ key: String, _ value: Double?) {
    add(key, value.map { ["doubleValue": Self.number($0)] })
  }

  mutating func set(_ key: String, _ values: [String]) {
    add(key, ["arrayValue": ["values": .array(values.map { ["stringValue": .text($0)] })]])
  }

  mutating func set(_ key: String, _ values: [Int]) {
    add(key, ["arrayValue": ["values": .array(values.map { ["intValue": .text("\($0)")] })]])
  }

  private mutating func add(_ key: String, _ value: JSONValue?) {
    if let value { pairs.append(["key": .text(key), "value": value]) }
  }

  /// JSON has no infinities and no NaN; the JSON of protobuf names them.
  private static func number(_ value: Double) -> JSONValue {
    if value.isFinite { return .number(value) }
    return value.isNaN ? "NaN" : value > 0 ? "Infinity" : "-Infinity"
  }
}
