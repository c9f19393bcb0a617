extension RewardTree {
  func mapRewards(_ transform: (Double) -> Double) -> RewardTree {
    mapRewards(designer: transform, executor: transform)
  }

  func mapRewards(
    designer: (Double) -> Double = { $0 }, executor: (Double) -> Double = { $0 }
  ) -> RewardTree {
    RewardTree(
      tasks.map { task in
        Task(
          task.designs.map {
            Design(
              reward: designer($0.reward), executions: $0.executions.map(executor), calls: $0.calls,
              forks: $0.forks.map { $0.mapRewards(executor) })
          })
      })
  }

  func exchanging(_ siblings: CreditLaw.Siblings) -> RewardTree {
    var copy = self
    switch siblings {
    case .tasks(let a, let b): copy.tasks.exchange(a, b)
    case .designs(let a, let b, let task):
      copy.tasks.update(task) { $0.designs.exchange(a, b) }
    case .executions(let a, let b, let design, let task):
      copy.tasks.update(task) {
        $0.designs.update(design) {
          $0.executions.exchange(a, b)
          $0.calls.exchange(a, b)
          $0.forks.exchange(a, b)
        }
      }
    }
    return copy
  }
}

extension RewardTree.Forks {
  func mapRewards(_ transform: (Double) -> Double) -> RewardTree.Forks {
    RewardTree.Forks(
      played: played.map { .init(replaced: $0.replaced, reward: transform($0.reward)) }, orders: orders)
  }
}

extension Advantages {
  func exchanging(_ siblings: CreditLaw.Siblings) -> Advantages {
    var copy = self
    switch siblings {
    case .tasks(let a, let b): copy.tasks.exchange(a, b)
    case .designs(let a, let b, let task): copy.tasks.update(task) { $0.exchange(a, b) }
    case .executions(let a, let b, let design, let task):
      copy.tasks.update(task) {
        $0.update(design) {
          $0.executions.exchange(a, b)
          $0.calls.exchange(a, b)
        }
      }
    }
    return copy
  }
}

extension Array {
  /// Exchanges two elements, their indices taken modulo the count.
  fileprivate mutating func exchange(_ a: Int, _ b: Int) {
    if !isEmpty { swapAt(a % count, b % count) }
  }

  /// Changes the element at an index taken modulo the count, if there is one.
  fileprivate mutating func update(_ index: Int, _ change: (inout Element) -> Void) {
    if !isEmpty { change(&self[index % count]) }
  }
}
