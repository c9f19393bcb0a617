import Actors

/// The names that a scenario may use: the families, roles, tools, agent kinds and invariants of the program.
///
/// A program that registers its own adds their names here. Then a misspelt name is an error of the file, which is
/// reported before anything runs.
public struct ScenarioCatalogue: Sendable, Hashable {
  /// A task family: the levels it can generate, whole-number options of its own, and texts that it must be given.
  package struct Family: Sendable, Hashable {
    package var name: String
    package var levels: ClosedRange<Int>
    package var options: [Option]
    /// The names of the texts, such as the path of a file.
    package var texts: [String]

    package init(_ name: String, levels: ClosedRange<Int>, options: [Option] = [], texts: [String] = []) {
      self.name = name
      self.levels = levels
      self.options = options
      self.texts = texts
    }
  }

  /// A whole-number option of a family, with its default and its range.
  public struct Option: Sendable, Hashable {
    package var name: String
    package var initial: Int
    package var range: ClosedRange<Int>

    public init(_ name: String, _ initial: Int, in range: ClosedRange<Int>) {
      self.name = name
      self.initial = initial
      self.range = range
    }
  }

  package var families: [Family]
  package var roles: [String]
  package var tools: [String]
  /// The kinds of agents for `troupe run`.
  package var agentKinds = [AgentKind("scripted")]
  /// The names of the invariants that a scenario can expect.
  package var invariants: [String] = []
  /// The names of the credit estimators.
  package var estimators = [
    "grpo", "rloo", "metaagent", "peragent", "counterfactual", "leaveoneout", "shapley",
  ]
  /// The verifiers that lines of files may name.
  package var verifiers = VerifierName.allCases.map(\.rawValue)
  /// The names of the policies that are not files.
  package var players = ["scripted"]

  /// A kind of agent, with its whole-number options.
  package struct AgentKind: Sendable, Hashable {
    package var name: String
    package var options: [Option]

    package init(_ name: String, options: [Option] = []) {
      self.name = name
      self.options = options
    }
  }

  /// The names that Troupe itself defines.
  public static let stock = ScenarioCatalogue(
    // Level 1 is in demonstrations only. Its problems are steps of all other levels, so none of them can be held out.
    families: [
      // The largest number in a calculation.
      Family("arithmetic", levels: 2...5, options: [Option("largest", 99, in: 9...999)]),
      Family("synthesis", levels: 2...3),
      // The largest first factor.
      Family("products", levels: 2...3, options: [Option("largest", 999, in: 100...999)]),
      // The largest target, and the largest number on the way to it.
      Family("countdown", levels: 2...3, options: [Option("largest", 60, in: 10...200)]),
      // How many numbers a level adds, which are as many as a cold start shows to be added at once; and how many digits
      // there are.
      Family("sums", levels: 2...4, options: [Option("part", 3, in: 2...4), Option("base", 6, in: 5...10)]),
      Family("repair", levels: 2...3),
      // How many digits a list has.
      Family("trace", levels: 2...5, options: [Option("length", 4, in: 2...5)]),
      Family("ordering", levels: 2...4),
      // The largest value on the way.
      Family("threshold", levels: 2...4, options: [Option("largest", 19, in: 19...99)]),
      Family("stories", levels: 2...4),
      Family("prices", levels: 2...3),
      Family("programs", levels: 2...4),
      // The path of a file of questions and answers, relative to the working directory.
      Family(FileFamily.word, levels: FileFamily.allowedLevels, texts: ["path"]),
      Family(QuestionsFamily.word, levels: FileFamily.allowedLevels, texts: ["path"]),
    ],
    roles: TroupeVocabulary.roles + TroupeVocabulary.routers + TroupeVocabulary.splitters
      + TroupeVocabulary.joiners,
    tools: ["run", "test"])
}
