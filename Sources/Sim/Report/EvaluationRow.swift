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

  public init(policy: String, family: String, decoding: String, successes: Int, episodes: Int) {
    precondition(episodes > 0 && (0...episodes).contains(successes), "\(successes) of \(episodes)")
    self.policy = policy
    self.family = family
    self.decoding = decoding
    self.successes = successes
    self.episodes = episodes
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
  /// `evaluation.csv`: a header and a line a row.
  static func csv(_ rows: [EvaluationRow]) -> String {
    let lines = rows.map { row in
      let cells: [any CustomStringConvertible] = [
        "\"\(row.policy)\"", row.family, row.decoding, row.successes, row.episodes, row.rate,
        row.interval.lowerBound, row.interval.upperBound,
      ]
      return cells.map(\.description).joined(separator: ",") + "\n"
    }
    return "policy,family,decoding,successes,episodes,rate,low,high\n" + lines.joined()
  }
}

/// How often the designer chose a script for a family, before and after training.
public struct DesignChoice: Sendable, Hashable {
  public var family: String
  /// The script's canonical text.
  public var script: String
  /// The script's share of the family's designs before training, 0 to 1.
  public var shareBefore: Double
  /// The script's share of the family's designs after training, 0 to 1.
  public var shareAfter: Double
  /// The share of successes of the trained executors with this script, 0 to 1; `nil` if the trained designer did not
  /// choose it.
  public var success: Double?

  public init(
    family: String, script: String, shareBefore: Double, shareAfter: Double, success: Double? = nil
  ) {
    self.family = family
    self.script = script
    self.shareBefore = shareBefore
    self.shareAfter = shareAfter
    self.success = success
  }
}
