import Interleavings
import PropertyTesting

// Two histories that are not linearizable are the same failure to the shrinker, whatever their calls are.
extension LinearizabilityError: ExplainedError {
  package var summary: String {
    switch self {
    case .notLinearizable(let history): history.summary
    case .undecided: description
    }
  }

  package var explanation: String {
    switch self {
    case .notLinearizable(let history): history.timeline
    case .undecided: ""
    }
  }
}
