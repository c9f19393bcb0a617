import ActorTesting
import Actors
import Messaging
import Sim

/// An episode as text for people: one line, or a page with its events.
struct EpisodeText {
  private let episode: LoggedEpisode
  private let terminal: Terminal

  init(_ episode: LoggedEpisode, on terminal: Terminal = .output) {
    self.episode = episode
    self.terminal = terminal
  }

  /// One line: the id, the task, what came of it, what it cost, and the script.
  var line: String {
    var parts = [episode.id]
    if let parent = episode.record.parent, episode.kind == .fork {
      parts.append("from event \(parent.event) of \(parent.episode)")
    }
    if let task = episode.task { parts.append("\(task.family) \(task.level)") }
    parts.append(result)
    if let reward = episode.reward { parts.append("reward \(Self.number(reward.executors))") }
    parts.append(cost)
    if let design = episode.design { parts.append(Self.oneLine(design)) }
    let line = terminal.fitted(parts.joined(separator: "  "))
    return episode.hasFailed ? terminal.styled(line, .red) : line
  }

  /// What came of it, in a few words.
  var result: String {
    if let fault = episode.outcome?.designFault { return "no script: \(fault.plain)" }
    if case .failed(let error)? = episode.status { return "\(error)".plain }
    if let broken = episode.violations.first { return broken.description.plain }
    if let reason = episode.unknown { return "unknown: \(reason.plain)" }
    if let solved = episode.isSolved { return (solved ? "solved" : "not solved") + answered(", ") }
    if episode.status == nil { return episode.kind == .design ? "designed" : "left" }
    return episode.answerText == nil ? "finished" : answered("")
  }

  private func answered(_ before: String) -> String {
    episode.answerText.map { "\(before)answer \"\($0.plain)\"" }
      ?? (before.isEmpty ? "" : before + "no answer")
  }

  private var cost: String {
    var parts: [String] = []
    if let outcome = episode.outcome {
      parts.append("\(outcome.calls.count) calls, \(episode.tokens) tokens")
    }
    parts.append("\(episode.history.eventCount) events, \(Self.number(episode.time.inSeconds)) s")
    return parts.joined(separator: ", ")
  }

  /// The lines of a page about the episode; `credit` is its step's, or the reason why there is none.
  func page(_ credit: LoggedCredit?, without reason: String) -> [String] {
    var rows: [(String, String)] = []
    if let parent = episode.record.parent {
      rows.append(("forked", "from event \(parent.event) of \(parent.episode)"))
      if let text = parent.replacement { rows.append(("replaced", text.plain)) }
    }
    if let task = episode.task {
      rows.append(("task", "\(task.family), level \(task.level): \(task.statement.plain)"))
      rows.append(("solution", task.solution.plain))
    }
    if let design = episode.design { rows.append(("script", Self.oneLine(design))) }
    rows.append(("result", result))
    if let reward = episode.reward {
      for role in reward.designer == nil ? ["reward"] : ["executors", "designer"] {
        rows.append((role, rewardText(reward, of: role, credit)))
      }
    }
    if episode.kind == .design, let advantage = credit?.designer(episode.id) {
      rows.append(("designer", "advantage \(Self.signed(advantage))"))
    }
    if let lacks = credit?.lacks { rows.append(("credit", lacks)) }
    if credit == nil, !reason.isEmpty { rows.append(("credit", "none: \(reason)")) }
    rows += calls(credit)
    for violation in episode.violations { rows.append(("expected", violation.description.plain)) }
    for fault in episode.faults { rows.append(("fault", "\(fault.text.plain), at event \(fault.event)")) }
    rows.append(("seed", "\(episode.record.seed), \(episode.record.strategy)"))
    rows.append(("size", cost))
    let title = terminal.styled("\(episode.id): \(Self.name(of: episode.kind))", .bold)
    return [title] + rows.map { "  " + $0.0.padding(to: 10) + $0.1 }
  }

  private func rewardText(_ reward: LoggedEpisode.Reward, of role: String, _ credit: LoggedCredit?) -> String
  {
    let ofDesigner = role == "designer"
    var text = "reward \(Self.number(ofDesigner ? reward.designer ?? 0 : reward.executors))"
    let parts = reward.parts.map { (name: $0.name, value: ofDesigner ? $0.designer : $0.executors) }
    let shown = parts.filter { $0.name == "answer" || $0.value != 0 }
    if !shown.isEmpty {
      text += " = " + shown.map { "\($0.name) \(Self.signed($0.value))" }.joined(separator: ", ")
    }
    let advantage = ofDesigner ? credit?.designer(episode.id) : credit?.execution(episode.id)
    return text + (advantage.map { "; advantage \(Self.signed($0))" } ?? "")
  }

  private func calls(_ credit: LoggedCredit?) -> [(String, String)] {
    guard let outcome = episode.outcome else { return [] }
    let advantages = credit?.calls(episode.id, count: outcome.calls.count)
    return outcome.calls.enumerated().map { place, call in
      var parts = [call.role, "\(call.tokens) tokens"]
      if !call.onPath { parts.append("the answer does not depend on it") }
      if let fault = call.fault { parts.append(fault.text.plain) }
      if let advantages { parts.append("advantage \(Self.signed(advantages[place]))") }
      return ("call \(call.id)", parts.joined(separator: ", "))
    }
  }

  private static func name(of kind: LoggedEpisode.Kind) -> String {
    switch kind {
    case .design: "a design"
    case .execution: "an execution"
    case .fork: "a fork"
    case .episode: "an episode"
    }
  }

  /// A number with at most four digits after the point.
  static func number(_ value: Double) -> String {
    let rounded = (value * 10_000).rounded() / 10_000
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
  }

  static func signed(_ value: Double) -> String { (value > 0 ? "+" : "") + number(value) }

  /// A script on one line.
  static func oneLine(_ script: String) -> String {
    DesignCount.oneLine(script).plain
  }
}

extension EventReader.Said {
  /// What the bytes mean, as a text on one line.
  var text: String {
    switch self {
    case .question(let call, let prompt):
      "\(call.role) is asked \"\(prompt.plain)\", at most \(call.maximumTokens) tokens at T = \(call.temperature)"
    case .generation(let generation, let text, let tokens):
      "says \"\(text.plain)\"" + (generation.stop == .end ? "" : ", stopped by \(generation.stop)")
        + (tokens.isEmpty ? "" : ": ")
        + tokens.map { "\($0.text.plain) \(Self.percent($0.probability))" }.joined(separator: ", ")
        + (generation.served.map { ", by \($0.model.plain)" } ?? "")
    case .text(let text): "\"\(text.plain)\""
    case .reward(let reward): EpisodeText.number(reward)
    case .outcome(let outcome):
      (outcome.unknown.map { "unknown: \($0.plain)" } ?? (outcome.success ? "solved" : "not solved"))
        + (outcome.answer.map { ", answer \"\($0.plain)\"" } ?? ", no answer")
        + (outcome.designFault.map { ", no script: \($0.plain)" } ?? "")
    case .answer(let answer):
      "answer \"\(answer.text.plain)\"" + (answer.reward.map { ", reward \(EpisodeText.number($0))" } ?? "")
    }
  }

  private static func percent(_ probability: Double) -> String {
    EpisodeText.number((probability * 1000).rounded() / 10) + " %"
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(1, width - count))
  }
}
