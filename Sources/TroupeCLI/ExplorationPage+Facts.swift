import ActorTesting
import Messaging

extension ExplorationPage {
  /// Makes the page of an exploration, without its failure.
  init(_ title: String, _ explorer: Explorer, _ result: Explorer.Exploration, _ seeds: String?) {
    self.title = title
    facts = [
      ("strategy", Self.text(explorer.strategy)),
      ("choices", explorer.granularity == .awaits ? "events and jobs" : "events"),
      ("seeds", seeds ?? "1..1000"),
      ("episodes played", "\(result.episodes)"),
    ]
    if !explorer.system.faults.rates.isZero { facts.append(("faults by chance", "yes")) }
    if !explorer.system.faults.timeline.isEmpty {
      facts.append(("faults on the timeline", "\(explorer.system.faults.timeline.count)"))
    }
    if let coverage = result.coverage {
      facts.append(("coverage", "\(coverage)"))
    } else if result.failure == nil {
      facts.append(("coverage", "a sample of the orders; other orders may fail"))
    }
  }

  private static func text(_ strategy: ExplorationStrategy) -> String {
    switch strategy {
    case .random: "random"
    case .pct(let depth, _): "pct, depth \(depth)"
    case .dfs(let depth): "dfs, depth \(depth)"
    case .fifo: "fifo"
    }
  }
}

extension ExplorationPage.Failure {
  init(
    _ failure: Explorer.Failure, _ schedule: Schedule, _ events: [CausedEvent], replay: String, live: String?
  ) {
    violation = failure.violation
    facts = [
      ("seed", "\(failure.seed)"),
      ("decisions", "\(failure.shrunk.decisionCount), shrunk from \(failure.found.decisionCount)"),
      ("schedule", "\(schedule)"),
    ]
    for (name, size) in failure.sizes.sorted(by: { $0.key < $1.key }) { facts.append((name, "\(size)")) }
    if !failure.timeline.isEmpty { facts.append(("faults on the timeline", "\(failure.timeline.count)")) }
    commands = [("see it again", replay)]
    if let live { commands.append(("play it with the program as it is then", live)) }
    self.events = events
  }
}
