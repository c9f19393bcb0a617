/// One role as it is trained, with the other role as the cold start left it. Its success says what the trained role gained
/// without the other one.
enum Crossing: String, CaseIterable {
  case trainedDesigner = "trained_designer"
  case trainedExecutor = "trained_executor"

  /// The name of the policy in evaluations.
  var policy: String {
    switch self {
    case .trainedDesigner: "trained designer, cold executor"
    case .trainedExecutor: "cold designer, trained executor"
    }
  }

  /// The column of `metrics.csv` with a family's success on held-out tasks, 0 to 1.
  func column(_ family: String) -> String { "\(rawValue).\(family)" }
}
