import Actors
import Messaging

/// One episode as a sample of an `.eval` file: its conversation, scores, metadata and events.
///
/// The models are in `inspect_ai/log/_log.py` (`EvalSample`), `inspect_ai/event` and `inspect_ai/model`:
///
/// - A question to the policy is a `model` event, with the log-probability of each token. Its metadata say how many tokens the
///   grammar allowed in the place of each, which ones if they are few, and the advantage of the call.
/// - The work of an actor is a span, the work of a tool also a `tool` event, and all else an `info` event.
/// - The score `verifier` is "C" or "I", as inspect's own scorers say correct and incorrect. The scores `reward` and
///   `designer_reward` are numbers, and the metadata of `reward` are its parts.
/// - The sample's metadata are the line `episode` of `troupe log --json` (`docs/json.md`), with credit and violations.
struct InspectSample {
  private let episode: ExportedEpisode
  private let events: [JSONValue]
  let scores: [Score]
  let usage: InspectUsage

  var time: Duration { episode.episode.time }

  struct Score {
    var name: String
    /// 1 or 0 for a verdict.
    var number: Double
    var isVerdict: Bool
    var json: JSONValue
  }

  init(_ episode: ExportedEpisode) {
    self.episode = episode
    events = InspectEvents(episode).all
    scores = Self.scores(episode.episode)
    var usage = InspectUsage()
    for work in episode.work {
      let generation = episode.generation(work)?.generation
      usage.asked += episode.question(work)?.call.promptCount(of: generation) ?? 0
      usage.said += generation?.unitCount ?? 0
    }
    self.usage = usage
  }

  /// The whole sample.
  var json: JSONValue {
    let logged = episode.episode
    var sample = JSONValue.object(common)
    sample.append("metadata", logged.json(episode.credit))
    sample.append("messages", .array(messages))
    sample.append("output", InspectEvents.output(answer: logged.answerText))
    sample.append("events", .array(events))
    if let failure = episode.failure {
      sample.append("error", ["message": .text(failure), "traceback": "", "traceback_ansi": ""])
    }
    return sample
  }

  /// What lists of samples show.
  var summary: JSONValue {
    let logged = episode.episode
    var summary = JSONValue.object(common)
    var metadata: JSONValue = ["kind": .text(logged.kind.rawValue), "status": .text(logged.statusName)]
    if let task = logged.task {
      metadata.append("family", .text(task.family))
      metadata.append("level", .integer(task.level))
    }
    // inspect cuts texts of summaries at 1,024 characters.
    if let design = logged.design { metadata.append("script", .text(String(design.prefix(1000)))) }
    if let violation = logged.violations.first {
      metadata.append("violation", .text(String(violation.description.prefix(1000))))
    }
    summary.append("metadata", metadata)
    summary.append("completed", true)
    summary.append("message_count", .integer(messages.count))
    if let failure = episode.failure { summary.append("error", .text(failure)) }
    return summary
  }

  /// What a sample and its summary have in common.
  private var common: [JSONValue.Member] {
    let logged = episode.episode
    var members: [JSONValue.Member] = [
      .init("id", .text(episode.id)), .init("epoch", 1),
      .init("input", .text(logged.task?.statement ?? episode.id)),
      .init("target", .text(logged.task?.solution ?? "")), .init("total_time", .number(time.inSeconds)),
      .init("uuid", .text(episode.id)),
      .init("model_usage", usage == InspectUsage() ? [:] : [InspectEval.model: usage.json]),
    ]
    if !scores.isEmpty {
      members.append(.init("scores", .object(scores.map { .init($0.name, $0.json) })))
    }
    return members
  }

  private static func scores(_ logged: LoggedEpisode) -> [Score] {
    let answer = JSONValue.text(logged.answerText ?? "")
    var scores: [Score] = []
    if let solved = logged.isSolved {
      scores.append(
        Score(
          name: "verifier", number: solved ? 1 : 0, isVerdict: true,
          json: [
            "value": solved ? "C" : "I", "answer": answer,
            "explanation": .text(logged.design ?? logged.outcome?.designFault ?? ""),
          ]))
    }
    guard let reward = logged.reward else { return scores }
    let all = [("reward", reward.executors)] + (reward.designer.map { [("designer_reward", $0)] } ?? [])
    for (name, number) in all {
      let parts = reward.parts.map { part in
        JSONValue.Member(part.name, .number(name == "reward" ? part.executors : part.designer))
      }
      // inspect_ai reads null as "not a number", which JSON does not have.
      var json: JSONValue = ["value": number.isFinite ? .number(number) : .null, "answer": answer]
      if !parts.isEmpty { json.append("metadata", .object(parts)) }
      scores.append(Score(name: name, number: number, isVerdict: false, json: json))
    }
    return scores
  }

  /// What the policy was asked and said, and what tools gave back, as a conversation.
  private var messages: [JSONValue] {
    episode.work.flatMap { work -> [JSONValue] in
      if let question = episode.question(work) {
        return InspectEvents.asked(question.call, prompt: question.prompt, number: work.first)
          + (episode.generation(work).map { [InspectEvents.message($0, number: work.last)] } ?? [])
      }
      guard work.kind == .tool, work.isAnswered else { return [] }
      return [
        [
          "role": "tool", "function": .text(work.name),
          "content": .text(episode.events[work.last].message ?? ""), "id": .text("\(work.last)"),
        ]
      ]
    }
  }
}
