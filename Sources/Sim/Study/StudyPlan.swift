import Actors
import Dispatch
import Synchronization

/// What is left to do of a study, and how long it will take.
package struct StudyPlan: Sendable {
  package struct Line: Sendable {
    package var cell: Study.Cell
    package var state: StudyRun.State
    /// The predicted seconds that are left, or the error that kept them from being measured.
    package var seconds: Result<Double, RunError>
  }

  package let lines: [Line]
  package let threads: Int

  /// The seconds until the last cell ends, if each thread takes the next cell as soon as it is free.
  package var seconds: Double {
    var busy = Array(repeating: 0.0, count: threads)
    for line in lines {
      let earliest = busy.indices.min { busy[$0] < busy[$1] } ?? 0
      busy[earliest] += (try? line.seconds.get()) ?? 0
    }
    return busy.max() ?? 0
  }
}

extension StudyRun {
  /// Predicts how long the cells that are not finished take.
  ///
  /// A cell takes as long as a finished one with the same sizes. If there is none, some of its steps are timed, side by
  /// side as the cells will run. That takes a few seconds for each set of sizes, and minutes with a published model. A cell
  /// with the cold start of an earlier one is taken to begin with what that one left.
  package func plan() throws -> StudyPlan {
    let states = try cells.map(state)
    let open = cells.indices.filter { !states[$0].isDone }
    let times = times
    var known: [CellSizes: [Double]] = [:]
    let sizes = sizes(states)
    for (cell, sizes) in zip(cells, sizes) {
      if let seconds = times[cell.directoryName] { known[sizes, default: []].append(seconds) }
    }
    var unknown: [Scenario] = []
    for index in open where known[sizes[index]] == nil && !unknown.contains(sizes[index].scenario) {
      unknown.append(sizes[index].scenario)
    }
    let measured = measure(unknown, workers: max(1, min(threads, open.count)))
    let lines = cells.indices.map { index in
      let sizes = sizes[index]
      let whole =
        known[sizes].map { .success($0.reduce(0, +) / Double($0.count)) }
        ?? measured[sizes.scenario]?.map { $0.seconds(withColdStart: sizes.makesColdStart) }
        ?? Result<Double, RunError>.success(0)
      let left =
        switch states[index] {
        case .finished, .kept: 0.0
        case .new: 1.0
        // At least the last evaluation is left.
        case .begun(let left): max(0.1, left)
        }
      return StudyPlan.Line(cell: cells[index], state: states[index], seconds: whole.map { $0 * left })
    }
    return StudyPlan(lines: lines, threads: threads)
  }

  /// The settings that decide how long a cell takes: cells with the same ones are expected to take the same time.
  private struct CellSizes: Hashable {
    var scenario: Scenario
    /// Whether it has to make its cold start, because no earlier cell in the directory makes the same.
    var makesColdStart: Bool
  }

  private func sizes(_ states: [State]) -> [CellSizes] {
    var made: Set<Scenario> = []
    return zip(cells, states).map { cell, state in
      let start = cell.scenario.ofColdStart
      defer { if state != .kept { made.insert(start) } }
      return CellSizes(scenario: cell.scenario.sizes, makesColdStart: !made.contains(start))
    }
  }

  /// Measures the times of a cell, for each of some sizes, with all workers busy.
  private func measure(_ sizes: [Scenario], workers: Int) -> [Scenario: Result<CellTime, RunError>] {
    guard !sizes.isEmpty else { return [:] }
    let found = Mutex<[Scenario: Result<CellTime, RunError>]>([:])
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      for index in stride(from: worker, to: max(sizes.count, workers), by: workers) {
        let scenario = sizes[index % sizes.count]
        let time = Result { try CellTime(scenario, registry) }.mapError { RunError("\($0)") }
        found.withLock { found in
          if let first = try? found[scenario]?.get(), let second = try? time.get(),
            first.others > second.others
          {
            return
          }
          found[scenario] = time
        }
      }
    }
    return found.withLock(\.self)
  }
}

/// The measured times of the parts of one cell, on one thread.
private struct CellTime {
  /// The seconds that the cold start takes, and all that comes after it.
  private(set) var (coldStart, others) = (0.0, 0.0)

  func seconds(withColdStart: Bool) -> Double { others + (withColdStart ? coldStart : 0) }

  /// The time for which the cold start is timed. The policy that it makes then times the other steps. A step that takes
  /// longer is timed once.
  private static let patience = Duration.seconds(2)
  private static let mostTasks = 32

  init(_ scenario: Scenario, _ registry: Registry) throws {
    func timed(_ body: () throws -> Void) rethrows -> Double {
      let begin = ContinuousClock.now
      try body()
      return (ContinuousClock.now - begin) / .seconds(1)
    }
    let begin = ContinuousClock.now
    let trainer = try Trainer(scenario, registry, threads: 1)
    var state = trainer.initialState
    others = (ContinuousClock.now - begin) / .seconds(1)

    let cold = scenario.coldStart.steps
    if let given = try trainer.givenColdStart() { state.takeColdStart(given, scenario) }
    let time = try timed {
      let end = ContinuousClock.now + Self.patience
      while state.coldSteps < cold, state.coldSteps == 0 || ContinuousClock.now < end {
        _ = try trainer.coldStep(&state)
      }
    }
    if cold > 0, scenario.coldStart.policy == nil {
      coldStart = time / Double(state.coldSteps) * Double(cold)
    }
    if state.coldSteps < cold {
      state.coldSteps = cold
      state.endColdStart(scenario)
    }

    let stages = scenario.stages
    for stage in 0..<min(2, stages.count) where stages.steps(ofStage: stage) > 0 {
      state.steps = stage == 0 ? 0 : stages.steps(ofStage: 0)
      var repeats = 0
      let time = try timed {
        let end = ContinuousClock.now + Self.patience
        while repeats == 0 || repeats == 1 && ContinuousClock.now < end {
          _ = try trainer.step(&state)
          repeats += 1
        }
      }
      let steps = (0..<stages.count).reduce(0) {
        stages.role(ofStage: $1) == stages.role(ofStage: stage) ? $0 + stages.steps(ofStage: $1) : $0
      }
      others += time / Double(repeats) * Double(steps)
    }

    let heldOut = scenario.tasks.heldOut.perFamily
    let evaluator = Evaluator(scenario, tasks: trainer.tasks, threads: 1)
    let models = trainer.models(state.models)
    let players = trainer.players("", designer: models.designer, executor: models.executor)
    let count = min(Self.mostTasks, heldOut)
    let evaluation = try timed { _ = try evaluator.evaluate(players, temperature: 1, count: count) }
    let played = 1 + (scenario.evaluation.crossings ? Crossing.allCases.count : 0)
    let during = stages.steps / scenario.evaluation.every * min(scenario.evaluation.tasks, heldOut) * played
    var episodes = during + TrainingRun.lastEvaluations * heldOut
    if let calls = scenario.evaluation.ceilingCalls {
      // The families' shares of an evaluation are taken to be alike.
      let catalog = try ScriptCatalog(scenario.grammar(), calls: calls)
      for (family, held) in zip(trainer.tasks.families, trainer.tasks.heldOut) {
        let designs = catalog.alive(for: family, from: family.start(held.tasks[0])).count
        let found = CeilingSearch.Settings(calls: calls).episodes(
          designs: designs, levels: Set(held.tasks.map(\.level)).count)
        episodes += 2 * found / trainer.tasks.families.count
      }
    }
    if let searched = scenario.evaluation.searchEpisodes {
      episodes += 2 * TrainingRun.searchPolicies.count * searched / trainer.tasks.families.count
    }
    others += evaluation / Double(count) * Double(episodes)
  }
}

extension Scenario {
  /// The scenario without the settings that hardly change how long a run takes.
  fileprivate var sizes: Scenario {
    var sizes = self
    (sizes.name, sizes.seed) = ("sizes", 1)
    sizes.credit = Credit()
    sizes.credit.onPathOnly = credit.onPathOnly
    sizes.optimizer = Optimizer()
    sizes.optimizer.executor.minibatches = optimizer.executor.minibatches
    sizes.optimizer.designer.minibatches = optimizer.designer.minibatches
    (sizes.optimizer.anchor, sizes.optimizer.anchorCalls) = (optimizer.anchor, optimizer.anchorCalls)
    return sizes
  }
}
