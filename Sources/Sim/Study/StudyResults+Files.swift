import Actors
import Foundation
import Policy

// The files that say what a study found. Those with a line for each cell can be read again.
extension StudyResults {
  private static let resultsHeader = "study,arm,seed,policy,family,decoding,successes,episodes,calls,tokens"
  private static let trainingHeader = "study,arm,seed,settings,steps,executions,calls,tokens,fork_tokens"
  private static let curvesHeader = "study,arm,seed,steps,tokens,family,held_out"
  private static let outcomesHeader = "study,arm,seed,policy,family,decoding,task,success"

  /// A line for each cell, policy, family and decoding. `calls` and `tokens` are those of the executors in all episodes.
  var resultsCSV: String {
    csv(Self.resultsHeader) { finished in
      finished.rows.map { row in
        [row.policy, row.family, row.decoding]
          + [row.successes, row.episodes, row.calls, row.tokens].map(\.description)
      }
    }
  }

  /// A line for each cell: what its training used, and a hash of its settings.
  var trainingCSV: String {
    csv(Self.trainingHeader) { finished in
      let cost = finished.cost
      let numbers = [cost.steps, cost.executions, cost.calls, cost.tokens, cost.forkTokens]
      return [[finished.cell.settings] + numbers.map(\.description)]
    }
  }

  /// A line for each cell, family and step after which the held-out tasks were played.
  var curvesCSV: String {
    csv(Self.curvesHeader) { finished in
      finished.cost.curve.flatMap { point in
        point.families.map { ["\(point.steps)", "\(point.tokens)", $0.name, "\($0.success)"] }
      }
    }
  }

  /// A line for each task that a policy played. `task` is the number of the task among its family's held-out ones; it
  /// names the same task in all cells of arms with the same families.
  package var outcomesCSV: String {
    csv(Self.outcomesHeader) { finished in
      finished.rows.flatMap { row in
        row.outcomes.enumerated().map { task, isSolved in
          [row.policy, row.family, row.decoding, "\(task)", isSolved ? "1" : "0"]
        }
      }
    }
  }

  private func csv(_ header: String, _ lines: (FinishedCell) -> [[String]]) -> String {
    var text = header + "\n"
    for finished in cells {
      let names = [study.name, finished.cell.arm, "\(finished.cell.seed)"]
      for line in lines(finished) { text += CSV.line(names + line) }
    }
    return text
  }

  /// The places of the files that have a line for each cell.
  package struct Files: Sendable, Hashable {
    package let directory: URL

    package init(in directory: URL) { self.directory = directory }

    package var results: URL { directory.appending(path: "results.csv") }
    package var training: URL { directory.appending(path: "training.csv") }
    package var curves: URL { directory.appending(path: "curves.csv") }
  }

  /// Writes the files with a line for each cell; the one that says which cells there are comes last.
  /// - Throws: An error of the file system.
  package func write(to files: Files) throws {
    let directory = RunDirectory(files.directory)
    try FileManager.default.createDirectory(at: files.directory, withIntermediateDirectories: true)
    try directory.write(resultsCSV, to: files.results)
    try directory.write(curvesCSV, to: files.curves)
    try directory.write(trainingCSV, to: files.training)
  }

  // MARK: Reading

  /// Reads the results of those `cells` that the files have with the same settings, in the order of `cells`.
  ///
  /// The outcomes of single tasks are not in these files.
  /// - Returns: The results; without cells if there are no files.
  /// - Throws: ``RunError`` with file and line if a file is malformed, if one of several is missing, or if a cell has a line twice
  ///   or lacks one.
  /// - Complexity: O(length of the files + cells).
  package init(of study: Study, _ cells: [Study.Cell], reading files: Files) throws(RunError) {
    let all = [files.results, files.training, files.curves]
    guard all.contains(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
      self.init(study, [])
      return
    }
    let named = Dictionary(uniqueKeysWithValues: cells.map { (CellName($0), $0) })
    var found: [CellName: FinishedCell] = [:]
    for line in try Self.lines(of: files.training, Self.trainingHeader) {
      let name = try line.cellName()
      guard let cell = named[name], line[3] == cell.settings else { continue }
      var cost = TrainingCost()
      (cost.steps, cost.executions, cost.calls) = (try line.number(4), try line.number(5), try line.number(6))
      (cost.tokens, cost.forkTokens) = (try line.number(7), try line.number(8))
      guard found.updateValue(FinishedCell(cell, rows: [], cost: cost), forKey: name) == nil else {
        throw line.failure("another line has the cell \"\(cell.name)\"")
      }
    }
    for line in try Self.lines(of: files.results, Self.resultsHeader) {
      let (successes, episodes) = (try line.number(6), try line.number(7))
      guard episodes > 0, successes <= episodes else { throw line.failure("\(successes) of \(episodes)") }
      let row = EvaluationRow(
        policy: line[3], family: line[4], decoding: line[5], successes: successes, episodes: episodes,
        calls: try line.number(8), tokens: try line.number(9))
      let name = try line.cellName()
      guard found[name]?.rows.contains(where: { $0.hasKind(of: row) }) != true else {
        throw line.failure("another line has the same policy, family and decoding")
      }
      found[name]?.rows.append(row)
    }
    for line in try Self.lines(of: files.curves, Self.curvesHeader) {
      guard let success = Double(line[6]), (0...1).contains(success) else {
        throw line.failure("\(line[6]) is no success from 0 to 1")
      }
      let (steps, tokens) = (try line.number(3), try line.number(4))
      found[try line.cellName()]?.cost.add(
        .init(name: line[5], success: success), steps: steps, tokens: tokens)
    }
    let kept = cells.compactMap { found[CellName($0)] }
    for found in kept where found.rows.count != found.cell.evaluations {
      throw RunError(
        "\(files.results.relativePath): has \(found.rows.count) of the \(found.cell.evaluations) lines of the cell \"\(found.cell.name)\""
      )
    }
    self.init(study, kept)
  }

  private struct CellName: Hashable {
    var arm: String
    var seed: String

    init(arm: String, seed: String) { (self.arm, self.seed) = (arm, seed) }
    init(_ cell: Study.Cell) { self.init(arm: cell.arm, seed: "\(cell.seed)") }
  }

  /// A line of one of the files.
  private struct Line {
    let file: URL
    let number: Int
    let cells: [String]

    subscript(index: Int) -> String { cells[index] }

    func cellName() throws(RunError) -> CellName {
      guard UInt64(cells[2]) != nil else { throw failure("\(cells[2]) is no seed") }
      return CellName(arm: cells[1], seed: cells[2])
    }

    func number(_ index: Int) throws(RunError) -> Int {
      guard let number = Int(cells[index]), number >= 0 else {
        throw failure("\(cells[index]) is no number of 0 or more")
      }
      return number
    }

    func failure(_ what: String) -> RunError { RunError("\(file.relativePath):\(number): \(what)") }
  }

  /// Returns the lines of a file after its header.
  private static func lines(of file: URL, _ header: String) throws(RunError) -> [Line] {
    let text: String
    do {
      text = try String(contentsOf: file, encoding: .utf8)
    } catch {
      throw RunError("\(file.relativePath): \(FileFailure(error, .read))")
    }
    guard let rows = CSV.rows(text), rows.first == header.split(separator: ",").map(String.init) else {
      throw RunError("\(file.relativePath): must be a CSV file with the header \(header)")
    }
    return try rows.enumerated().dropFirst().map { (index, cells) throws(RunError) in
      let line = Line(file: file, number: index + 1, cells: cells)
      guard cells.count == rows[0].count else {
        throw line.failure("\(cells.count) cells under \(rows[0].count) columns")
      }
      return line
    }
  }
}

extension StudyResults.FinishedCell {
  /// Whether `kept` says the same, apart from the outcomes of single tasks, which are not kept.
  package func isAsKept(_ kept: Self) -> Bool {
    (cell, cost) == (kept.cell, kept.cost) && rows.map(\.withoutOutcomes) == kept.rows.map(\.withoutOutcomes)
  }
}

extension StudyResults.TrainingCost {
  /// Adds a family's success to the last point of the curve, or to a new one if the steps are others.
  fileprivate mutating func add(_ family: Family, steps: Int, tokens: Int) {
    if curve.last?.steps != steps { curve.append(Point(steps: steps, tokens: tokens, families: [])) }
    curve[curve.count - 1].families.append(family)
  }
}

extension Study.Cell {
  /// The version of what results depend on besides the settings: families, estimators, evaluation, the search for the ceiling, and the
  /// defaults of settings. Whoever changes results increases it, and what was kept before is run again.
  private static let resultsVersion = 1

  /// A hash of the settings that are not the default ones, of the results' version and of the checkpoints' format.
  ///
  /// A new setting leaves it as it is, so that kept results outlive new features. Files and registered parts that the scenario names
  /// are in it by their names alone.
  var settings: String {
    var scenario = scenario
    scenario.name = ""
    let text = scenario.writtenWithoutDefaults.jsonText
    let hash = fingerprint(of: ["\(RunCheckpoint.format)", "\(Self.resultsVersion)", text])
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// How many rows its last evaluations have.
  var evaluations: Int {
    let ceiling = scenario.evaluation.ceilingCalls == nil ? 0 : 2 * TrainingRun.ceilingPolicies.count
    let searches = scenario.evaluation.searchEpisodes == nil ? 0 : 2 * TrainingRun.searchPolicies.count
    return (TrainingRun.lastEvaluations + ceiling + searches) * scenario.tasks.families.count
  }
}
