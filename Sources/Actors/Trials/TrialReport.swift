import Foundation
import Messaging
import Sandbox

/// What a trial came to.
package enum TrialReport: Hashable, Sendable {
  /// So many of the tests passed, and what is said about the first that did not.
  case judged(passed: Int, total: Int, failure: String?)
  /// The tests are no tests, with what is wrong with them; nothing was said about the answer.
  case broken(String)
  /// Nothing can be said about the answer, because it did not run or its judge failed; with the reason.
  case unknown(String)
  /// Nothing can be said about the answer, because it was ended at a limit of the sandbox; with the limit.
  case exhausted(String)

  /// Whether all tests passed.
  package var isPassed: Bool {
    if case .judged(let passed, let total, _) = self { total > 0 && passed == total } else { false }
  }

  /// The reason why nothing can be said; `nil` if something can.
  package var unknownReason: String? {
    switch self {
    case .judged: nil
    case .broken(let reason): "the tests are broken: \(reason)"
    case .unknown(let reason), .exhausted(let reason): reason
    }
  }
}

extension Trial {
  /// The most characters of a text that a program wrote which are kept.
  private static let longest = 500

  /// What is judged by the result of the run in the sandbox.
  package func report(of result: SandboxResult) -> TrialReport {
    if let limit = result.limit { return .exhausted(text(of: limit)) }
    switch self {
    case .python: return Self.verdict(result)
    case .command:
      switch result.code {
      case 0: return .judged(passed: 1, total: 1, failure: nil)
      case 1:
        let said = Self.line(result.output)
        return .judged(passed: 0, total: 1, failure: said.isEmpty ? nil : said)
      default:
        return .unknown("the verifier ended with code \(result.code): \(Self.line(result.errors))")
      }
    }
  }

  private struct Verdict: Decodable {
    var passed: Int?
    var total: Int?
    var failure: String?
    var broken: String?
  }

  /// What the judge of a program says, which is trusted: no other text reaches the stream that it is read from.
  private static func verdict(_ result: SandboxResult) -> TrialReport {
    let verdict = try? JSONDecoder().decode(Verdict.self, from: Data(result.errors))
    if let reason = verdict?.broken { return .broken(reason) }
    guard let passed = verdict?.passed, let total = verdict?.total, (0...total).contains(passed), total > 0
    else {
      return .unknown("the judge ended with code \(result.code): \(line(result.errors))")
    }
    return .judged(passed: passed, total: total, failure: verdict?.failure)
  }

  /// What was written, as one line that is not too long.
  private static func line(_ bytes: [UInt8]) -> String {
    String(
      String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).joined(separator: "; ")
        .prefix(
          longest))
  }

  private func text(of limit: SandboxLimit) -> String {
    let limits = limits
    return switch limit {
    case .wall: "the run took more than \(limits.wallSeconds) s"
    case .processor: "the run used more than \(limits.processorSeconds) s of processor time"
    case .output: "the judge wrote more than \(limits.outputBytes) bytes"
    }
  }

  private var limits: SandboxLimits {
    switch self {
    case .python(let trial): trial.limits
    case .command(let run): run.limits
    }
  }
}
