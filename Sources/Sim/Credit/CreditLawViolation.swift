import Messaging

/// A law of credit that an estimator breaks, with the smallest case on which it does.
public struct CreditLawViolation: Error, Sendable, CustomStringConvertible {
  package let law: CreditLaw
  package let example: CreditLaw.Case
  /// The estimator as Swift prints it.
  let estimator: String
  /// The trees for which the law fails, each with what the estimator gave: that of the case, and then what the law makes
  /// of it, such as the tree with all rewards shifted.
  let asked: [AskedTree]
  /// How many random cases were drawn up to the first that breaks the law, and with which seed.
  let drawn: Int, seed: UInt64

  public var description: String {
    var lines = ["\(estimator) breaks the law of credit `\(law)` (random case \(drawn), seed \(seed))"]
    for (place, asked) in asked.enumerated() {
      let isSame = place > 0 && asked.tree == self.asked[0].tree
      lines.append(
        place == 0 ? "  smallest tree:" : isSame ? "  the same tree:" : "  changed as the law says:")
      if !isSame { lines += asked.tree.lines }
      lines.append("  advantages:")
      lines += asked.lines
    }
    return lines.joined(separator: "\n")
  }
}

extension CreditLaw {
  /// Checks all laws on random cases, the same ones for the same seed.
  /// - Throws: ``CreditLawViolation`` with the first law that is broken and the smallest case that was found.
  /// - Complexity: O(`cases`) times 25 laws, each with at most O(executions) calls of the estimator.
  public static func check(
    _ estimator: some CreditEstimator, cases: Int = 200, seed: UInt64 = 0
  ) throws(CreditLawViolation) {
    for law in allCases {
      if let found = law.violation(by: estimator, cases: cases, seed: seed) { throw found }
    }
  }

  /// Searches for a case on which `estimator` breaks the law; `nil` if it breaks it on none.
  package func violation(
    by estimator: some CreditEstimator, cases: Int = 200, seed: UInt64 = 0
  ) -> CreditLawViolation? {
    var stream = SeededStream(seed: seed, name: "cases of the laws of credit")
    for drawn in 1...max(1, cases) {
      var example = Case.random(using: &stream)
      guard !holds(for: estimator, on: example) else { continue }
      // Every step makes the case simpler, of which there is a simplest.
      while let simpler = example.simpler.first(where: { !holds(for: estimator, on: $0) }) {
        example = simpler
      }
      let asking = AskedTrees(estimator)
      _ = holds(for: asking, on: example)
      return CreditLawViolation(
        law: self, example: example.forked(estimator.declaration), estimator: "\(estimator)",
        asked: asking.first(andLast: comparedTrees), drawn: drawn, seed: seed)
    }
    return nil
  }

  /// The number of changed trees that the law looks at together. The last ones are those for which it fails.
  private var comparedTrees: Int {
    switch self {
    // A reward that is raised, and lowered; two games, whose sum is the second.
    case .creditStaysInItsGroup, .wholeGroupIsCompared, .creditAdds: 2
    default: 1
    }
  }
}

extension RewardTree {
  /// A line for each task and each design.
  fileprivate var lines: [String] {
    let lines = tasks.enumerated().flatMap { index, task in
      ["    task \(index)"]
        + task.designs.enumerated().map { place, design in
          let executions = design.executions.enumerated().map { execution, reward in
            let made = design.calls.isEmpty ? [] : design.calls[execution].map { "\($0.role)@\($0.place)" }
            let forks = design.forks.isEmpty ? [] : design.forks[execution].played
            return "\(reward)" + (made.isEmpty ? "" : " (\(made.joined(separator: " ")))")
              + forks.map { ", \($0.reward) without \($0.replaced)" }.joined()
          }
          return
            "      design \(place): reward \(design.reward), executions [\(executions.joined(separator: ", "))]"
        }
    }
    return lines.isEmpty ? ["    no task"] : lines
  }
}

extension AskedTree {
  fileprivate var lines: [String] {
    switch given {
    case .success(let advantages): advantages.lines
    case .failure(let error): ["    threw \(error)"]
    }
  }
}

extension Advantages {
  fileprivate var lines: [String] {
    tasks.enumerated().flatMap { index, designs in
      ["    task \(index)"]
        + designs.enumerated().map { place, design in
          let calls = design.calls.isEmpty ? "" : ", calls \(design.calls)"
          return "      design \(place): designer \(design.designer), executions \(design.executions)\(calls)"
        }
    }
  }
}
