import Foundation
import Messaging
import Testing

@testable import Sim

@Suite("Exports of logs")
struct LogExportTests {
  /// The formats of episodes.
  private static let formats = ExportFormat.allCases.filter { $0 != .tensorboard }

  private func lines(_ bytes: [UInt8]) -> [[UInt8]] {
    bytes.split(separator: UInt8(ascii: "\n")).map { Array($0) }
  }

  @Test("the same log gives the same bytes (P1), and they hold no control character but the line feed")
  func determinism() throws {
    for url in ExportedLog.kept {
      let kept = try ExportedLog(url)
      for format in Self.formats {
        let first = try kept.exported(to: format, as: "first")
        let second = try kept.exported(to: format, as: "second")
        let count = try kept.episodes().count
        #expect(first == second && first.episodes == count, "\(url.path) \(format)")
        guard format != .eval else { continue }
        // Hostile texts of the log, with directions and bells, are escaped.
        let text = try #require(String(validating: first.bytes, as: UTF8.self))
        #expect(!text.unicodeScalars.contains { $0.isCommand && $0 != "\n" }, "\(url.path) \(format)")
      }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: kept.directory.path).count == 2
          * Self.formats.count)
    }
  }

  @Test("what is there is kept, and an export without episodes leaves nothing")
  func refusals() throws {
    let played = try ExportedLog(ofTraining: { _ in })
    let empty = try ExportedLog(emptyOf: played.setup.scenario)
    for format in Self.formats {
      let bytes = try played.exported(to: format, as: "kept").bytes
      #expect(throws: ExportError.self) { try played.exported(to: format, as: "kept") }
      let kept = played.directory.appending(path: "kept.\(format.rawValue)")
      #expect(Array(try Data(contentsOf: kept)) == bytes)
      for (made, id, reason) in [
        (played, "none", "there is no episode none"), (played, nil, "no episode is as asked for"),
        (empty, nil, "has no episodes"),
      ] as [(ExportedLog, String?, String)] {
        let error = #expect(throws: ExportError.self) {
          try made.exported(to: format, as: "none", episode: id) { _ in false }
        }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
      }
      let designs = #expect(throws: ExportError.self) {
        try played.exported(to: format, as: "none") { $0.kind == .design }
      }
      #expect(designs?.description.contains("--episode") == true)
    }
    #expect(
      Set(try FileManager.default.contentsOfDirectory(atPath: played.directory.path))
        == Set(["episodes.log"] + Self.formats.map { "kept.\($0.rawValue)" }))
    #expect(try played.exported(to: .otlp, as: "one", episode: "step-0/task-0/design-0").episodes == 1)
  }

  @Test("slices are nested or apart, arrows begin and end in slices, and events are in the order of time")
  func chromeTrace() throws {
    for url in ExportedLog.kept {
      let kept = try ExportedLog(url)
      let trace = try JSONObject(try kept.exported(to: .chromeTrace).bytes)
      var threads: [Int: Int] = [:]
      var open: [Int: [Range<Int>]] = [:]
      var arrows: [String: Int] = [:]
      var (moments, processes): ([Int: [Int]], Int) = ([:], 0)
      for entry in trace.objects("traceEvents") {
        let (process, thread) = (entry.integer("pid"), entry.integer("tid"))
        if entry.text("ph") == "M" {
          if entry.text("name") == "process_name" { processes += 1 }
          guard entry.text("name") == "thread_name" else { continue }
          #expect(threads.updateValue(process, forKey: thread) == nil, "a thread has one name")
          continue
        }
        #expect(threads[thread] == process)
        let now = Int((entry.number("ts") * 1000).rounded())
        switch entry.text("ph") {
        case "X":
          let range = now..<(now + Int((entry.number("dur") * 1000).rounded()))
          while let last = open[thread]?.last, last.upperBound <= now { open[thread]?.removeLast() }
          if let around = open[thread]?.last {
            #expect(around.contains(now) && range.upperBound <= around.upperBound)
          }
          open[thread, default: []].append(range)
          if entry.text("cat") == "event" { moments[process, default: []].append(now) }
        case "s":
          #expect(arrows.updateValue(now, forKey: "\(entry.integer("id"))") == nil)
          #expect(open[thread]?.contains { $0.contains(now) } == true)
        case "f":
          let start = arrows.removeValue(forKey: "\(entry.integer("id"))")
          #expect(start.map { $0 <= now } == true && entry.text("bp") == "e")
          #expect(open[thread]?.contains { $0.contains(now) } == true)
        default: Issue.record("\(entry.members)")
        }
      }
      let episodes = try kept.episodes()
      #expect(arrows.isEmpty && processes == episodes.count)
      for (place, episode) in episodes.enumerated() {
        let moments = moments[place + 1] ?? []
        #expect(
          moments.count == episode.history.eventCount
            && zip(moments, moments.dropFirst()).allSatisfy { $0 < $1 })
      }
    }
  }

  @Test(
    "ids of spans are all different, parents and links are there, and times are not before their parents'")
  func otlp() throws {
    var spanIDs: Set<String> = []
    for url in ExportedLog.kept {
      let kept = try ExportedLog(url)
      let exported = try kept.exported(to: .otlp)
      let traces = try lines(exported.bytes).map { line in
        try JSONObject(line).objects("resourceSpans").flatMap { $0.objects("scopeSpans") }.flatMap {
          $0.objects("spans")
        }
      }
      #expect(traces.count == exported.episodes)
      #expect(Set(traces.compactMap { $0.first?.text("traceId") }).count == traces.count)
      for spans in traces {
        let starts = Dictionary(
          uniqueKeysWithValues: spans.map { ($0.text("spanId"), Int($0.text("startTimeUnixNano")) ?? 0) })
        for (place, span) in spans.enumerated() {
          let (start, end) = (
            Int(span.text("startTimeUnixNano")) ?? 0, Int(span.text("endTimeUnixNano")) ?? 0
          )
          #expect(spanIDs.insert(span.text("spanId")).inserted && span.text("spanId").utf8.count == 16)
          #expect(span.text("traceId") == spans[0].text("traceId") && span.text("traceId").utf8.count == 32)
          #expect(start <= end && start >= ExportTime.epoch * 1_000_000_000)
          #expect(
            place == 0
              ? span["parentSpanId"] == nil : starts[span.text("parentSpanId")].map { $0 <= start } == true)
          let keys = span.objects("attributes").map { $0.text("key") }
          #expect(Set(keys).count == keys.count && keys.contains("gen_ai.operation.name"))
        }
      }
    }
  }

  @Test("a sample has the episode's line of JSON, its rewards, its credit, and what the grammar allowed")
  func eval() throws {
    let played = try ExportedLog(ofTraining: { $0.credit.formatPenalty = 0.25 })
    let exported = try played.exported(to: .eval)
    let archive = try ZipMembers(exported.bytes)
    #expect(archive.checksums == archive.contents.map { CRC32.checksum(of: $0) })
    #expect(archive.names.first == "_journal/start.json" && archive.names.last == "header.json")
    let header = try JSONObject(try #require(archive["header.json"]))
    #expect(header.object("results").integer("total_samples") == exported.episodes && exported.episodes == 12)
    let summaries = try JSONSerialization.jsonObject(with: Data(try #require(archive["summaries.json"])))
    let episodes = try played.episodes()
    #expect((summaries as? [[String: Any]])?.compactMap { $0["id"] as? String } == episodes.map(\.id))
    var bound = 0
    for episode in episodes {
      let sample = try JSONObject(try #require(archive["samples/\(episode.id)_epoch_1.json"]))
      let scores = sample.object("scores")
      #expect(scores.object("verifier").text("value") == (episode.isSolved == true ? "C" : "I"))
      let reward = try #require(episode.reward)
      #expect(scores.object("reward").number("value") == reward.executors)
      #expect(scores.object("designer_reward").number("value") == reward.designer)
      for part in reward.parts {
        #expect(scores.object("reward").object("metadata").number(part.name) == part.executors)
      }
      let metadata = sample.object("metadata")
      #expect(metadata.text("id") == episode.id && metadata.object("credit")["executors"] is NSNumber)
      var spans: [String] = []
      var last = -Double.infinity
      for event in sample.objects("events") {
        let (kind, start) = (event.text("event"), event.number("working_start"))
        if kind == "span_begin" { spans.append(event.text("id")) }
        #expect(event["span_id"] == nil || spans.contains(event.text("span_id")))
        if kind == "span_end" { spans.removeAll { $0 == event.text("id") } }
        if kind == "info" { (last, _) = (start, #expect(start >= last)) }
        guard kind == "model", let allowed = event.object("metadata")["allowed"] as? [Int] else { continue }
        bound += 1
        let tokens = event.object("output").objects("choices")[0].object("logprobs").objects("content")
        let alternatives = event.object("metadata")["alternatives"] as? [[String]] ?? []
        #expect(tokens.count == allowed.count && alternatives.map(\.count) == allowed)
        for (token, texts) in zip(tokens, alternatives) { #expect(texts.contains(token.text("token"))) }
      }
      #expect(spans.isEmpty)
    }
    // A designer wrote each, and writes under a grammar.
    #expect(bound == episodes.count)
  }

  @Test("credit in an export is that of the training step, for one episode as for all")
  func credit() throws {
    let played = try ExportedLog(ofTraining: { _ in })
    let all = lines(try played.exported(to: .otlp).bytes)
    for (place, episode) in try played.episodes().enumerated() where place % 5 == 0 {
      let one = try played.exported(to: .otlp, as: "one-\(place)", episode: episode.id).bytes
      #expect(lines(one) == [all[place]], "\(episode.id)")
    }
  }
}
