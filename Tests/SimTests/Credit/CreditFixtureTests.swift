import Actors
import Foundation
import Sim
import Testing

/// Each estimator on trees whose advantages were worked out in exact fractions by record_credit_fixtures.py.
@Suite("Advantages in fractions")
struct CreditFixtureTests {
  private struct Example: Decodable {
    struct Design: Decodable {
      var reward: Double
      var executions: [Double]
      var calls: [[Call]]
    }
    struct Call: Decodable {
      var call: RewardTree.Call
      init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        let role = try values.decode(String.self)
        let (statement, index) = (try values.decode(Int.self), try values.decode(Int.self))
        call = RewardTree.Call(role: role, place: CallID(statement: statement, index: index))
      }
    }
    struct Credit: Decodable {
      var designer: Double
      var executions: [Double]
      var calls: [[Double]]
    }
    var name: String
    var tree: [[Design]]
    var advantages: [String: [[Credit]]]
  }

  private static let estimators: [(name: String, estimator: any CreditEstimator)] =
    [("metaagent", MetaAgentX())]
    + ExecutorGrouping.allCases.flatMap { grouping -> [(name: String, estimator: any CreditEstimator)] in
      [
        ("grpo \(grouping)", GRPO(executorGrouping: grouping)),
        ("grpo normalized \(grouping)", GRPO(normalize: true, executorGrouping: grouping)),
        ("rloo \(grouping)", RLOO(executorGrouping: grouping)),
        ("peragent \(grouping)", PerAgent(executorGrouping: grouping)),
      ]
    }

  @Test("P9: every estimator gives what its formula gives in fractions", arguments: estimators.map(\.name))
  func fractions(name: String) throws {
    let estimator = try #require(Self.estimators.first { $0.name == name }).estimator
    let file = try #require(
      Bundle.module.url(forResource: "credit", withExtension: "json", subdirectory: "Fixtures"))
    let examples = try JSONDecoder().decode([Example].self, from: Data(contentsOf: file))
    #expect(examples.count == 4)
    for example in examples {
      let tree = RewardTree(
        example.tree.map { designs in
          RewardTree.Task(
            designs.map {
              RewardTree.Design(
                reward: $0.reward, executions: $0.executions, calls: $0.calls.map { $0.map(\.call) })
            })
        })
      let expected = try #require(example.advantages[name])
      let found = try estimator.advantages(of: tree)
      #expect(found.tasks.map(\.count) == expected.map(\.count))
      for (found, expected) in zip(found.tasks.joined(), expected.joined()) {
        #expect(isClose([found.designer], [expected.designer]), "\(example.name)")
        #expect(isClose(found.executions, expected.executions), "\(example.name)")
        #expect(found.calls.map(\.count) == expected.calls.map(\.count), "\(example.name)")
        #expect(zip(found.calls, expected.calls).allSatisfy(isClose), "\(example.name)")
      }
    }
  }

  private struct Game: Decodable {
    var name: String
    var calls: Int
    /// The rewards of coalitions by their bits.
    var rewards: [Double]
    var shapley: [Double]
    var leaveoneout: [Double]
  }

  @Test("P9: Shapley values and differences are those of the definition, in fractions")
  func forks() throws {
    let file = try #require(
      Bundle.module.url(forResource: "forks", withExtension: "json", subdirectory: "Fixtures"))
    let games = try JSONDecoder().decode([Game].self, from: Data(contentsOf: file))
    #expect(games.count == 7 && games.map(\.calls).max() == 8)
    for game in games {
      let everyone = game.rewards.count - 1
      let calls = (0..<game.calls).map {
        RewardTree.Call(role: "solve", place: CallID(statement: $0, index: 0))
      }
      func tree(_ coalitions: [Int]) -> RewardTree {
        let played = coalitions.map { present in
          RewardTree.Forks.Fork(
            replaced: (0..<game.calls).filter { present >> $0 & 1 == 0 }, reward: game.rewards[present])
        }
        return RewardTree([
          .init([
            .init(
              reward: 0, executions: [game.rewards[everyone]], calls: [calls], forks: [.init(played: played)])
          ])
        ])
      }
      let shapley = try Shapley().advantages(of: tree(Array(0..<everyone))).tasks[0][0].calls[0]
      #expect(isClose(shapley, game.shapley), "\(game.name)")
      let alone = tree((0..<game.calls).map { everyone & ~(1 << $0) })
      for estimator in [Counterfactual(baseline: .handOn), LeaveOneOutCall()] as [any CreditEstimator] {
        let left = try estimator.advantages(of: alone).tasks[0][0]
        #expect(isClose(left.calls[0], game.leaveoneout), "\(game.name)")
        #expect(isClose(left.executions, [left.calls[0].reduce(0, +) / Double(game.calls)]))
      }
    }
  }

  /// Whether numbers agree to a few units in the last place of a thousand, which is the greatest reward.
  private func isClose(_ one: [Double], _ other: [Double]) -> Bool {
    one.count == other.count && zip(one, other).allSatisfy { abs($0 - $1) <= 1e-12 * max(1, abs($1)) }
  }
}
