import Actors
import Messaging
import Policy

/// The name and the version of the JSON in which a log is told: one value a line, each with a `type`.
///
/// `docs/json.md` is its description, and `docs/json-schema.json` says the same to programs.
package enum LogSchema {
  package static let name = "troupe.log"
  package static let version = 1
}

extension LogHeader {
  /// The first line of a log that is told as JSON.
  package var json: JSONValue {
    [
      "type": "log", "schema": .text(LogSchema.name), "version": .integer(LogSchema.version),
      "program": .text(program), "seed": .digits(seed), "weights": .text(weightsDigest),
      "conditions": .array(conditions.map { ["name": .text($0.name), "value": .text($0.value)] }),
    ]
  }
}

extension LoggedEpisode {
  /// The episode as a JSON object, with its credit if that is known.
  package func json(_ credit: LoggedCredit? = nil) -> JSONValue {
    let advantages = outcome.flatMap { credit?.calls(id, count: $0.calls.count) } ?? []
    var failure: String?
    if case .failed(let error)? = status { failure = "\(error)" }
    var object: JSONValue = [
      "type": "episode", "id": .text(id), "kind": .text(kind.rawValue),
      "parent": record.parent.map {
        ["episode": .text($0.episode), "event": .integer($0.event), "replacement": .optional($0.replacement)]
      } ?? .null,
      "seed": .digits(record.seed), "strategy": .text(record.strategy),
      "events": .integer(history.eventCount), "time": .number(time.inSeconds),
      "status": .text(statusName), "failure": .optional(failure),
      "task": task.map {
        [
          "family": .text($0.family), "level": .integer($0.level), "statement": .text($0.statement),
          "solution": .text($0.solution),
        ]
      } ?? .null,
      "script": .optional(design), "design_fault": .optional(outcome?.designFault),
      "answer": .optional(answerText), "solved": isSolved.map { .bool($0) } ?? .null,
      "reward": reward?.json ?? .null,
      "calls": .array(
        (outcome?.calls ?? []).enumerated().map { place, call in
          call.json(advantage: place < advantages.count ? advantages[place] : nil)
        }),
      "tool_calls": .array((outcome?.toolCalls ?? []).map { $0.json(advantage: nil) }),
      "tokens": .integer(tokens), "design_tokens": .integer(outcome?.designTokens ?? 0),
      "faults": .array(faults.map { ["event": .integer($0.event), "text": .text($0.text)] }),
      "violations": .array(violations.map { .text($0.description) }),
      "violation_events": .array(
        violations.map { violation in
          violation.place.map { ["event": .integer($0.event), "time": .number($0.time.inSeconds)] } ?? .null
        }),
      "credit": credit.flatMap { credit in
        kind == .design || kind == .execution
          ? [
            "designer": .optional(credit.designer(id)), "executors": .optional(credit.execution(id)),
            "lacks": .optional(credit.lacks),
          ] : nil
      } ?? .null,
    ]
    if let unknown { object.append("unknown", .text(unknown)) }
    return object
  }

  /// `finished`, `failed`, or `left` before the end.
  package var statusName: String {
    switch status {
    case .finished?: "finished"
    case .failed?: "failed"
    default: "left"
    }
  }

  /// The tokens that the executors wrote.
  package var tokens: Int { (outcome?.calls ?? []).reduce(0) { $0 + $1.tokens } }
}

extension LoggedEpisode.Reward {
  fileprivate var json: JSONValue {
    [
      "executors": .number(executors), "designer": .optional(designer),
      "parts": .array(
        parts.map {
          ["name": .text($0.name), "executors": .number($0.executors), "designer": .number($0.designer)]
        }),
    ]
  }
}

extension WorkFault {
  /// Why a call failed, as a text.
  package var text: String {
    switch self {
    case .malformed(let reason): "malformed: \(reason)"
    case .truncated: "cut off at the limit of tokens"
    case .overflow: "no room in the model's context"
    case .timedOut: "no reply before the deadline"
    case .toolFailed(let reason): "the tool failed: \(reason)"
    case .unknown(let reason), .exhausted(let reason): "unknown: \(reason)"
    }
  }
}

extension CallRecord {
  fileprivate func json(advantage: Double?) -> JSONValue {
    [
      "statement": .integer(id.statement), "index": .integer(id.index), "role": .text(role),
      "on_path": .bool(onPath), "fault": .optional(fault?.text), "tokens": .integer(tokens),
      "advantage": .optional(advantage),
    ]
  }
}

extension EventReader {
  /// The next event as a JSON object, with what its bytes mean.
  package mutating func json(_ event: EventRecord, of episode: LoggedEpisode) -> JSONValue {
    Self.json(event, saying: said(event), of: episode)
  }

  /// An event as a JSON object; `said` is what its bytes mean.
  package static func json(_ event: EventRecord, saying said: Said?, of episode: LoggedEpisode) -> JSONValue {
    guard case .object(let members) = event.json else { preconditionFailure("an event is an object") }
    let own: [JSONValue.Member] = [
      .init("type", "event"), .init("episode", .text(episode.id)),
      .init("inherited", .bool(event.number < episode.firstOwnEvent)),
    ]
    var object = JSONValue.object(own + members)
    if let said { object.append("said", said.json) }
    return object
  }
}

extension EventReader.Said {
  fileprivate var json: JSONValue {
    switch self {
    case .question(let call, let prompt):
      var object: JSONValue = ["role": .text(call.role)]
      switch call.caller {
      case .designer: object.append("caller", "designer")
      case .executor(let id):
        object.append("caller", "executor")
        object.append("statement", .integer(id.statement))
        object.append("index", .integer(id.index))
      }
      object.append("prompt", .text(prompt))
      if call.messages.isEmpty {
        object.append("prompt_tokens", .integer(call.prompt.count))
      } else {
        let messages = call.messages.map { message -> JSONValue in
          ["role": .text(message.role.rawValue), "content": .text(message.text)]
        }
        object.append("messages", .array(messages))
      }
      object.append("maximum_tokens", .integer(call.maximumTokens))
      object.append("temperature", .number(Double(call.temperature)))
      object.append("seed", .digits(call.seed))
      return object
    case .generation(let generation, let text, let tokens):
      var object: JSONValue = [
        "text": .text(text), "stop": .text("\(generation.stop)"),
        "log_probability": .number(Double(generation.logProbability)),
        "tokens": .array(tokens.map(\.json)),
      ]
      if let served = generation.served { object.append("served", served.json) }
      return object
    case .text(let text): return ["text": .text(text)]
    case .reward(let reward): return ["reward": .number(reward)]
    case .outcome(let outcome):
      return [
        "answer": .optional(outcome.answer),
        "solved": outcome.unknown == nil ? .bool(outcome.success) : .null,
        "script": .optional(outcome.script),
        "design_fault": .optional(outcome.designFault),
      ]
    case .answer(let answer): return ["answer": .text(answer.text), "reward": .optional(answer.reward)]
    }
  }
}

extension EventReader.Token {
  fileprivate var json: JSONValue {
    var object: JSONValue = [
      "id": .integer(Int(id)), "text": .text(text), "log_probability": .number(Double(logProbability)),
    ]
    if let allowed {
      object.append("allowed", .integer(allowed.count))
      if !allowed.texts.isEmpty { object.append("alternatives", .array(allowed.texts.map { .text($0) })) }
    }
    return object
  }
}

extension Generation.Served {
  fileprivate var json: JSONValue {
    [
      "model": .text(model), "fingerprint": .optional(fingerprint), "finish": .text(finish),
      "prompt_tokens": promptCount.map { .integer($0) } ?? .null,
      "completion_tokens": completionCount.map { .integer($0) } ?? .null,
      "pieces": .array(
        pieces.map { ["text": .text($0.text), "log_probability": .number(Double($0.logProbability))] }),
    ]
  }
}
