import Foundation
import Messaging
import Sim

extension Verb {
  private static let sample = Option("--sample", "N", "how many calls to ask again (default: 100)")
  private static let policy = Option(
    "--policy", "openai:URL", "another server to ask (default: those that the log's scenario names)")
  private static let drawn = Option("--seed", "N", "the seed that draws the calls (default: 0)")

  /// The verb that measures how often a server answers a recorded question otherwise.
  static let audit = Verb(
    name: "audit", operands: ["LOG"], summary: "asks servers again what a log says that they answered",
    options: [sample, policy, drawn, .json]
  ) { arguments in
    let path = arguments.positional[0]
    var log = try EpisodeLog(URL(filePath: path))
    let setup = try arguments.setup(of: log, path)
    var audit = ServerAudit(setup)
    while let (record, history) = try log.next() { try audit.add(record, history) }
    guard !audit.calls.isEmpty else {
      throw UsageError("\(path): no answer in it came from a server, so there is nothing to ask again")
    }
    let policy = try auditor(arguments, setup)
    let count = try arguments.integer(sample, in: 1...1_000_000) ?? 100
    let findings = try audit.run(
      count: count, seed: UInt64(try arguments.integer(drawn, in: 0...Int.max) ?? 0),
      servers: policy.servers())
    let differing = findings.filter { $0.firstDifference != nil }
    let gap = findings.compactMap(\.gap).max()
    let others = findings.compactMap(\.otherModel)
    if arguments.has(.json) {
      ResultLine(
        "audit",
        [
          "calls": .integer(audit.calls.count), "asked": .integer(findings.count),
          "differ": .array(differing.map(\.json)), "gap": .optional(gap.map(Double.init)),
          "otherModels": .integer(others.count),
        ]
      ).print()
      return differing.isEmpty ? 0 : 1
    }
    Console.print(
      "\(findings.count) of \(audit.calls.count) answers asked again: \(differing.count) differ")
    if let gap { Console.print("greatest difference of a log-probability before that: \(gap) nats") }
    if let other = others.first {
      Console.print("\(others.count) were answered under another name, such as \(other.plain)")
    }
    for (unit, places) in [
      ("token", differing.filter(\.isByTokens)), ("character", differing.filter { !$0.isByTokens }),
    ] where !places.isEmpty {
      let sorted = places.compactMap(\.firstDifference).sorted()
      Console.print(
        "first \(unit) that differs: \(sorted[0]) at the earliest, \(sorted[sorted.count / 2]) in the median, \(sorted[sorted.count - 1]) at the latest"
      )
    }
    for finding in differing.prefix(10) {
      Console.print(
        "  \(finding.episode), event \(finding.event): from \(finding.isByTokens ? "token" : "character") \(finding.firstDifference ?? 0)"
      )
    }
    return differing.isEmpty ? 0 : 1
  }

  private static func auditor(_ arguments: Arguments, _ setup: EpisodeSetup) throws -> PolicySource {
    let named = arguments.string(policy)
    if let named, !named.hasPrefix("openai:") {
      throw UsageError("--policy: '\(named)' is no server, such as openai:http://127.0.0.1:8080/v1")
    }
    let source = try PolicySource(named: named, setup.scenario, arguments.registry)
    guard source.remote != nil else {
      throw UsageError("audit: the log's scenario names no server; give --policy openai:URL")
    }
    return source
  }
}

extension ServerAudit.Finding {
  fileprivate var json: JSONValue {
    [
      "episode": .text(episode), "event": .integer(event),
      "from": firstDifference.map { .integer($0) } ?? .null,
      "unit": .text(isByTokens ? "token" : "character"), "gap": .optional(gap.map(Double.init)),
    ]
  }
}
