/// How often one policy solved the held-out tasks of one family.
public struct EvaluationRow: Sendable, Hashable {
  /// The policy's name, such as "cold start" or "trained".
  public var policy: String
  public var family: String
  /// How the policy decoded, such as "T = 1" or "greedy".
  public var decoding: String
  /// How many tasks were solved.
  public var successes: Int
  /// How many tasks were played; at least one.
  public var episodes: Int
  /// Whether each task was solved, in the order of the held-out tasks; empty if nobody kept it.
  package private(set) var outcomes: [Bool] = []
  /// The executor calls of all these episodes, and the tokens that they generated.
  package private(set) var (calls, tokens) = (0, 0)

  package init(policy: String, family: String, decoding: String, successes: Int, episodes: Int) {
    precondition(episodes > 0 && (0...episodes).contains(successes), "\(successes) of \(episodes)")
    self.policy = policy
    self.family = family
    self.decoding = decoding
    self.successes = successes
    self.episodes = episodes
  }

  /// Makes a row without the outcomes of single tasks.
  init(
    policy: String, family: String, decoding: String, successes: Int, episodes: Int, calls: Int, tokens: Int
  ) {
    self.init(policy: policy, family: family, decoding: decoding, successes: successes, episodes: episodes)
    (self.calls, self.tokens) = (calls, tokens)
  }

  /// A row that keeps the outcome of every task.
  package init(
    policy: String, family: String, decoding: String, outcomes: [Bool], calls: Int, tokens: Int
  ) {
    self.init(
      policy: policy, family: family, decoding: decoding, successes: outcomes.count(where: \.self),
      episodes: outcomes.count)
    (self.outcomes, self.calls, self.tokens) = (outcomes, calls, tokens)
  }

  /// A row of episodes, one of each task.
  package init(policy: String, family: String, decoding: String, scores: [DesignTrial.Score]) {
    let total = scores.reduce(.init(), +)
    self.init(
      policy: policy, family: family, decoding: decoding, outcomes: scores.map { $0.successes > 0 },
      calls: total.calls, tokens: total.tokens)
  }

  /// The row without the outcomes of single tasks.
  var withoutOutcomes: EvaluationRow {
    var row = self
    row.outcomes = []
    return row
  }

  /// The tasks of both rows, under the names of this one.
  func adding(_ other: EvaluationRow) -> EvaluationRow {
    var sum = EvaluationRow(
      policy: policy, family: family, decoding: decoding, successes: successes + other.successes,
      episodes: episodes + other.episodes)
    (sum.outcomes, sum.calls) = (outcomes + other.outcomes, calls + other.calls)
    sum.tokens = tokens + other.tokens
    return sum
  }

  /// The share of tasks that were solved, 0 to 1.
  public var rate: Double { Double(successes) / Double(episodes) }

  /// The 95 % Wilson score interval of the rate (Wilson 1927, doi:10.1080/01621459.1927.10502953).
  public var interval: ClosedRange<Double> {
    let (n, z) = (Double(episodes), 1.959963984540054)
    let centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    let reach = z / (1 + z * z / n) * (rate * (1 - rate) / n + z * z / (4 * n * n)).squareRoot()
    return max(0, min(centre - reach, rate))...min(1, max(centre + reach, rate))
  }
}

extension EvaluationRow {
  /// `evaluation.csv`: a header and a line a row. `calls` and `tokens` are what the executors used, as means over episodes.
  static func csv(_ rows: [EvaluationRow]) -> String {
    let lines = rows.map { row in
      let cells: [any CustomStringConvertible] = [
        "\"\(row.policy)\"", row.family, row.decoding, row.successes, row.episodes, row.rate,
        row.interval.lowerBound, row.interval.upperBound, Double(row.calls) / Double(row.episodes),
        Double(row.tokens) / Double(row.episodes),
      ]
      return cells.map(\.description).joined(separator: ",") + "\n"
    }
    return "policy,family,decoding,successes,episodes,rate,low,high,calls,tokens\n" + lines.joined()
  }
}
