import Messaging

/// A law of credit that an estimator breaks, with the smallest case on which it does.
public struct CreditLawViolation: Error, Sendable, CustomStringConvertible {
  package let law: CreditLaw
  package let example: CreditLaw.Case
  /// The estimator as Swift prints it, and what it gave for the tree of the case: its advantages, or its error.
  let estimator: String, given: String
  /// How many random cases were drawn up to the first that breaks the law, and with which seed.
  let drawn: Int, seed: UInt64

  public var description: String {
    """
    \(estimator) breaks the law of credit `\(law)` (random case \(drawn), seed \(seed))
    \(example)
      advantages:
    \(given)
    """
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
      example = example.forked(estimator.declaration)
      let given = Result { try estimator.advantages(of: example.tree) }
      let text: String
      switch given {
      case .success(let advantages): text = advantages.lines.joined(separator: "\n")
      case .failure(let error): text = "    threw \(error)"
      }
      return CreditLawViolation(
        law: self, example: example, estimator: "\(estimator)", given: text, drawn: drawn, seed: seed)
    }
    return nil
  }
}

extension CreditLaw.Case: CustomStringConvertible {
  /// The tree, a line a design, and the changes that laws make to it.
  public var description: String {
    let lines = tree.tasks.enumerated().flatMap { index, task in
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
    return """
        smallest tree:
      \((lines.isEmpty ? ["    no task"] : lines).joined(separator: "\n"))
        shift \(shift), factor \(factor), exchanged \(siblings), first task replaced by \(replacement.designs.count) designs
      """
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
