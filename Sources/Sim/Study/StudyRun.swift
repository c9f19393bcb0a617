import Dispatch
import Foundation
import Policy
import Synchronization

/// Runs the cells of a study side by side, each by one thread and in a directory of its own.
///
/// A cell is a ``TrainingRun``, so its files do not depend on the other cells or on the number of threads (P1). A study
/// that was killed goes on where it was: finished cells are read, and a cell that was begun goes on from its last
/// checkpoint (P6).
package struct StudyRun: Sendable {
  package let study: Study
  package let cells: [Study.Cell]
  package let directory: RunDirectory
  let registry: Registry
  /// The number of cells that run side by side.
  package let threads: Int
  /// What cells found in an earlier run, perhaps on another machine. They count as finished.
  let kept: StudyResults
  /// Where the results are kept for later runs, on any machine; `nil` if they are not.
  package var keeping: StudyResults.Files?

  /// What is reported while the cells run.
  package enum Progress: Sendable {
    case begins(Study.Cell)
    /// A cell is finished: its seconds, and how many of all cells are finished now.
    case finished(Study.Cell, seconds: Double, done: Int, of: Int)
    case failed(Study.Cell, String)
  }

  /// How far a cell is.
  package enum State: Sendable, Hashable {
    case new
    /// It was begun. `left` is the fraction of its steps that its last checkpoint leaves to do.
    case begun(left: Double)
    case finished
    /// It is not in the directory, but its results were kept.
    case kept

    package var isDone: Bool { self == .finished || self == .kept }
  }

  /// Makes the run of a study in a directory, which may hold what an earlier run of it finished, as `kept` may: results
  /// of the same cells whose directories are not needed.
  /// - Throws: ``RunError`` if a cell was begun with other settings than it has now.
  package init(
    _ study: Study, _ cells: [Study.Cell], _ registry: Registry = Registry(), in directory: RunDirectory,
    threads: Int, kept: StudyResults? = nil
  ) throws {
    (self.study, self.cells, self.registry) = (study, cells, registry)
    self.kept = kept ?? StudyResults(study, [])
    (self.directory, self.threads) = (directory, threads)
    for cell in cells {
      let begun = place(of: cell)
      guard FileManager.default.fileExists(atPath: begun.scenario.path) else { continue }
      guard try Scenario(contentsOf: begun.scenario, catalogue: registry.catalogue) == cell.scenario else {
        throw RunError(
          "\(begun.url.relativePath): the cell \"\(cell.name)\" was begun with other settings than the study gives it now; give another --out"
        )
      }
    }
  }

  func place(of cell: Study.Cell) -> RunDirectory {
    RunDirectory(directory.url.appending(path: cell.directoryName))
  }

  /// - Throws: ``RunError`` if another version of the program began the cell.
  package func state(of cell: Study.Cell) throws -> State {
    let place = place(of: cell)
    if kept(cell) != nil, !FileManager.default.fileExists(atPath: place.outcomes.path) { return .kept }
    guard place.exists else { return .new }
    // A cell of another version is refused even if it is finished, because others would have other bits.
    let done = try RunCheckpoint.steps(in: place)
    if FileManager.default.fileExists(atPath: place.outcomes.path) { return .finished }
    guard let done, let share = cell.scenario.share(ofColdSteps: done.cold, steps: done.training) else {
      return .begun(left: 1)
    }
    return .begun(left: max(0, 1 - share))
  }

  // MARK: Running

  /// Runs all cells that are not finished, and writes the CSV files of those that are then.
  ///
  /// A cell that fails stops no other; the next run tries it again.
  package func run(
    _ watch: @escaping @Sendable (Progress) -> Void
  ) throws -> (results: StudyResults, failures: [(cell: Study.Cell, error: String)]) {
    try FileManager.default.createDirectory(at: directory.url, withIntermediateDirectories: true)
    let states = try cells.map(state)
    // Seed by seed, so that arms can be compared before all seeds are there.
    func turn(of cell: Study.Cell) -> Int { study.seeds.firstIndex(of: cell.seed) ?? 0 }
    let open = cells.indices.filter { !states[$0].isDone }.sorted {
      (turn(of: cells[$0]), $0) < (turn(of: cells[$1]), $1)
    }
    let progress = Mutex((next: 0, done: cells.count - open.count, failures: [Int: String](), times: times))
    // Which thread takes a cell decides nothing: a cell has one thread, and the results are in the study's order (P1).
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, open.count))) { _ in
      while true {
        let place = progress.withLock { progress in
          defer { progress.next += 1 }
          return progress.next
        }
        guard place < open.count else { return }
        let (index, cell) = (open[place], cells[open[place]])
        progress.withLock { _ in watch(.begins(cell)) }
        let begin = ContinuousClock.now
        let result = Result { try train(cell) }
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        progress.withLock { progress in
          switch result {
          case .success:
            progress.done += 1
            // The time of a cell that went on is no time of a whole cell.
            if states[index] == .new { progress.times[cell.directoryName] = seconds }
            try? directory.write(Self.text(of: progress.times), to: timings)
            // A study that is killed has kept what it finished.
            try? write(finished().results)
            watch(.finished(cell, seconds: seconds, done: progress.done, of: cells.count))
          case .failure(let error):
            progress.failures[index] = "\(error)"
            watch(.failed(cell, "\(error)"))
          }
        }
      }
    }
    let (results, others) = try finished()
    try write(results)
    try directory.write(results.outcomesCSV, to: outcomes)
    let failed = progress.withLock(\.failures).merging(others) { first, _ in first }
    return (results, failed.sorted { $0.key < $1.key }.map { (cells[$0.key], $0.value) })
  }

  /// The results of the cells that are finished, and by their places the cells that find something else than what is kept of them.
  private func finished() throws -> (results: StudyResults, failed: [Int: String]) {
    var failed: [Int: String] = [:]
    var finished: [StudyResults.FinishedCell] = []
    for (index, cell) in cells.enumerated() {
      switch try state(of: cell) {
      case .new, .begun: continue
      case .kept: finished += kept(cell).map { [$0] } ?? []
      case .finished:
        let found = try found(cell)
        if let known = kept(cell), !found.isAsKept(known) {
          failed[index] = "finds something else than the results that are kept of it"
        } else {
          finished.append(found)
        }
      }
    }
    return (StudyResults(study, finished), failed)
  }

  private func write(_ results: StudyResults) throws {
    try results.write(to: files)
    if let keeping { try results.write(to: keeping) }
  }

  /// What is kept of a cell; `nil` if nothing is.
  private func kept(_ cell: Study.Cell) -> StudyResults.FinishedCell? {
    kept.cells.first { $0.cell == cell }
  }

  /// Runs one cell and returns what it finds, whatever is kept of it.
  /// - Throws: ``RunError`` if the directory has the finished cell already, so that nothing would be run.
  package func run(_ cell: Study.Cell) throws -> StudyResults.FinishedCell {
    let place = place(of: cell)
    guard !FileManager.default.fileExists(atPath: place.outcomes.path) else {
      throw RunError("\(place.url.relativePath): has the finished cell already; give another --out")
    }
    try FileManager.default.createDirectory(at: directory.url, withIntermediateDirectories: true)
    try train(cell)
    return try found(cell)
  }

  /// Reads what a finished cell wrote.
  private func found(_ cell: Study.Cell) throws -> StudyResults.FinishedCell {
    let place = place(of: cell)
    let metrics = try MetricsTable(csv: String(contentsOf: place.metrics, encoding: .utf8))
    return .init(cell, rows: try EvaluationRow.rows(of: place.outcomes), cost: try .init(metrics))
  }

  private func train(_ cell: Study.Cell) throws {
    let place = place(of: cell)
    let run =
      place.exists
      ? try TrainingRun(resuming: cell.scenario, registry, in: place, threads: 1)
      : try TrainingRun(
        cell.scenario, registry, in: place, threads: 1, after: try coldStart(for: cell))
    _ = try run.train { _ in }
  }

  /// The policy that the cold start of a finished cell left, if that of `cell` would be the same; `nil` if there is none.
  ///
  /// Which cells are finished depends on the clock, but what their cold starts left does not (P1).
  private func coldStart(for cell: Study.Cell) throws -> RoleWeights? {
    guard cell.scenario.coldStart.steps > 0, cell.scenario.coldStart.policy == nil else { return nil }
    let wanted = cell.scenario.ofColdStart
    for other in cells where other != cell && other.scenario.ofColdStart == wanted {
      let place = place(of: other)
      guard FileManager.default.fileExists(atPath: place.outcomes.path) else { continue }
      return try RoleWeights.readWithoutTokenizer(place.coldPolicy).weights
    }
    return nil
  }

  // MARK: Files

  package var files: StudyResults.Files { .init(in: directory.url) }
  package var outcomes: URL { directory.url.appending(path: "outcomes.csv") }
  /// The wall-clock seconds of the cells that ran without a break. They decide nothing but ``plan()``.
  private var timings: URL { directory.url.appending(path: "timings.csv") }

  /// The seconds of finished cells, by the names of their directories.
  var times: [String: Double] {
    var times: [String: Double] = [:]
    for line in ((try? String(contentsOf: timings, encoding: .utf8)) ?? "").split(separator: "\n") {
      let cells = line.split(separator: ",")
      if cells.count == 2, let seconds = Double(cells[1]) { times[String(cells[0])] = seconds }
    }
    return times
  }

  private static func text(of times: [String: Double]) -> String {
    "cell,seconds\n" + times.sorted { $0.key < $1.key }.map { "\($0.key),\($0.value)\n" }.joined()
  }
}

extension Scenario {
  /// The scenario with nothing but what its cold start depends on.
  var ofColdStart: Scenario {
    var scenario = self
    (scenario.name, scenario.weights, scenario.rollout, scenario.credit) = ("", .init(), .init(), .init())
    (scenario.stages, scenario.exploration, scenario.evaluation) = (.init(), .init(), .init())
    scenario.optimizer = .init()
    scenario.optimizer.clipNorm = optimizer.clipNorm
    // How much an executor may say matters only where it speaks for itself.
    (scenario.checkpoints, scenario.executor) = (.init(), .init())
    if coldStartTrainsAdapters { scenario.weights = weights }
    scenario.weights.base = weights.base
    return scenario
  }
}
