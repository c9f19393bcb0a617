import Actors
import Messaging
import Policy

/// Draws a scenario's tasks: the held-out tasks, which only evaluation uses, and the training tasks of each step.
public struct TaskSource: Sendable {
  public let families: [any TaskFamily]
  /// The words in which the families' tasks and the scenario's scripts are written.
  public let tokenizer: WordTokenizer
  /// The held-out tasks of each family, all different, in the scenario's order of families.
  public let heldOut: [(family: String, tasks: [TaskInstance])]
  private let settings: Scenario.Tasks
  private let heldOutHashes: Set<UInt64>
  private let seed: UInt64

  /// Makes the families and draws the held-out tasks.
  ///
  /// The held-out tasks depend only on the seed in `tasks.heldOut`, the training tasks on the scenario's seed.
  /// - Throws: `TaskError` if a family has too few held-out problems; ``ScenarioError`` if a registered one fails.
  /// - Complexity: O(held-out tasks).
  public init(_ scenario: Scenario, _ registry: Registry = Registry()) throws {
    let settings = scenario.tasks
    self.settings = settings
    seed = scenario.seed
    families = try registry.families(of: scenario)
    tokenizer = registry.tokenizer(of: scenario)
    var stream = SeededStream(seed: scenario.tasks.heldOut.seed, name: "held-out tasks")
    heldOut = try zip(families, settings.families).map { family, setting in
      var seen: Set<UInt64> = []
      var tasks: [TaskInstance] = []
      let levels = Array(setting.levels)
      for draw in 0..<(settings.heldOut.perFamily * 100) where tasks.count < settings.heldOut.perFamily {
        let level = levels[draw % levels.count]
        let task = try family.instance(level: level, split: .heldOut, using: &stream)
        if seen.insert(task.hash).inserted { tasks.append(task) }
      }
      guard tasks.count == settings.heldOut.perFamily else {
        throw TaskError.parameters(
          family: family.name, "only \(tasks.count) held-out tasks at levels \(setting.levels)")
      }
      return (family.name, tasks)
    }
    heldOutHashes = Set(heldOut.flatMap { $0.tasks.map(\.hash) })
  }

  /// Draws the `count` tasks of training step `step`. Families take turns by their weights; levels are drawn
  /// uniformly.
  /// - Throws: `HeldOutTask` if a drawn problem is held out.
  /// - Complexity: O(`count`).
  public func trainingTasks(step: Int, count: Int) throws -> [TaskInstance] {
    var stream = SeededStream(seed: seed, name: "tasks of step \(step)")
    var due = settings.families.map { _ in 0.0 }
    let total = settings.families.reduce(0) { $0 + $1.weight }
    return try (0..<count).map { _ in
      for index in due.indices { due[index] += settings.families[index].weight / total }
      // The comparison is strict, so ties go to the first family.
      let next = due.indices.reduce(0) { due[$1] > due[$0] ? $1 : $0 }
      due[next] -= 1
      let level = Int.random(in: settings.families[next].levels, using: &stream)
      let task = try families[next].instance(level: level, split: .train, using: &stream)
      try admit(task.hash)
      return task
    }
  }

  /// Throws if the problem is held out. The split already prevents this; here it is checked for every problem.
  func admit(_ hash: UInt64) throws {
    guard !heldOutHashes.contains(hash), TaskSplit(hash: hash) == .train else {
      throw HeldOutTask(hash: hash)
    }
  }
}

/// A held-out problem was about to be used for training.
package struct HeldOutTask: Error, Hashable, Sendable, CustomStringConvertible {
  package var hash: UInt64
  package var description: String {
    "the problem \(String(hash, radix: 16)) is held out, and was drawn for training"
  }
}
