import Actors
import Messaging

/// What happened in a run's training, gathered from its log in one pass: the designs, the distributions of rewards and credit, and
/// some whole episodes.
///
/// Every episode is counted. Memory does not grow with the number of episodes, beyond the number of different scripts.
struct TrainingHistory {
  private let setup: EpisodeSetup
  private let buckets: Buckets
  /// The samples are chosen from fewer parts of the training.
  private let parts: Buckets
  private(set) var episodes = 0
  private var step: LoggedStep?
  /// The designs of the step that is being read, with their executions.
  private var open: [(design: LoggedEpisode, outcomes: [Outcome])] = []
  private var places: [Place: Int] = [:]
  private var counts: [(place: Place, count: Int, solved: Double, reward: Double)] = []
  private var scripts: [String: Int] = [:]
  private var rewards: [String: Histogram] = [:]
  private var credits: [String: Histogram] = [:]
  private var candidates: [LoggedEpisode] = []
  private var taken: Set<Sample> = []
  private(set) var samples: [PageSample] = []

  private struct Place: Hashable {
    var bucket: Int
    var family: String
    var level: Int
    /// The number of the script; `nil` where the designer's text was none.
    var script: Int?
  }

  /// What a sampled episode stands for.
  private struct Sample: Hashable {
    var part: Int
    var family: String
    var isSolved: Bool
  }

  /// Consecutive steps of about equal number.
  struct Buckets {
    let count: Int
    private let steps: Int

    init(_ most: Int, steps: Int) {
      self.steps = max(1, steps)
      count = min(most, self.steps)
    }

    func index(of step: Int) -> Int { min(count - 1, step * count / steps) }

    var json: JSONValue {
      .array(
        (0..<count).map { index in
          let first = (index * steps + count - 1) / count
          let next = ((index + 1) * steps + count - 1) / count
          return ["from": .integer(first), "to": .integer(max(first, next - 1))]
        })
    }
  }

  init(_ setup: EpisodeSetup) {
    self.setup = setup
    buckets = Buckets(30, steps: setup.scenario.stages.steps)
    parts = Buckets(8, steps: setup.scenario.stages.steps)
  }

  /// Takes the next episode of the log.
  mutating func add(_ episode: LoggedEpisode) throws {
    episodes += 1
    guard let name = LoggedStep.name(of: episode.id) else { return }
    if step?.name != name {
      try endStep()
      step = LoggedStep(named: name)
    }
    switch episode.kind {
    case .design: open.append((episode, []))
    case .execution:
      step?.add(episode)
      guard let outcome = episode.outcome, let last = open.indices.last,
        open[last].design.id == episode.record.parent?.episode
      else { return }
      open[last].outcomes.append(outcome)
      if let task = episode.task, let number = LoggedStep.number(ofStep: name) {
        let sample = Sample(part: parts.index(of: number), family: task.family, isSolved: outcome.success)
        if taken.insert(sample).inserted { candidates.append(episode) }
      }
    case .fork, .episode: break
    }
  }

  /// Counts the step that was read last. Call it at the end of the log, too.
  mutating func endStep() throws {
    guard let step, let number = LoggedStep.number(ofStep: step.name) else { return }
    let bucket = buckets.index(of: number)
    let rules = setup.scenario.credit
    for (design, outcomes) in open where !outcomes.isEmpty {
      count(design, outcomes, bucket, rules)
    }
    var why = ""
    let credit = try LoggedCredit(step, setup, why: &why)
    for task in step.rewards(rules).tasks {
      for design in task.designs {
        add(design.reward, to: &rewards, "designer", bucket)
        for reward in design.executions { add(reward, to: &rewards, "executor", bucket) }
      }
    }
    credit?.forEach { role, advantage in add(advantage, to: &credits, role, bucket) }
    for episode in candidates {
      samples.append(PageSample(episode, credit, setup, step: number))
    }
    (candidates, open, self.step) = ([], [], nil)
  }

  private mutating func count(
    _ design: LoggedEpisode, _ outcomes: [Outcome], _ bucket: Int, _ rules: Scenario.Credit
  ) {
    let script = outcomes[0].script.map { text in
      if let known = scripts[text] { return known }
      scripts[text] = scripts.count
      return scripts.count - 1
    }
    let place = Place(
      bucket: bucket, family: design.task?.family ?? "", level: design.task?.level ?? 0, script: script)
    if places[place] == nil {
      places[place] = counts.count
      counts.append((place, 0, 0, 0))
    }
    let index = places[place] ?? 0
    counts[index].count += 1
    counts[index].solved += Double(outcomes.count(where: \.success)) / Double(outcomes.count)
    counts[index].reward += RewardGroup.mean(of: outcomes.map { $0.worthToDesigner(rules) })
  }

  // MARK: Distributions

  /// A histogram for each bucket. What lies beyond the edges is counted in the outermost bins.
  private struct Histogram {
    let low: Double
    let width: Double
    var counts: [[Int]]

    mutating func add(_ value: Double, _ bucket: Int) {
      let bins = counts[bucket].count
      // A value that is a sum of tenths may lie a rounding error below its edge.
      let bin = Int(((value - low) / width + 1e-6).rounded(.down))
      counts[bucket][min(bins - 1, max(0, bin))] += 1
    }
  }

  private func add(_ value: Double, to histograms: inout [String: Histogram], _ role: String, _ bucket: Int) {
    let new = Histogram(
      low: -3, width: 0.1, counts: Array(repeating: Array(repeating: 0, count: 61), count: buckets.count))
    histograms[role, default: new].add(value, bucket)
  }

  private func json(_ name: String, _ histograms: [String: Histogram]) -> [JSONValue] {
    histograms.sorted { $0.key < $1.key }.map { role, histogram in
      let bins = histogram.counts[0].count
      let edges = (0...bins).map {
        JSONValue.number(((Double($0) * histogram.width + histogram.low) * 10).rounded() / 10)
      }
      return [
        "name": .text(name), "role": .text(role), "buckets": buckets.json, "edges": .array(edges),
        "counts": .array(histogram.counts.map { .array($0.map { .integer($0) }) }),
      ]
    }
  }

  var distributions: JSONValue { .array(json("reward", rewards) + json("credit", credits)) }

  // MARK: Designs

  /// The most scripts that have rows of their own; the others share one.
  private static let mostScripts = 150

  var designs: JSONValue {
    guard !counts.isEmpty else { return .null }
    var totals: [Int: Int] = [:]
    for row in counts { if let script = row.place.script { totals[script, default: 0] += row.count } }
    let frequent = totals.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.mostScripts).map(
      \.key)
    let new = Dictionary(uniqueKeysWithValues: frequent.enumerated().map { ($1, $0) })
    var texts = Array(repeating: "", count: scripts.count)
    for (text, number) in scripts { texts[number] = text }
    var merged: [Place: Int] = [:]
    var rows: [(place: Place, count: Int, solved: Double, reward: Double)] = []
    for row in counts {
      var place = row.place
      place.script = row.place.script.map { new[$0] ?? -1 }
      if let index = merged[place] {
        rows[index].count += row.count
        rows[index].solved += row.solved
        rows[index].reward += row.reward
      } else {
        merged[place] = rows.count
        rows.append((place, row.count, row.solved, row.reward))
      }
    }
    var columns = PageColumns(names: ["bucket", "family", "level", "script", "count", "solved", "reward"])
    for row in rows {
      func mean(_ sum: Double) -> JSONValue { .number((sum / Double(row.count) * 1e4).rounded() / 1e4) }
      columns.append([
        .integer(row.place.bucket), .text(row.place.family), .integer(row.place.level),
        row.place.script.map { .integer($0) } ?? .null, .integer(row.count), mean(row.solved),
        mean(row.reward),
      ])
    }
    return [
      "buckets": buckets.json, "scripts": .array(frequent.map { .text(texts[$0]) }), "counts": columns.json,
    ]
  }
}
