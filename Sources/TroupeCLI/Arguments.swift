import Foundation
import Messaging
import Sim

/// The error for a misuse of the command line or for bad input. It is one line, and the exit code is 2.
package struct UsageError: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// The parsed words after a verb.
public struct Arguments {
  /// The words that are no options.
  public private(set) var positional: [String] = []
  private var values: [String: String] = [:]
  /// The actors, policies and invariants that scenarios may name.
  let registry: Registry

  /// Parses `words` by the options of `verb`. It accepts `--name value` and `--name=value`.
  init(_ words: [String], of verb: Verb, _ registry: Registry) throws {
    self.registry = registry
    var index = 0
    while index < words.count {
      let word = words[index]
      index += 1
      // This is the only option with a short name.
      if word == "-h" {
        values[Verb.Option.help.name] = ""
        continue
      }
      guard word.hasPrefix("--") else {
        positional.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard let option = verb.allOptions.first(where: { $0.name == name }) else {
        let near = Spelling.nearest(to: name, among: verb.allOptions.map(\.name))
        throw UsageError(
          "\(verb.name): unknown option \(name)" + (near.map { "; did you mean \($0)?" } ?? ""))
      }
      if values[name] != nil { throw UsageError("\(verb.name): \(name) is given twice") }
      if let placeholder = option.value {
        if parts.count == 2 {
          values[name] = String(parts[1])
        } else if index < words.count {
          values[name] = words[index]
          index += 1
        } else {
          throw UsageError("\(verb.name): \(name) needs a value: \(name) \(placeholder)")
        }
      } else {
        guard parts.count == 1 else { throw UsageError("\(verb.name): \(name) takes no value") }
        values[name] = ""
      }
    }
    if has(.help) { return }
    let required = verb.operands.count { !$0.hasPrefix("[") }
    // The last operand may stand for any number of words.
    let most = verb.operands.last?.hasSuffix("...]") == true ? Int.max : verb.operands.count
    guard (required...most).contains(positional.count) else {
      throw UsageError(
        positional.count < required
          ? "\(verb.name): \(verb.operands[positional.count]) is missing; usage: \(verb.usage)"
          : "\(verb.name): unexpected '\(positional[verb.operands.count])'; usage: \(verb.usage)")
    }
  }

  /// Whether `option` is given.
  public func has(_ option: Verb.Option) -> Bool { values[option.name] != nil }

  func has(_ name: String) -> Bool { values[name] != nil }

  /// The value of `option`; `nil` if it is not given.
  public func string(_ option: Verb.Option) -> String? { values[option.name] }

  func string(_ name: String) -> String? { values[name] }

  /// The value of `--threads`; without it as many as there are processors, at most 64.
  public func threads() throws -> Int {
    try integer(.threads, in: 1...64) ?? min(64, ProcessInfo.processInfo.activeProcessorCount)
  }

  /// The value of `option`, a whole number in `range`; `nil` if it is not given.
  public func integer(_ option: Verb.Option, in range: ClosedRange<Int>) throws -> Int? {
    try integer(option.name, in: range)
  }

  func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let text = values[name] else { return nil }
    guard let value = Int(text), range.contains(value) else {
      throw UsageError(
        "\(name): '\(text)' is not a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// Returns a number. The caller checks its range.
  package func number(_ option: Verb.Option) throws -> Float? {
    guard let text = values[option.name] else { return nil }
    guard let value = Float(text) else { throw UsageError("\(option.name): '\(text)' is not a number") }
    return value
  }

  /// Reads the scenario in a file, or that of the episodes in a log, and replaces its seed if `--seed` is given.
  public func scenario(_ path: String) throws -> Scenario {
    let url = URL(filePath: path)
    var scenario =
      if let log = try Self.log(in: url) {
        try setup(of: log, path).scenario
      } else {
        try Scenario(contentsOf: url, catalogue: registry.catalogue)
      }
    try registry.checkListeners(of: scenario)
    if let seed = try seed() { scenario.seed = seed }
    switch string("--grammar") {
    case nil: break
    case "on"?: scenario.script.isMasked = true
    case "off"?: scenario.script.isMasked = false
    case let word?: throw UsageError("--grammar is on or off, not \(word)")
    }
    return scenario
  }

  /// Whether a file's name is that of a scenario, so that it is read as one.
  static func isScenario(_ url: URL) -> Bool { ["json5", "json"].contains(url.pathExtension) }

  /// Opens the log in a file; `nil` if the file is something else.
  static func log(in url: URL) throws(EpisodeLogError) -> EpisodeLog? {
    guard !isScenario(url), !RunDirectory(url).isDirectory else { return nil }
    do throws(EpisodeLogError) {
      return try EpisodeLog(url)
    } catch {
      guard error.isLog else { return nil }
      throw error
    }
  }

  /// Returns the set-up of a log's episodes.
  func setup(of log: EpisodeLog, _ path: String) throws -> EpisodeSetup {
    try EpisodeSetup(
      Scenario(json5: log.header.scenario, file: "\(path): its scenario", catalogue: registry.catalogue),
      registry)
  }

  /// The value of `--seed`; `nil` if it is not given.
  public func seed() throws -> UInt64? {
    guard let text = values[Verb.Option.seed.name] else { return nil }
    guard let value = UInt64(text) else { throw UsageError("--seed: '\(text)' is not a whole number from 0") }
    return value
  }
}
