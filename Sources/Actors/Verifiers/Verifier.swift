/// Says when an answer is right, by what is known to be right. All members are pure functions.
package protocol Verifier: Sendable {
  /// The form in which an answer is kept; `nil` if the verifier cannot read it.
  func reading(_ given: String) -> String?
  /// Whether `given` is right where `expected` is.
  func accepts(_ given: String, expected: String) -> Bool
  /// Whether something can be right by this expectation at all.
  func reads(expectation expected: String) -> Bool
}

extension Verifier {
  package func accepts(_ given: String, expected: String) -> Bool {
    guard let one = reading(given), let other = reading(expected) else { return false }
    return one == other
  }

  package func reads(expectation expected: String) -> Bool { reading(expected) != nil }
}

/// The verifiers that come with Troupe, by the names that files of questions use.
package enum VerifierName: String, Sendable, CaseIterable {
  case exact, integer, number, math, choice, regex, json
  /// The answer is a program in Python that is run against tests (see ``PythonProblem``).
  case code
  /// A command of the user's judges, in the sandbox.
  case command

  /// The verifier; `nil` if the answer has to be run.
  ///
  /// `tolerance` is how far numbers may be from each other; only `number` and `math` have one.
  package func verifier(tolerance: Double = 0) -> (any Verifier)? {
    switch self {
    case .exact: ExactVerifier()
    case .integer: IntegerVerifier()
    case .number: NumberVerifier(tolerance: tolerance)
    case .math: MathVerifier(tolerance: tolerance)
    case .choice: ChoiceVerifier()
    case .regex: RegexVerifier()
    case .json: JSONVerifier()
    case .code, .command: nil
    }
  }

  package var hasTolerance: Bool { self == .number || self == .math }
}
