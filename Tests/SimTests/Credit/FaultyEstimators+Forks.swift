import Sim

/// Faults of estimators that compare a call with forks of its execution. Each is in an estimator that is right but for
/// it, and the declaration is that of the right one.
extension FaultyEstimator {
  static let forks = differences + coalitions

  /// The reward of an execution, and those of its forks by what is replaced.
  private struct Game {
    var reward: Double
    var calls: Int
    var forks: RewardTree.Forks

    func alone(_ call: Int) -> [Double] { forks.played.filter { $0.replaced == [call] }.map(\.reward) }

    /// The reward with only the calls of `present` made.
    func worth(_ present: Set<Int>) -> Double {
      let absent = (0..<calls).filter { !present.contains($0) }
      return absent.isEmpty ? reward : forks.played.first { $0.replaced == absent }?.reward ?? .nan
    }

    /// What `call` adds to each set of the others, by the size of the set.
    func added(by call: Int) -> [[Double]] {
      var added = Array(repeating: [Double](), count: calls)
      for mask in 0..<(1 << calls) where mask >> call & 1 == 0 {
        let present = Set((0..<calls).filter { mask >> $0 & 1 == 1 })
        added[present.count].append(worth(present.union([call])) - worth(present))
      }
      return added
    }

    func shapley(_ call: Int) -> Double { mean(added(by: call).map(mean)) }
  }

  private static func orders(_ calls: [Int]) -> [[Int]] {
    calls.isEmpty
      ? [[]] : calls.flatMap { first in orders(calls.filter { $0 != first }).map { [first] + $0 } }
  }

  /// A fault in the credit of one execution's calls; `neighbours` are the forks of the design's executions.
  private init(
    _ description: String, _ declaration: CreditDeclaration,
    designers: @escaping @Sendable ([Double]) -> [Double] = centred,
    _ relative: @escaping @Sendable (_ game: Game, _ neighbours: [RewardTree.Forks]) -> [Double]
  ) {
    self.init(description, declaration) { tree in
      Advantages(
        tree.tasks.map { task in
          zip(task.designs, designers(task.designs.map(\.reward))).map { design, designer in
            let calls = design.calls.enumerated().map { index, made -> [Double] in
              guard !made.isEmpty, !design.forks.isEmpty else { return made.map { _ in 0 } }
              return relative(
                Game(reward: design.executions[index], calls: made.count, forks: design.forks[index]),
                design.forks)
            }
            return Advantages.Design(
              designer: designer,
              executions: calls.isEmpty ? design.executions.map { _ in 0 } : calls.map(Self.mean),
              calls: calls)
          }
        })
    }
  }

  private static let drawnTwice = Counterfactual(baseline: .redraw, draws: 2).declaration
  private static let drawnOnce = Counterfactual(baseline: .redraw, draws: 1).declaration
  private static let shapley = Shapley().declaration
  private static let sampled = Shapley(exactCalls: 1, permutations: 3).declaration

  /// Faults of the difference that a call makes.
  private static let differences: [FaultyEstimator] = [
    .init("a fork's sign is wrong", drawnOnce) { game, _ in
      (0..<game.calls).map { game.reward + mean(game.alone($0)) }
    },
    .init("forks and execution change places", drawnOnce) { game, _ in
      (0..<game.calls).map { mean(game.alone($0)) - game.reward }
    },
    .init("forks are ignored", drawnOnce) { game, _ in (0..<game.calls).map { _ in game.reward } },
    .init("only the first draw counts", drawnTwice) { game, _ in
      (0..<game.calls).map { game.reward - game.alone($0)[0] }
    },
    .init("draws are summed", drawnTwice) { game, _ in
      (0..<game.calls).map { call in game.alone(call).reduce(0) { $0 + game.reward - $1 } }
    },
    .init("the best draw is the baseline", drawnTwice) { game, _ in
      (0..<game.calls).map { game.reward - (game.alone($0).max() ?? 0) }
    },
    .init("the execution is one of the draws", drawnTwice) { game, _ in
      (0..<game.calls).map { game.reward - mean(game.alone($0) + [game.reward]) }
    },
    .init("calls have each other's forks", drawnOnce) { game, _ in
      (0..<game.calls).map { game.reward - mean(game.alone(game.calls - 1 - $0)) }
    },
    .init("forks are those of the first execution", drawnOnce) { game, neighbours in
      let first = Game(reward: game.reward, calls: game.calls, forks: neighbours[0])
      return (0..<game.calls).map { game.reward - (first.alone($0).first ?? mean(game.alone($0))) }
    },
    .init("the baseline is the mean over all calls' forks", drawnOnce) { game, _ in
      let all = mean(game.forks.played.map(\.reward))
      return (0..<game.calls).map { _ in game.reward - all }
    },
    .init("differences are centred over the calls", drawnOnce) { game, _ in
      centred((0..<game.calls).map { game.reward - mean(game.alone($0)) })
    },
    .init("differences are divided by their deviation", drawnOnce) { game, _ in
      standardized((0..<game.calls).map { game.reward - mean(game.alone($0)) })
    },
    .init("differences are clipped", drawnOnce) { game, _ in
      (0..<game.calls).map { min(1, max(-1, game.reward - mean(game.alone($0)))) }
    },
    .init("negative differences are dropped", drawnOnce) { game, _ in
      (0..<game.calls).map { max(0, game.reward - mean(game.alone($0))) }
    },
    .init("the differences of means leave rounding errors", drawnTwice) { game, _ in
      (0..<game.calls).map { call in
        game.reward / 3 - game.alone(call).reduce(0) { $0 + $1 / 6 } + game.reward * (2 / 3.0)
          - game.alone(call).reduce(0) { $0 + $1 / 3 }
      }
    },
    .init("designers of fork estimators are not compared", drawnOnce, designers: { $0 }) { game, _ in
      (0..<game.calls).map { game.reward - mean(game.alone($0)) }
    },
    .init("every call has its execution's credit", drawnOnce) { tree in
      Advantages(
        tree.tasks.map { task in
          zip(task.designs, centred(task.designs.map(\.reward))).map { design, designer in
            Advantages.Design(designer: designer, executions: design.executions.map { _ in 0 })
          }
        })
    },
  ]

  /// Faults of the credit from coalitions.
  private static let coalitions: [FaultyEstimator] = [
    .init("leaving one out stands for the Shapley value", shapley) { game, _ in
      (0..<game.calls).map { game.reward - mean(game.alone($0)) }
    },
    .init("only what a call adds to nothing counts", shapley) { game, _ in
      (0..<game.calls).map { game.worth([$0]) - game.worth([]) }
    },
    .init("all coalitions have the same weight", shapley) { game, _ in
      (0..<game.calls).map { mean(game.added(by: $0).flatMap(\.self)) }
    },
    .init("coalitions are weighted by their size", shapley) { game, _ in
      (0..<game.calls).map { call in
        let added = game.added(by: call)
        let weighted = added.enumerated().map { Double($0.offset + 1) * mean($0.element) }
        return weighted.reduce(0, +) / Double(added.count * (added.count + 1) / 2)
      }
    },
    .init("sizes are summed and not averaged", shapley) { game, _ in
      (0..<game.calls).map { game.added(by: $0).map(mean).reduce(0, +) }
    },
    .init("a coalition is taken for what it replaces", shapley) { game, _ in
      let complement = Game(
        reward: game.worth([]), calls: game.calls,
        forks: .init(
          played: (0..<(1 << game.calls) - 1).map { mask in
            let replaced = (0..<game.calls).filter { mask >> $0 & 1 == 0 }
            return .init(replaced: replaced, reward: game.worth(Set(replaced)))
          }))
      return (0..<game.calls).map { complement.shapley($0) }
    },
    .init("the worth of nothing is taken for 0", shapley) { game, _ in
      let nothing = game.worth([])
      return (0..<game.calls).map { game.shapley($0) + nothing / Double(game.calls) }
    },
    .init("the whole is shared equally", shapley) { game, _ in
      (0..<game.calls).map { _ in (game.reward - game.worth([])) / Double(game.calls) }
    },
    .init("all goes to the last call", shapley) { game, _ in
      (0..<game.calls).map { $0 == game.calls - 1 ? game.reward - game.worth([]) : 0 }
    },
    .init("calls only ever come in one order", shapley) { game, _ in
      (0..<game.calls).map { game.worth(Set(0...$0)) - game.worth(Set(0..<$0)) }
    },
    .init("values are in the reverse order", shapley) { game, _ in
      (0..<game.calls).map { game.shapley(game.calls - 1 - $0) }
    },
    .init("values are scaled to sum to the reward", shapley) { game, _ in
      let values = (0..<game.calls).map { game.shapley($0) }
      let sum = values.reduce(0, +)
      return values.map { sum == 0 ? $0 : $0 * game.reward / sum }
    },
    .init("one of the sampled orders is left out", sampled) { game, _ in
      let orders = game.forks.orders.isEmpty ? orders(Array(0..<game.calls)) : game.forks.orders.dropLast()
      return (0..<game.calls).map { call in
        mean(
          orders.map { order in
            let before = Set(order.prefix { $0 != call })
            return game.worth(before.union([call])) - game.worth(before)
          })
      }
    },
  ]
}
