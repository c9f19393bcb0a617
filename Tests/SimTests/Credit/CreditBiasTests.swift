import Actors
import Foundation
import Policy
import Testing

@testable import Sim

/// The expected update of a policy whose every outcome can be enumerated, through the rewards, the estimator, the path
/// filter, the negative scale and the mean over tokens.
///
/// The policy is a softmax over three actions: the first succeeds, the second fails, and the third fails and is malformed.
/// An execution is one call of one token, its action. Rewards and group sizes are chosen so that advantages are exact in
/// single precision, in which the engine takes them.
@Suite("The bias of an update, enumerated")
struct CreditBiasTests {
  private static let logits = [0.3, -0.2, 0.5]
  private static let policy: [Double] = {
    let exponentials = logits.map { exp($0) }
    return exponentials.map { $0 / exponentials.reduce(0, +) }
  }()
  private static let agents = try? AgentSetup(Scenario(), families: TaskSource(Scenario()).families)

  private let mask: any TokenConstraint

  init() throws { mask = try #require(Self.agents).mask }

  /// An execution in which the executor took `action`, and took `aside` in a call that the answer does not depend on.
  private static func execution(_ action: Int, aside: Int? = nil) throws -> RolloutTree.Execution {
    let actions = [action] + (aside.map { [$0] } ?? [])
    let calls = actions.indices.map { index in
      CallRecord(
        id: CallID(statement: index, index: 0), role: "solve", onPath: index == 0,
        fault: index == 0 && action == 2 ? .malformed("") : nil, tokens: 1)
    }
    var transcript = try Transcript(
      result: Outcome(success: action == 0, script: nil, calls: calls).encoded, events: [])
    transcript.turns = actions.enumerated().map { place, action in
      .init(
        call: PolicyCall(
          caller: .designer, role: "", prompt: [Int32(place)], maximumTokens: 1, temperature: 1, seed: 0),
        generation: Generation(tokens: [Int32(action)], logProbabilities: [-1], stop: .end))
    }
    return .init(id: "", transcript: transcript, duration: .zero, record: [])
  }

  /// Every way to choose one of `count` things `times` times.
  private static func choices(of count: Int, times: Int) -> [[Int]] {
    (0..<times).reduce([[]]) { lists, _ in lists.flatMap { list in (0..<count).map { list + [$0] } } }
  }

  /// The expected update of the logits: of the calls on the path, and of those beside it if there are any.
  private func expectedUpdate(
    _ estimator: any CreditEstimator, samples: Int, tasks: Int = 1, hasAside: Bool = false,
    _ change: (inout Scenario.Credit) -> Void = { _ in }
  ) throws -> (path: [Double], aside: [Double]) {
    var scenario = Scenario()
    (scenario.credit.negativeScale, scenario.credit.formatPenalty) = (1, 0.125)
    change(&scenario.credit)
    let outcomes = hasAside ? 9 : 3
    let executions = try (0..<outcomes).map {
      try Self.execution($0 % 3, aside: hasAside ? $0 / 3 : nil)
    }
    let instance = TaskInstance(family: "arithmetic", level: 1, hash: 1, statement: "1 + 1", solution: "2")
    var updates = [[0.0, 0, 0], [0.0, 0, 0]]
    for choice in Self.choices(of: outcomes, times: samples * tasks) {
      let probability = choice.reduce(1) {
        $0 * Self.policy[$1 % 3] * (hasAside ? Self.policy[$1 / 3] : 1)
      }
      let tree = RolloutTree(
        tasks: (0..<tasks).map { task in
          let chosen = choice[(task * samples)..<((task + 1) * samples)].map { executions[$0] }
          return .init(instance: instance, designs: [.init(turn: nil, record: [], executions: chosen)])
        })
      let learned = RoleBatch(tree, scenario, mask: mask).sequences(
        of: .executor, advantages: try estimator.advantages(of: tree.rewards(scenario.credit)))
      // As the trainer does: the executor's loss is a mean over the tokens that it learns from.
      let weight = probability / Double(max(1, learned.reduce(0) { $0 + $1.completionCount }))
      for sequence in learned {
        guard case .clippedSurrogate(let advantage, _, _, _) = sequence.objective else { continue }
        for logit in 0..<3 {
          let score = (Int(sequence.tokens[1]) == logit ? 1 : 0) - Self.policy[logit]
          updates[Int(sequence.tokens[0])][logit] += weight * Double(advantage) * score
        }
      }
    }
    return (updates[0], updates[1])
  }

  /// The gradient of the expected reward: π_a (r_a − Σ π r).
  private func gradient(of rewards: [Double]) -> [Double] {
    let mean = zip(Self.policy, rewards).map { $0 * $1 }.reduce(0, +)
    return zip(Self.policy, rewards).map { $0 * ($1 - mean) }
  }

  private func isClose(_ one: [Double], _ other: [Double]) -> Bool {
    zip(one, other).allSatisfy { abs($0 - $1) <= 1e-12 }
  }

  private static let rewards = [1, 0, -0.125]

  @Test("P9: the expected update of rloo is the gradient of the expected reward", arguments: [2, 3, 5])
  func leaveOneOut(samples: Int) throws {
    for grouping in ExecutorGrouping.allCases {
      let update = try expectedUpdate(RLOO(executorGrouping: grouping), samples: samples).path
      #expect(isClose(update, gradient(of: Self.rewards)))
    }
  }

  @Test(
    "P9: the expected update of counterfactual, with a fresh draw, is the gradient of the expected reward")
  func counterfactual() throws {
    var scenario = Scenario()
    (scenario.credit.negativeScale, scenario.credit.formatPenalty) = (1, 0.125)
    let instance = TaskInstance(family: "arithmetic", level: 1, hash: 1, statement: "1 + 1", solution: "2")
    for draws in 1...2 {
      var update = [0.0, 0, 0]
      for choice in Self.choices(of: 3, times: 1 + draws) {
        var execution = try Self.execution(choice[0])
        execution.forks = .init(
          played: try choice.dropFirst().map {
            .init(replaced: [0], outcome: try Self.execution($0).transcript.outcome)
          })
        let design = RolloutTree.Design(turn: nil, record: [], executions: [execution])
        let tree = RolloutTree(tasks: [.init(instance: instance, designs: [design])])
        let learned = RoleBatch(tree, scenario, mask: mask).sequences(
          of: .executor,
          advantages: try Counterfactual(draws: draws).advantages(of: tree.rewards(scenario.credit)))
        for sequence in learned {
          guard case .clippedSurrogate(let advantage, _, _, _) = sequence.objective else { continue }
          for logit in 0..<3 {
            let score = (Int(sequence.tokens[1]) == logit ? 1 : 0) - Self.policy[logit]
            update[logit] += choice.reduce(Double(advantage) * score) { $0 * Self.policy[$1] }
          }
        }
      }
      #expect(isClose(update, gradient(of: Self.rewards)), "\(draws) draws: \(update)")
    }
  }

  @Test(
    "P9: with the mean that includes oneself, it is (n - 1)/n of the gradient", arguments: [2, 4])
  func mean(samples: Int) throws {
    for grouping in ExecutorGrouping.allCases {
      let update = try expectedUpdate(GRPO(executorGrouping: grouping), samples: samples).path
      let share = Double(samples - 1) / Double(samples)
      #expect(isClose(update, gradient(of: Self.rewards).map { share * $0 }))
    }
  }

  @Test("P9: a deviation bends the update, so that it is no multiple of the gradient")
  func deviation() throws {
    let update = try expectedUpdate(MetaAgentX(), samples: 4).path
    print("deviation, n = 4: \(update), where the gradient is \(gradient(of: Self.rewards))")
    #expect(spread(of: update) > 0.1)
  }

  @Test(
    "P9: a negative scale c leaves 1 - (1 - c) p of the gradient if a reward is 1 with probability p and 0 else",
    arguments: [0, 0.5, 1])
  func negativeScale(scale: Double) throws {
    for samples in [2, 3, 5] {
      let update = try expectedUpdate(RLOO(), samples: samples) {
        ($0.negativeScale, $0.formatPenalty) = (scale, 0)
      }.path
      // A failure has the advantage -(successes of the others)/(n - 1), which is -p on average and independent of it.
      let share = 1 - (1 - scale) * Self.policy[0]
      let gradient = gradient(of: [1, 0, 0])
      print(
        "negativeScale \(scale), n = \(samples), p = \(Self.policy[0]): bias",
        zip(update, gradient).map { $0 - $1 }, "of the gradient \(gradient), which leaves \(share)")
      // With scale 0 the failures are not learned from, and are no part of the mean over tokens.
      #expect(isClose(update, gradient.map { share * $0 }) == (scale > 0))
      #expect(scale < 1 || isClose(update, gradient))
    }
  }

  @Test(
    "P9: with more than two rewards a negative scale changes the direction of the update, and not only its size"
  )
  func direction() throws {
    let update = try expectedUpdate(RLOO(), samples: 3) { $0.negativeScale = 0.5 }.path
    #expect(spread(of: update) > 0.01)
  }

  /// How far the update is from a multiple of the gradient: by how much the shares of the three logits differ.
  private func spread(of update: [Double]) -> Double {
    let shares = zip(update, gradient(of: Self.rewards)).map { $0 / $1 }
    return (shares.max() ?? 0) - (shares.min() ?? 0)
  }

  @Test("P9: a call beside the path that decides nothing is not pushed anywhere", arguments: [true, false])
  func path(onPathOnly: Bool) throws {
    let update = try expectedUpdate(RLOO(), samples: 3, hasAside: true) { $0.onPathOnly = onPathOnly }
    #expect(isClose(update.aside, [0, 0, 0]))
    // Without the filter, half of the tokens are those of calls beside the path.
    // With it, a failure has two of them and a success one.
    if onPathOnly {
      #expect(spread(of: update.path) > 0.01)
    } else {
      #expect(isClose(update.path, gradient(of: Self.rewards).map { $0 / 2 }))
    }
  }

  @Test(
    "P9: a task of equal rewards leaves the mean over tokens to the others: two tasks have 2 - q of the gradient"
  )
  func tokenMean() throws {
    for samples in [2, 3] {
      // q is the probability that a task's rewards differ.
      let q = 1 - Self.policy.reduce(0) { $0 + pow($1, Double(samples)) }
      let update = try expectedUpdate(RLOO(), samples: samples, tasks: 2).path
      print("two tasks, n = \(samples): \(2 - q) of the gradient")
      #expect(isClose(update, gradient(of: Self.rewards).map { (2 - q) * $0 }))
    }
  }
}
