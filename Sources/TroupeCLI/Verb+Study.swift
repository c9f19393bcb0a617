import Foundation
import Messaging
import Sim

extension Verb {
  private static let plan = Option(
    "--plan", nil, "say what would be run and how long it takes, and run nothing")
  private static let overBudget = Option("--over-budget", nil, "run even beyond the file's budgetMinutes")
  private static let keep = Option(
    "--keep", nil, "keep the results beside FILE, from where any machine goes on")
  private static let anew = Option("--anew", nil, "run also the cells whose results are kept beside FILE")
  private static let cell = Option(
    "--cell", "NAME", "run only this cell, such as \"ARM, seed 1\", and compare it with what is kept of it")

  /// The verb that trains every arm of a study with every seed, and compares them.
  static let study = Verb(
    name: "study", operands: ["FILE"], summary: "trains a grid of scenarios and seeds, and compares them",
    options: [
      Option(
        "--out", "DIR", "where to write, or the study to go on with (default: a new directory under runs/)"),
      Option("--threads", "N", "cells that run side by side, 1 to 64; the results do not depend on it"),
      plan, overBudget, keep, anew, cell, .json,
    ]
  ) { arguments in
    let file = URL(filePath: arguments.positional[0])
    let (study, cells) = try Study.read(file, arguments.registry.catalogue)
    let out =
      arguments.string("--out").map { RunDirectory(URL(filePath: $0)) }
      ?? .fresh(named: "study-" + file.deletingPathExtension().lastPathComponent)
    let keptFiles = StudyResults.Files(in: file.deletingPathExtension())
    let isAnew = arguments.has(anew)
    let kept = isAnew ? nil : try StudyResults(of: study, cells, reading: keptFiles)
    if let name = arguments.string(cell.name) {
      guard let cell = cells.first(where: { $0.name == name }) else {
        throw UsageError(Spelling.complaint(about: name, as: "cell", known: cells.map(\.name)))
      }
      let others = [plan, overBudget, keep, anew].filter { arguments.has($0) }.map(\.name)
      guard others.isEmpty else {
        throw UsageError(
          "study: --cell runs one cell, and does not go with \(others.joined(separator: ", "))")
      }
      let known = kept?.cells.first { $0.cell == cell }
      return try check(
        StudyRun(study, [cell], arguments.registry, in: out, threads: 1), against: known,
        isJSON: arguments.has(.json))
    }
    var run = try StudyRun(
      study, cells, arguments.registry, in: out, threads: try arguments.threads(), kept: kept)
    if arguments.has(keep) { run.keeping = keptFiles }
    if arguments.has(plan) {
      let plan = try run.plan()
      if arguments.has(.json) {
        ResultLine("plan", plan.json).print()
      } else {
        Console.print(StudyPlanTable(plan, study).text)
      }
      return 0
    }
    if let budget = study.budgetMinutes, !arguments.has(overBudget) {
      let plan = try run.plan()
      guard plan.seconds <= budget * 60 else {
        throw study.budgetFailure(
          "what is left takes about \(plan.seconds.asTime) on \(plan.threads.counted("thread")), more than \((budget * 60).asTime); --over-budget runs it anyway"
        )
      }
    }
    let isQuiet = arguments.has(.quiet)
    if !isQuiet {
      Console.error("\(cells.counted) in \(out.url.relativePath)")
      let count = kept?.cells.count ?? 0
      if count > 0 {
        Console.error(
          "\(count) of them are kept in \(keptFiles.directory.relativePath) and are not run; --anew runs them"
        )
      }
    }
    let (results, failures) = try run.run { progress in
      switch progress {
      case .begins(let cell): if !isQuiet { Console.error("\(cell.name): begins") }
      case .finished(let cell, let seconds, let done, let all):
        if !isQuiet { Console.error("\(cell.name): finished in \(seconds.asTime), \(done) of \(all)") }
      case .failed(let cell, _): if !isQuiet { Console.error("\(cell.name): failed") }
      }
    }
    if arguments.has(.json) {
      ResultLine("study", results.json).print()
    } else {
      Console.print(StudyTable(results).text + "\n")
    }
    for (name, url) in arguments.has(.json)
      ? []
      : [
        ("results", run.files.results), ("training", run.files.training), ("curves", run.files.curves),
        ("outcomes", run.outcomes),
      ]
    {
      Console.print("\(name)\(String(repeating: " ", count: 10 - name.count))\(url.relativePath)")
    }
    let unmet = results.unmet
    for line in unmet { Console.error("troupe: not as expected: \(line)") }
    guard !failures.isEmpty else { return unmet.isEmpty ? 0 : 1 }
    for (cell, error) in failures { Console.error("troupe: \(cell.name): \(error)") }
    Console.error(
      "\(failures.count) of \(cells.counted) failed and \(failures.count == 1 ? "is" : "are") in no figure; the same command with --out \(out.url.relativePath) tries again"
    )
    return 1
  }
}

extension Verb {
  /// Runs the only cell of a run, and says whether it finds what is kept of it.
  private static func check(
    _ run: StudyRun, against kept: StudyResults.FinishedCell?, isJSON: Bool
  ) throws -> Int32 {
    let found = try run.run(run.cells[0])
    let isSame = kept.map { found.isAsKept($0) }
    if isJSON {
      ResultLine(
        "cell",
        [
          "cell": .text(found.cell.name), "evaluations": .array(found.rows.map(\.json)),
          "as_kept": isSame.map { .bool($0) } ?? .null,
        ]
      ).print()
      return isSame == true ? 0 : 1
    }
    Console.print(StudyTable(StudyResults(run.study, [found])).text)
    let verdict =
      switch isSame {
      case true: "the same as what is kept"
      case false: "not what is kept"
      case nil: "nothing is kept of this cell with these settings"
      }
    Console.print("\n\(verdict)")
    return isSame == true ? 0 : 1
  }
}

extension StudyPlan {
  fileprivate var json: KeyValuePairs<String, JSONValue> {
    let cells = lines.map { line -> JSONValue in
      var (seconds, error) = (Double?.none, String?.none)
      switch line.seconds {
      case .success(let found): seconds = found
      case .failure(let found): error = "\(found)"
      }
      return [
        "cell": .text(line.cell.name), "is_done": .bool(line.state.isDone), "seconds": .optional(seconds),
        "error": .optional(error),
      ]
    }
    return ["cells": .array(cells), "seconds": .number(seconds), "threads": .integer(threads)]
  }
}

/// A table of what is left to do, cell by cell.
struct StudyPlanTable {
  let text: String

  init(_ plan: StudyPlan, _ study: Study) {
    let rows = plan.lines.map { line in
      let state =
        switch line.state {
        case .new: "to run"
        case .begun(let left): "begun, \(Int((left * 100).rounded())) % of its steps left"
        case .finished: "finished"
        case .kept: "its results are kept"
        }
      return switch line.seconds {
      case .success(let seconds): [line.cell.name, state, seconds == 0 ? "" : "about \(seconds.asTime)"]
      case .failure(let error): [line.cell.name, state, "cannot be measured: \(error)"]
      }
    }
    let budget = study.budgetMinutes.map { " of the \(($0 * 60).asTime) that the file allows" } ?? ""
    let total =
      "\(plan.lines.map(\.cell).counted): about \(plan.seconds.asTime)\(budget), on \(plan.threads.counted("thread"))"
    let lines = EvaluationTable.aligned([["cell", "state", "time left"]] + rows)
    text = (lines.map { $0.replacing(/\ +$/, with: "") } + [total]).joined(separator: "\n")
  }
}

/// The figures of a study: the success of every arm, and the comparisons that the study asks for.
struct StudyTable {
  let text: String

  init(_ results: StudyResults) {
    let study = results.study
    var columns: [(family: String, decoding: String)] = []
    var policies: [String] = []
    for kind in results.kinds {
      if !columns.contains(where: { $0 == (kind.family, kind.decoding) }) {
        columns.append((kind.family, kind.decoding))
      }
      if !policies.contains(kind.policy) { policies.append(kind.policy) }
    }
    var rows: [[String]] = []
    for arm in study.arms.map(\.name) {
      for policy in policies {
        let cells = columns.map { family, decoding in
          results.success(arm, .init(policy: policy, family: family, decoding: decoding))
        }
        let seeds = cells.compactMap { $0?.seeds }.max() ?? 0
        guard seeds > 0 else { continue }
        let used = [results.used(arm, policy, \.calls), results.used(arm, policy, \.tokens)]
        rows.append(
          [arm, policy, "\(seeds)"] + cells.map { $0.map { Self.percent($0.estimate) } ?? "" }
            + used.map { $0.map { Self.fixed($0, 1) } ?? "" })
      }
    }
    let head =
      ["arm", "policy", "seeds"] + columns.map { "\($0.family), \($0.decoding)" } + ["calls", "tokens"]
    var lines = EvaluationTable.aligned([head] + rows)
    lines.append(
      "held-out success in %: the mean over seeds; in brackets its 95 % interval (Student's, over seeds); calls and"
    )
    lines.append("tokens: what the executors used for a task, as a mean over families and decodings")
    lines += Self.costs(results)
    lines += Self.comparisons(results)
    text = lines.map { $0.replacing(/\ +$/, with: "") }.joined(separator: "\n")
  }

  private static func costs(_ results: StudyResults) -> [String] {
    let rows = results.study.arms.map(\.name).compactMap { arm -> [String]? in
      let values = [\StudyResults.TrainingCost.steps, \.executions, \.calls, \.tokens, \.forkTokens]
      let means = values.compactMap { key in results.cost(arm) { $0[keyPath: key] } }
      guard !means.isEmpty else { return nil }
      let reached = results.reaching(arm).map { found in
        ["\(found.seeds) of \(found.of)"]
          + (found.seeds == 0 ? ["", ""] : [found.steps, found.tokens].map { fixed($0, 0) })
      }
      return [arm] + means.map { fixed($0, 0) } + (reached ?? [])
    }
    guard !rows.isEmpty else { return [] }
    var head = ["reinforcement learning", "steps", "executions", "calls", "tokens", "tokens of forks"]
    var note = "means over seeds"
    if let reach = results.study.reach {
      head += ["seeds at \(fixed(100 * reach, 0)) %", "after steps", "after tokens, with forks"]
      note +=
        "; the last columns: held-out success in the course of training, over those seeds that came to it"
    }
    return [""] + EvaluationTable.aligned([head] + rows) + [note]
  }

  private static func comparisons(_ results: StudyResults) -> [String] {
    let comparisons = results.comparisons
    guard let most = comparisons.map(\.seeds).max() else { return [] }
    let rows = comparisons.map { found in
      [
        "\(found.first) - \(found.second)", found.kind.family, found.kind.decoding, "\(found.seeds)",
        difference(found.difference), fixed(found.probability, 3), fixed(found.corrected, 3),
      ]
    }
    let head = [
      "difference (\(TrainingRun.trained) if no policy is named)", "family", "decoding", "seeds", "points",
      "p", "p (Holm)",
    ]
    var lines = [""] + EvaluationTable.aligned([head] + rows)
    lines.append(
      "points of held-out success, paired by seed over the same tasks, with Student's 95 % interval over seeds; p by"
    )
    lines.append(
      "the exact sign-flip test over seeds, and corrected for all \(comparisons.count) comparisons by Holm's method"
    )
    if most < 6 {
      let least = fixed(2 / Double(1 << most), 3)
      lines.append(
        "with \(most.counted("seed")), no p can be below \(least); for one below 0.05, take at least 6 seeds")
    }
    return lines
  }

  private static func percent(_ estimate: PairedStatistics.Estimate) -> String {
    func percent(_ rate: Double) -> String { fixed(100 * min(1, max(0, rate)), 1) }
    let interval = estimate.interval.map { " [\(percent($0.lowerBound)), \(percent($0.upperBound))]" } ?? ""
    return percent(estimate.mean) + interval
  }

  private static func difference(_ estimate: PairedStatistics.Estimate) -> String {
    func points(_ rate: Double) -> String { (rate < 0 ? "" : "+") + fixed(100 * rate, 1) }
    let interval = estimate.interval.map { " [\(points($0.lowerBound)), \(points($0.upperBound))]" } ?? ""
    return points(estimate.mean) + interval
  }

  /// The number with as many digits after the point as `digits`.
  private static func fixed(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }
}

extension Int {
  /// Such as `1 seed` or `3 seeds`.
  fileprivate func counted(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}

extension [Study.Cell] {
  fileprivate var counted: String { count.counted("cell") }
}

extension Double {
  /// A number of seconds, such as `7 s` or `12 min`.
  fileprivate var asTime: String {
    switch self {
    case ..<99.5: "\(Int(rounded(.up))) s"
    case ..<(99.5 * 60): "\(Int((self / 60).rounded())) min"
    default: "\((self / 360).rounded() / 10) h"
    }
  }
}
