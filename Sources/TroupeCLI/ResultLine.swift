import Messaging
import Sim

/// A line that says, as JSON, what a verb found. `docs/json.md` is its description.
struct ResultLine {
  private static let schema = "troupe.result"
  private static let version = 1
  private var value: JSONValue

  /// Makes the line of a verb's result.
  init(_ type: String, _ members: KeyValuePairs<String, JSONValue>) {
    value = ["type": .text(type), "schema": .text(Self.schema), "version": .integer(Self.version)]
    for (name, member) in members { value.append(name, member) }
  }

  func print() { Console.print("\(value)") }
}

extension EvaluationRow {
  /// The row as JSON; `calls` and `tokens` are what the executors used, as means over episodes.
  var json: JSONValue {
    func mean(_ sum: Int) -> JSONValue { .number(Double(sum) / Double(episodes)) }
    return [
      "policy": .text(policy), "family": .text(family), "decoding": .text(decoding),
      "successes": .integer(successes), "episodes": .integer(episodes), "rate": .number(rate),
      "low": .number(interval.lowerBound), "high": .number(interval.upperBound),
      "calls": mean(calls), "tokens": mean(tokens),
    ]
  }
}

extension DesignCount {
  var json: JSONValue {
    [
      "policy": .text(policy), "family": .text(family), "decoding": .text(decoding), "level": .integer(level),
      "script": script.isEmpty ? .null : .text(script), "tasks": .integer(tasks),
      "successes": .integer(successes),
    ]
  }
}

extension PairedStatistics.Estimate {
  /// The members of an estimate: a mean and its 95 % interval.
  var json: JSONValue {
    [
      "mean": .number(mean), "low": .optional(interval?.lowerBound), "high": .optional(interval?.upperBound),
    ]
  }
}

extension StudyResults {
  /// All figures of the study, and what it expects and did not find.
  var json: KeyValuePairs<String, JSONValue> {
    let arms = study.arms.map(\.name)
    let success = arms.flatMap { arm in
      kinds.compactMap { kind -> JSONValue? in
        guard let found = self.success(arm, kind) else { return nil }
        return [
          "arm": .text(arm), "policy": .text(kind.policy), "family": .text(kind.family),
          "decoding": .text(kind.decoding), "seeds": .integer(found.seeds), "rate": found.estimate.json,
        ]
      }
    }
    let costs = arms.compactMap { arm -> JSONValue? in
      guard let steps = cost(arm, \.steps) else { return nil }
      return [
        "arm": .text(arm), "steps": .number(steps), "executions": .optional(cost(arm, \.executions)),
        "calls": .optional(cost(arm, \.calls)), "tokens": .optional(cost(arm, \.tokens)),
        "fork_tokens": .optional(cost(arm, \.forkTokens)),
      ]
    }
    let differences = comparisons.map { found -> JSONValue in
      [
        "first": .text(found.first), "second": .text(found.second), "family": .text(found.kind.family),
        "decoding": .text(found.kind.decoding), "seeds": .integer(found.seeds),
        "difference": found.difference.json, "p": .number(found.probability),
        "p_holm": .number(found.corrected),
      ]
    }
    return [
      "study": .text(study.name), "cells": .integer(cells.count), "success": .array(success),
      "training": .array(costs), "differences": .array(differences), "unmet": .array(unmet.map { .text($0) }),
    ]
  }
}
