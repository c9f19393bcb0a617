import Foundation
import Testing

@testable import Sim

/// Runs whose checkpoints another version of Troupe wrote.
@Suite("A run of another version")
struct OlderRunTests {
  /// The `state.json` of a run that commit f58887e trained.
  private static let older = """
    {
      "coldSteps" : 110,
      "log" : {
        "chain" : "fd7ce82fd9bad11909923238b9a02c9f11b83108c28dc56d6f2e936917fa6087",
        "length" : 525338,
        "records" : 720
      },
      "metrics" : 2362,
      "optimizerSteps" : [
        110,
        12,
        0
      ],
      "steps" : 20
    }
    """

  /// Returns why a run with this state, and with these files that hold "x", is not resumed. The run is left as it is.
  private func refusal(state: String, files: [String] = []) throws -> String {
    let scenario = HierarchicalRolloutTests.scenario
    let url = FileManager.default.temporaryDirectory.appending(path: "older-\(UUID())")
    defer { try? FileManager.default.removeItem(at: url) }
    let contents =
      ["scenario.json5": scenario.canonicalText, "checkpoints/cold-0000110-step-0000020/state.json": state]
      .merging(files.map { ($0, "x") }) { first, _ in first }
    for (name, text) in contents {
      let file = url.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    let error = #expect(throws: RunError.self) {
      try TrainingRun(resuming: scenario, in: RunDirectory(url), threads: 1)
    }
    let left = try FileManager.default.subpathsOfDirectory(atPath: url.path).filter { $0.contains(".") }
    #expect(left.sorted() == contents.keys.sorted())
    for (name, text) in contents {
      #expect(try Data(contentsOf: url.appending(path: name)) == Data(text.utf8))
    }
    return (error?.description ?? "").replacing(url.relativePath, with: "RUN")
  }

  @Test("P6 is no promise across versions: an older run is refused, with what its files are still good for")
  func older() throws {
    let refused =
      "RUN: was begun by an older version of troupe, whose products had other bits, so it cannot be resumed"
    #expect(try refusal(state: Self.older) == "\(refused); give another --out to begin anew")
    #expect(
      try refusal(
        state: Self.older, files: ["policy/config.json", "cold-start/config.json", "episodes.log"])
        == "\(refused); what it wrote can still be used (--policy RUN/policy, --policy RUN/cold-start, "
        + "troupe replay RUN/episodes.log); give another --out to begin anew")
    #expect(try refusal(state: "{ \"format\": 1 }").hasPrefix(refused))
  }

  @Test("a run of a newer version is refused, and what is no state is called so")
  func newer() throws {
    #expect(
      try refusal(state: "{ \"format\": 3, \"wonders\": [] }")
        == "RUN: was begun by a newer version of troupe, which alone can resume it")
    for state in ["", "{ \"format\": \"two\" }", "{ \"format\": 2 }", "[]"] {
      #expect(
        try refusal(state: state)
          == "RUN/checkpoints/cold-0000110-step-0000020/state.json: is no state of a run")
    }
  }
}
