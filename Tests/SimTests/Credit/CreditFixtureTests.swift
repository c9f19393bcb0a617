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

  /// Whether numbers agree to a few units in the last place of a thousand, which is the greatest reward.
  private func isClose(_ one: [Double], _ other: [Double]) -> Bool {
    one.count == other.count && zip(one, other).allSatisfy { abs($0 - $1) <= 1e-12 * max(1, abs($1)) }
  }
}
