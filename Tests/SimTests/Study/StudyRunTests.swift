import Foundation
import Synchronization
import Testing

@testable import Sim

/// They train whole runs, and are left to the release build.
@Suite("A study's run", .enabled(if: CreditTable.isRelease))
struct StudyRunTests {
  private let directory: StudyTests.Directory

  init() throws { directory = try StudyTests.Directory() }

  private static let grid = """
    { name: "grid", scenario: "base.json5", seeds: [1, 2],
      arms: [{ name: "a, \\"quoted\\"" }, { name: "split", changes: { weights: { kind: "split" } } }],
      compare: [["split", "a, \\"quoted\\""]] }
    """

  private func run(
    _ name: String, _ text: String = grid, threads: Int = 1, registry: Registry = Registry(), kept: URL? = nil
  ) throws -> StudyRun {
    _ = try directory.write(StudyTests.scenario, to: "base.json5")
    let (study, cells) = try Study.read(directory.write(text, to: "study.json5"), registry.catalogue)
    let results = try kept.map { try StudyResults(of: study, cells, reading: .init(in: $0)) }
    return try StudyRun(
      study, cells, registry, in: RunDirectory(directory.url.appending(path: name)), threads: threads,
      kept: results)
  }

  private func files(_ run: StudyRun) throws -> [String] {
    try [run.files.results, run.outcomes, run.files.training, run.files.curves].map {
      try String(contentsOf: $0, encoding: .utf8)
    }
  }

  /// The names of the cells that a run begins.
  private final class Begun: Sendable {
    let names = Mutex<[String]>([])
    var all: [String] { names.withLock(\.self) }
    func watch(_ progress: StudyRun.Progress) {
      if case .begins(let cell) = progress { names.withLock { $0.append(cell.directoryName) } }
    }
  }

  @Test("P1: the files are the same bytes for one and two threads, a line for each task")
  func threads() throws {
    let (one, two) = (try run("one", threads: 1), try run("two", threads: 2))
    let (first, second) = (try one.run { _ in }, try two.run { _ in })
    #expect(first.failures.isEmpty && second.failures.isEmpty)
    let (results, outcomes) = (try files(one)[0], try files(one)[1])
    #expect(try files(two) == files(one))
    // 4 cells, 4 policies, 2 decodings, 8 tasks
    #expect(results.split(separator: "\n").count == 1 + 4 * 8)
    #expect(outcomes.split(separator: "\n").count == 1 + 4 * 8 * 8)
    #expect(results.contains("\ngrid,\"a, \"\"quoted\"\"\",1,cold start,arithmetic,T = 1,"))
    #expect(outcomes.contains("\ngrid,split,2,both trained,arithmetic,greedy,7,"))
    // The outcomes add up to the successes, in every cell.
    for found in first.results.cells {
      let rows = found.rows
      #expect(rows.allSatisfy { $0.outcomes.count(where: \.self) == $0.successes && $0.episodes == 8 })
      let evaluation = try String(contentsOf: one.place(of: found.cell).evaluation, encoding: .utf8)
      #expect(evaluation == EvaluationRow.csv(rows))
    }
    let comparisons = first.results.comparisons
    #expect(comparisons.map(\.kind.decoding) == ["T = 1", "greedy"])
    #expect(comparisons.allSatisfy { $0.seeds == 2 && $0.probability >= 0.5 && $0.corrected <= 1 })
  }

  @Test("P6: a finished cell is not run again, one that is half done goes on, and the files are the same")
  func resumes() throws {
    let whole = try run("whole")
    _ = try whole.run { _ in }
    let killed = try run("killed")
    // As after a kill: the first cell is finished, the second is in the middle of its training, and others are not begun.
    let (first, second) = (killed.cells[0], killed.cells[1])
    _ = try TrainingRun(first.scenario, in: killed.place(of: first), threads: 1).train { _ in }
    let files = FileManager.default
    // A directory where a file is to be written stops the run after its last step, and lets its directory go.
    func stop(_ cell: Study.Cell) throws {
      let run = try TrainingRun(cell.scenario, in: killed.place(of: cell), threads: 1)
      try files.createDirectory(at: killed.place(of: cell).policy, withIntermediateDirectories: true)
      try Data().write(to: killed.place(of: cell).policy.appending(path: "model.safetensors.blocked"))
      try files.createDirectory(
        at: killed.place(of: cell).evaluation.appending(path: "blocked"), withIntermediateDirectories: true)
      #expect(throws: (any Error).self) { try run.train { _ in } }
      #expect(throws: RunError.self, "a run's directory has one process") {
        try TrainingRun(resuming: cell.scenario, in: killed.place(of: cell), threads: 1)
      }
    }
    try stop(second)
    try files.removeItem(at: killed.place(of: second).evaluation)
    try files.removeItem(at: killed.place(of: second).policy)
    #expect(try killed.cells.map(killed.state) == [.finished, .begun(left: 0), .new, .new])

    let begun = Begun()
    let (_, failures) = try killed.run(begun.watch)
    // Seed by seed; the cells are in the order of the arms.
    let order = [2, 1, 3].map { killed.cells[$0].directoryName }
    #expect(failures.isEmpty && begun.all == order)
    #expect(try self.files(killed) == self.files(whole))

    let again = Begun()
    _ = try self.run("killed").run(again.watch)
    #expect(again.all.isEmpty)
    #expect(try self.files(killed) == self.files(whole))
  }

  @Test(
    "results that were kept count as finished, on another machine too, as long as the cell's settings are the same"
  )
  func kept() throws {
    let (whole, place) = (try run("whole"), directory.url.appending(path: "kept"))
    let (found, _) = try whole.run { _ in }
    try found.write(to: .init(in: place))

    let again = try run("again", kept: place)
    #expect(try again.cells.map(again.state) == [.kept, .kept, .kept, .kept])
    #expect(try again.plan().seconds == 0)
    let begun = Begun()
    let (read, failures) = try again.run(begun.watch)
    #expect(begun.all.isEmpty && failures.isEmpty && read.comparisons == found.comparisons)
    #expect(read.cells.map(\.cost) == found.cells.map(\.cost) && !found.cells[0].cost.curve.isEmpty)
    #expect(zip(found.cells, read.cells).allSatisfy { $0.isAsKept($1) })
    var other = read.cells[0]
    other.cost.tokens += 1
    #expect(!found.cells[0].isAsKept(other))
    other = read.cells[0]
    other.cost.curve[0].families[0].success += 0.25
    #expect(!found.cells[0].isAsKept(other))
    other = read.cells[0]
    other.rows.swapAt(0, 1)
    #expect(!found.cells[0].isAsKept(other))
    let (files, others) = (try self.files(whole), try self.files(again))
    #expect([0, 2, 3].allSatisfy { files[$0] == others[$0] })
    #expect(others[1].split(separator: "\n").count == 1, "outcomes of single tasks are not kept")

    // An arm that is changed, and a seed that is new, have no kept results.
    let text = Self.grid.replacing("\"split\" }", with: "\"adapter\" }").replacing("[1, 2]", with: "[1, 3]")
    let changed = try run("changed", text, kept: place)
    #expect(try changed.cells.map(changed.state) == [.kept, .new, .new, .new])
    // Spelling, names and the seed's place do not matter; a setting that says its default is as good as none.
    let same = Self.grid.replacing("\"split\" }", with: "\"split\" }, credit: { estimator: \"grpo\" }")
    #expect(try run("same", same, kept: place).cells.map(\.settings) == whole.cells.map(\.settings))
  }

  @Test(
    "a cell that is kept is not run, even if its directory has the half of it; a finished one has to agree")
  func keptAndRun() throws {
    let text = Self.grid.replacing("[1, 2]", with: "[1]")
    let (whole, place) = (try run("whole", text), directory.url.appending(path: "kept"))
    var (found, _) = try whole.run { _ in }
    try found.write(to: .init(in: place))
    let half = try run("half", text, kept: place)
    let begun = half.place(of: half.cells[0])
    _ = try TrainingRun(half.cells[0].scenario, in: begun, threads: 1)
    #expect(begun.exists && half.cells[0].scenario == whole.cells[0].scenario)
    #expect(try half.cells.map(half.state) == [.kept, .kept])

    // Of the kept cells none leaves a cold start, so that a new one is charged for its own.
    let more = Self.grid.replacing("[1, 2]", with: "[1]").replacing(
      "arms: [", with: "arms: [{ name: 'c', changes: { credit: { costPerCall: 0.2 } } }, ")
    let plan = try run("more", more, kept: place).plan().lines
    #expect(plan.map(\.state) == [.new, .kept, .kept])
    #expect(try plan[0].seconds.get() > 0)

    // Whoever runs a kept cell anew, and finds something else, is told so.
    found = StudyResults(
      found.study,
      found.cells.map {
        var cell = $0
        cell.cost.calls += cell.cell.arm == "split" ? 1 : 0
        return cell
      })
    try found.write(to: .init(in: place))
    let (results, failures) = try run("whole", text, kept: place).run { _ in }
    #expect(failures.map(\.cell.arm) == ["split"] && failures[0].error.contains("something else"))
    #expect(results.cells.map(\.cell.arm) == ["a, \"quoted\""])
    #expect(throws: RunError.self) { try whole.run(whole.cells[0]) }
    let alone = try run("alone", text)
    #expect(try alone.run(alone.cells[0]).isAsKept(results.cells[0]))
  }

  @Test("settings with other meanings have other hashes")
  func settings() throws {
    let (_, cells) = try directory.read(
      "{ scenario: \"base.json5\", seeds: [1], changes: { roles: ['step', 'solve', 'check'] }, arms: ["
        + [
          "", "coldStart: { executor: { shares: { step: 0.6, check: 0.1 } } }",
          "coldStart: { executor: { shares: { solve: 0.4, check: 0.1 } } }",
          "coldStart: { executor: { shares: { step: 0.6, solve: 0.4, check: 0.1 } } }",
          "coldStart: { executor: { shares: { step: 0.6, solve: 0.5 } } }",
          "roles: ['step', 'check', 'solve']",
          "roles: ['solve', 'step']", "evaluation: { ceilingCalls: 1 }", "evaluation: { ceilingCalls: 2 }",
        ].enumerated().map { "{ name: 'arm \($0)', changes: { \($1) } }" }.joined(separator: ", ") + "] }")
    #expect(Set(cells.map(\.settings)).count == cells.count)
  }

  @Test("kept results that are malformed are refused with file and line")
  func malformedResults() throws {
    let (whole, place) = (
      try run("whole", Self.grid.replacing("[1, 2]", with: "[1]")), directory.url.appending(path: "kept")
    )
    let (found, _) = try whole.run { _ in }
    let files = StudyResults.Files(in: place)
    for (file, old, new, what) in [
      (
        files.training, "settings", "hash",
        "training.csv: must be a CSV file with the header study,arm,seed,settings"
      ),
      (files.results, ",8,", ",x,", "results.csv:2: x is no number of 0 or more"),
      (files.results, ",8,", ",0,", "results.csv:2: "),
      (files.results, "greedy,", "greedy", "results.csv:6: 9 cells under 10 columns"),
      (files.curves, "arithmetic,", "arithmetic,7", "curves.csv:2: 7"),
      (files.training, "split,1,", "split,-1,", "training.csv:3: -1 is no seed"),
      (files.training, "\"\"\"", "\"x\"", "training.csv: must be a CSV file"),
    ] {
      try found.write(to: files)
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.contains(old))
      try Data(text.replacing(old, with: new).utf8).write(to: file)
      let error = #expect(throws: RunError.self) { try run("out", kept: place) }
      #expect(error?.description.contains(what) == true, "\(error?.description ?? "none")")
    }
    // A line that is lacking, a line that is there twice, and a file that is missing.
    try found.write(to: files)
    let results = try String(contentsOf: files.results, encoding: .utf8)
    func refusal(_ text: String) throws -> String {
      try Data(text.utf8).write(to: files.results)
      return try #require(#expect(throws: RunError.self) { try run("out", kept: place) }).description
    }
    var lines = results.split(separator: "\n", omittingEmptySubsequences: false)
    lines.remove(at: 2)
    #expect(
      try refusal(lines.joined(separator: "\n")).contains("results.csv: has 7 of the 8 lines of the cell"))
    lines[2] = lines[1]
    #expect(
      try refusal(lines.joined(separator: "\n")).contains("results.csv:3: another line has the same policy"))
    try FileManager.default.removeItem(at: files.results)
    let missing = #expect(throws: RunError.self) { try run("out", kept: place) }
    #expect(missing?.description.contains("results.csv: cannot be read") == true)
    try found.write(to: files)
    let training = try String(contentsOf: files.training, encoding: .utf8)
    let last = try #require(training.split(separator: "\n").last)
    try Data("\(training)\(last)\n".utf8).write(to: files.training)
    let twice = #expect(throws: RunError.self) { try run("out", kept: place) }
    #expect(
      twice?.description.hasSuffix("training.csv:4: another line has the cell \"split, seed 1\"") == true)
  }

  @Test("another study in the directory of finished cells is refused by the name of the cell")
  func changed() throws {
    let text = Self.grid.replacing("seeds: [1, 2]", with: "seeds: [1]")
    _ = try run("out", text).run { _ in }
    let changed = text.replacing("\"split\" }", with: "\"adapter\" }")
    let thrown = #expect(throws: RunError.self) { try run("out", changed) }
    let error = try #require(thrown)
    #expect(
      error.description.hasSuffix(
        "split-seed-1: the cell \"split, seed 1\" was begun with other settings than the study gives it now; give another --out"
      ))
    // More seeds change no cell.
    let begun = Begun()
    _ = try run("out").run(begun.watch)
    #expect(begun.all == ["a---quoted--seed-2", "split-seed-2"])
    // A finished cell of an older version has other bits than the cells that would follow.
    let old = try run("out")
    let checkpoints = old.place(of: old.cells[3]).checkpoints
    let name = try #require(RunCheckpoint.names(checkpoints).max())
    let state = checkpoints.appending(path: "\(name)/state.json")
    let counters = try String(contentsOf: state, encoding: .utf8)
    try Data(counters.replacing("\"format\" : 2,", with: "").utf8).write(to: state)
    let older = #expect(throws: RunError.self) { try old.run { _ in } }
    #expect(try #require(older).description.contains("split-seed-2: was begun by an older version"))
  }

  @Test("an arm that fails stops no other, is told, and is tried again")
  func failing() throws {
    let isFailing = Mutex(true)
    var registry = Registry()
    try registry.registerEstimator("fails") { _ in
      struct NotYet: Error {}
      if isFailing.withLock(\.self) { throw NotYet() }
      return GRPO()
    }
    let text = """
      { name: "grid", scenario: "base.json5", seeds: [1, 2],
        arms: [{ name: "fails", changes: { credit: { estimator: "fails" } } }, { name: "works" }],
        compare: [["fails", "works"]] }
      """
    let study = try run("out", text, registry: registry)
    let (results, failures) = try study.run { _ in }
    #expect(failures.map(\.cell.name) == ["fails, seed 1", "fails, seed 2"])
    #expect(failures.allSatisfy { $0.error.contains("estimator \"fails\" threw NotYet") })
    #expect(results.cells.map(\.cell.name) == ["works, seed 1", "works, seed 2"])
    #expect(results.comparisons.isEmpty)
    isFailing.withLock { $0 = false }
    let begun = Begun()
    let (all, none) = try run("out", text, registry: registry).run(begun.watch)
    #expect(none.isEmpty && begun.all == ["fails-seed-1", "fails-seed-2"])
    #expect(all.cells.count == 4 && all.comparisons.count == 2)
  }

  @Test(
    "the plan predicts every open cell by measuring, and a finished cell's time is used for those like it")
  func plans() throws {
    let study = try run("out", threads: 2)
    let plan = try study.plan()
    #expect(!study.directory.exists, "a plan writes nothing")
    #expect(plan.lines.map(\.state) == [.new, .new, .new, .new])
    let seconds = try plan.lines.map { try $0.seconds.get() }
    #expect(seconds.allSatisfy { $0 > 0 } && plan.seconds > seconds[0] && plan.seconds < seconds.reduce(0, +))
    // Two arms with the same sizes and the same cold start, which only the first one has to make.
    let same = Self.grid.replacing("weights: { kind: \"split\" }", with: "credit: { costPerCall: 0.1 }")
    let shared = try run("shared", same, threads: 2).plan().lines.map { try $0.seconds.get() }
    #expect(shared[0] == shared[1] && shared[2] == shared[3] && shared[0] > shared[2] && shared[2] > 0)
    _ = try study.run { _ in }
    let finished = try run("out").plan()
    #expect(finished.lines.allSatisfy { $0.state == .finished } && finished.seconds == 0)
    let times = study.times
    #expect(times.count == 4)
    let more = try run("out", Self.grid.replacing("[1, 2]", with: "[1, 2, 3]")).plan()
    let expected = (["a---quoted--seed-1", "a---quoted--seed-2"].map { times[$0] ?? 0 }.reduce(0, +)) / 2
    #expect(try more.lines[2].seconds.get() == expected)
  }
}
