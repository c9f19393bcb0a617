import Actors
import Messaging

/// Draws a scenario's tasks: the held-out ones that only evaluation sees, and the training ones of each step.
public struct TaskSource: Sendable {
  public let families: [any TaskFamily]
  /// The held-out tasks of each family, distinct, in the order of the scenario's families.
  public let heldOut: [(family: String, tasks: [TaskInstance])]
  private let settings: Scenario.Tasks
  private let heldOutHashes: Set<UInt64>
  private let seed: UInt64

  /// The held-out tasks depend on ``Scenario/HeldOut/seed`` alone, the others on the scenario's seed.
  public init(_ scenario: Scenario) throws {
    let settings = scenario.tasks
    self.settings = settings
    seed = scenario.seed
    families = try settings.families.map(Self.family)
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

  /// The built-in family of a setting, at all its levels.
  static func family(_ setting: Scenario.Family) throws -> any TaskFamily {
    switch setting.name {
    case "arithmetic":
      let largest = setting.options["largest"] ?? 99
      return try ArithmeticFamily(firstOperands: 1...largest, values: 0...largest)
    case "synthesis": return try SynthesisFamily()
    default: throw TaskError.parameters(family: setting.name, "no family of this name is built in")
    }
  }

  /// The tasks of training step `step`: families by weight, each in turn, levels at random.
  public func trainingTasks(step: Int, count: Int) throws -> [TaskInstance] {
    var stream = SeededStream(seed: seed, name: "tasks of step \(step)")
    var due = settings.families.map { _ in 0.0 }
    let total = settings.families.reduce(0) { $0 + $1.weight }
    return try (0..<count).map { _ in
      for index in due.indices { due[index] += settings.families[index].weight / total }
      // Written so that ties go to the first family.
      let next = due.indices.reduce(0) { due[$1] > due[$0] ? $1 : $0 }
      due[next] -= 1
      let level = Int.random(in: settings.families[next].levels, using: &stream)
      let task = try families[next].instance(level: level, split: .train, using: &stream)
      try admit(task.hash)
      return task
    }
  }

  /// Refuses to train on a problem that is held out: the wall between the two, checked and not only built.
  func admit(_ hash: UInt64) throws {
    guard !heldOutHashes.contains(hash), TaskSplit(hash: hash) == .train else {
      throw HeldOutTask(hash: hash)
    }
  }
}

/// A problem that is held out was about to be trained on.
public struct HeldOutTask: Error, Hashable, Sendable, CustomStringConvertible {
  public var hash: UInt64
  public var description: String {
    "the problem \(String(hash, radix: 16)) is held out, and was drawn for training"
  }
}
