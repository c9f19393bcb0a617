import Foundation
import Messaging

/// A writer of an `.eval` file of inspect_ai, in which each episode is a sample.
///
/// An `.eval` file is a ZIP archive of JSON members (`inspect_ai/log/_recorders/eval.py`). They are written in this order:
///
/// ```
/// _journal/start.json        {"version": 2, "eval": EvalSpec, "plan": EvalPlan}
/// samples/ID_epoch_1.json    EvalSample, one an episode; an id may contain "/"
/// summaries.json             [EvalSampleSummary...]: what lists of samples show
/// header.json                EvalLog without its samples
/// ```
///
/// Memory grows with the longest episode, and by about 300 bytes for each sample, for the directory at the end of the archive.
/// The summaries wait in a file beside the archive, which is removed at the end.
struct InspectEval: EpisodeExporter {
  private let file: DraftFile
  private let source: ExportSource
  private var archive: ZipArchive
  private let summaries: DraftFile
  private var checksum = CRC32()
  private var results = InspectResults()

  static let model = "troupe/policy"
  private static let plan: JSONValue = [
    "name": "troupe", "steps": [["solver": "troupe", "params": [:]]], "config": [:],
  ]

  init(_ file: DraftFile, _ source: ExportSource, summaries: URL) throws {
    self.file = file
    self.source = source
    archive = ZipArchive(file)
    self.summaries = try DraftFile(summaries)
    let start: JSONValue = ["version": 2, "eval": Self.spec(source, samples: 0), "plan": Self.plan]
    try archive.add("_journal/start.json", Array("\(start)".utf8))
  }

  mutating func add(_ episode: ExportedEpisode) throws {
    let sample = InspectSample(episode)
    try archive.add("samples/\(episode.id)_epoch_1.json", Array("\(sample.json)".utf8))
    try summarize("\(results.count == 0 ? "[" : ",\n")\(sample.summary)")
    results.add(sample)
  }

  mutating func finish() throws {
    try summarize(results.count == 0 ? "[]" : "]")
    try archive.add("summaries.json", count: summaries.length, checksum: checksum.value) { file in
      try summaries.forEachPiece { try file.append($0) }
    }
    let start = ExportTime.date(.zero)
    let header: JSONValue = [
      "version": 2, "status": "success", "eval": Self.spec(source, samples: results.count), "plan": Self.plan,
      "results": results.json,
      "stats": [
        "started_at": .text(start), "completed_at": .text(ExportTime.date(results.time)),
        "model_usage": [Self.model: results.usage.json],
      ],
    ]
    try archive.add("header.json", Array("\(header)".utf8))
    try archive.finish()
    try file.commit()
  }

  private mutating func summarize(_ text: String) throws {
    checksum.update(text.utf8)
    try summaries.append(text)
  }

  private static func spec(_ source: ExportSource, samples: Int) -> JSONValue {
    let header = source.header
    // Who opens two logs at once tells them apart by these.
    func id(_ what: String) -> JSONValue { .text(source.id([what], digits: 22)) }
    let name = source.scenarioName.isEmpty ? "troupe" : source.scenarioName
    return [
      "eval_id": id("eval"), "run_id": id("run"), "task_id": id("task"),
      "created": .text(ExportTime.date(.zero)), "task": .text(name),
      "dataset": ["name": .text(source.file), "samples": .integer(samples), "shuffled": false],
      "model": .text(model), "config": ["epochs": 1],
      "packages": ["troupe": .text(source.programVersion)],
      "metadata": [
        "program": .text(header.program), "seed": .digits(header.seed),
        "weights": .text(header.weightsDigest),
        "conditions": .object(
          header.conditions.map { JSONValue.Member($0.name, .text($0.value)) }),
        "scenario": .text(source.scenario), "clock": "virtual",
      ],
    ]
  }
}

/// How many tokens of questions and answers there were.
struct InspectUsage: Sendable, Hashable {
  var asked = 0
  var said = 0

  var json: JSONValue {
    [
      "input_tokens": .integer(asked), "output_tokens": .integer(said),
      "total_tokens": .integer(asked + said),
    ]
  }
}

/// What all samples together came to.
private struct InspectResults {
  private(set) var count = 0
  private(set) var usage = InspectUsage()
  /// The longest virtual time.
  private(set) var time = Duration.zero
  /// The sums of scores, in the order in which they first came.
  private var sums: [(name: String, metric: String, sum: Double, count: Int)] = []

  mutating func add(_ sample: InspectSample) {
    count += 1
    usage.asked += sample.usage.asked
    usage.said += sample.usage.said
    time = max(time, sample.time)
    for score in sample.scores where score.number.isFinite {
      let metric = score.isVerdict ? "accuracy" : "mean"
      if let index = sums.firstIndex(where: { $0.name == score.name }) {
        sums[index].sum += score.number
        sums[index].count += 1
      } else {
        sums.append((score.name, metric, score.number, 1))
      }
    }
  }

  var json: JSONValue {
    let scores = sums.map { row -> JSONValue in
      let mean: JSONValue = [
        "name": .text(row.metric), "value": .number(row.sum / Double(row.count)), "params": [:],
      ]
      return [
        "name": .text(row.name), "scorer": .text(row.name), "scored_samples": .integer(row.count),
        "metrics": .object([.init(row.metric, mean)]),
      ]
    }
    return [
      "total_samples": .integer(count), "completed_samples": .integer(count), "scores": .array(scores),
    ]
  }
}
