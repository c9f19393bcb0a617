/// What the finished cells of a study found.
package struct StudyResults: Sendable {
  package let study: Study
  /// The finished cells in the order of the study, with the rows of their evaluations.
  package let cells: [(cell: Study.Cell, rows: [EvaluationRow])]

  package init(_ study: Study, _ cells: [(cell: Study.Cell, rows: [EvaluationRow])]) {
    (self.study, self.cells) = (study, cells)
  }

  // MARK: Files

  /// A line for each cell, policy, family and decoding.
  var resultsCSV: String {
    "study,arm,seed,policy,family,decoding,successes,episodes\n"
      + lines { row in [[row.successes, row.episodes]] }
  }

  /// A line for each task that a policy played. `task` is the number of the task among its family's held-out ones; it
  /// names the same task in all cells of arms with the same families.
  package var outcomesCSV: String {
    "study,arm,seed,policy,family,decoding,task,success\n"
      + lines { row in row.outcomes.enumerated().map { [$0.offset, $0.element ? 1 : 0] } }
  }

  private func lines(_ values: (EvaluationRow) -> [[Int]]) -> String {
    var text = ""
    for (cell, rows) in cells {
      for row in rows {
        let names = [study.name, cell.arm, "\(cell.seed)", row.policy, row.family, row.decoding]
        let beginning = names.map(Self.quoted).joined(separator: ",")
        for value in values(row) { text += "\(beginning),\(value[0]),\(value[1])\n" }
      }
    }
    return text
  }

  /// The text as a cell of a CSV file (RFC 4180).
  private static func quoted(_ text: String) -> String {
    text.contains { ",\"\n\r".contains($0) } ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
  }

  // MARK: Figures

  /// The kind of an evaluation: all but the arm and the seed.
  package struct Kind: Sendable, Hashable {
    package var policy: String
    package var family: String
    package var decoding: String

    package init(policy: String, family: String, decoding: String) {
      (self.policy, self.family, self.decoding) = (policy, family, decoding)
    }
  }

  /// The kinds of evaluations that were made, in the order of the first cell that has them.
  package var kinds: [Kind] {
    var kinds: [Kind] = []
    var seen: Set<Kind> = []
    for row in cells.flatMap(\.rows) where seen.insert(row.kind).inserted { kinds.append(row.kind) }
    return kinds
  }

  /// Returns the rows of an arm by seed.
  private func rows(_ arm: String, _ kind: Kind) -> [UInt64: EvaluationRow] {
    var rows: [UInt64: EvaluationRow] = [:]
    for (cell, found) in cells where cell.arm == arm {
      rows[cell.seed] = found.first { $0.kind == kind }
    }
    return rows
  }

  /// Returns the rows of both sides of a comparison, by seed, for each family and decoding.
  private func sides(
    of pair: [String]
  ) -> [(kind: Kind, first: [UInt64: EvaluationRow], second: [UInt64: EvaluationRow])] {
    let sides = pair.map { Study.Side($0, study.arms.map(\.name)) }
    return kinds.filter { $0.policy == sides[0].policy }.map { kind in
      var other = kind
      other.policy = sides[1].policy
      return (kind, rows(sides[0].arm, kind), rows(sides[1].arm, other))
    }
  }

  /// Returns the mean success of an arm over its finished seeds, with the number of these; `nil` if there are none.
  package func success(_ arm: String, _ kind: Kind) -> (seeds: Int, estimate: PairedStatistics.Estimate)? {
    let rows = rows(arm, kind)
    let rates = study.seeds.compactMap { rows[$0]?.rate }
    return rates.isEmpty ? nil : (rates.count, PairedStatistics.estimate(rates))
  }

  /// The comparison of two arms over the seeds that both have finished.
  package struct Comparison: Sendable, Hashable {
    package var first: String
    package var second: String
    package var kind: Kind
    package var seeds: Int
    /// The mean difference in success, first less second; -1 to 1.
    package var difference: PairedStatistics.Estimate
    /// The p of the sign-flip test over seeds.
    package var probability: Double
    /// The same, corrected for the number of all comparisons.
    package var corrected: Double
  }

  /// The comparisons that the study asks for: one for each pair, family and decoding. Each is paired: both sides have the same
  /// tasks and seeds.
  ///
  /// A pair without a common seed is left out. All others together are corrected by Holm's method.
  package var comparisons: [Comparison] {
    var found: [Comparison] = []
    for pair in study.compare {
      for (kind, first, second) in sides(of: pair) {
        let pairs = study.seeds.compactMap { seed in
          first[seed].flatMap { one in second[seed].map { (one, $0) } }
        }
        guard !pairs.isEmpty else { continue }
        found.append(
          Comparison(
            first: pair[0], second: pair[1], kind: kind, seeds: pairs.count,
            difference: PairedStatistics.estimate(pairs.map { $0.rate - $1.rate }),
            probability: PairedStatistics.signFlipProbability(pairs.map { $0.successes - $1.successes }),
            corrected: 1))
      }
    }
    for (index, corrected) in PairedStatistics.holm(found.map(\.probability)).enumerated() {
      found[index].corrected = corrected
    }
    return found
  }
}

extension StudyResults {
  /// What the study expects and did not find, a line for each pair, seed, family and decoding; what is missing is not found.
  package var unmet: [String] {
    var lines: [String] = []
    for pair in study.expect {
      for (kind, first, second) in sides(of: pair) {
        for seed in study.seeds {
          let (one, two) = (first[seed].map(\.successes), second[seed].map(\.successes))
          guard let one, let two, one > two else {
            let found = [one, two].map { $0.map { "\($0)" } ?? "nothing" }
            lines.append(
              "\(pair[0]) solved \(found[0]) and \(pair[1]) \(found[1]): seed \(seed), \(kind.family), \(kind.decoding)"
            )
            continue
          }
        }
      }
    }
    return lines
  }
}

extension EvaluationRow {
  fileprivate var kind: StudyResults.Kind { .init(policy: policy, family: family, decoding: decoding) }
}
