import Actors
import Messaging

/// A writer of Chrome trace JSON, which Perfetto opens.
///
/// The layout is that of the Chromium project's document "Trace Event Format", and of what Perfetto's importer does with it:
///
/// - An episode is a process (`M`, `process_name`), and an actor a thread of it (`M`, `thread_name`). Perfetto finds the thread
///   of a name by `tid` alone, so no `tid` is in two processes.
/// - A slice (`X`) has `ts` and `dur` in microseconds, with three decimals for nanoseconds. Slices of a thread are nested or
///   apart. Work that would partly overlap other work of its actor has a thread of its own.
/// - An arrow starts (`s`) and ends (`f`, with `bp` `e`) in the slice that is open on its thread at its time.
///
/// Time is virtual. Many events happen at the same virtual time, so each event is drawn one nanosecond after the one before
/// it, if it is not later anyway; `args.time` is its time in seconds. A log does not say when a message was sent: an arrow
/// starts at the last event of its sender before it arrived.
///
/// Memory grows with the longest episode, and not with their number.
struct ChromeTrace: EpisodeExporter {
  private let file: DraftFile
  private var processes = 0
  /// The number of the last thread, over all processes.
  private var threads = 0
  private var separator = "\n"

  init(_ file: DraftFile, _ source: ExportSource) throws {
    self.file = file
    let data: JSONValue = [
      "program": .text(source.header.program), "clock": "virtual", "scenario": .text(source.scenarioName),
      "seed": .digits(source.header.seed), "weights": .text(source.header.weightsDigest),
    ]
    try file.append("{\"displayTimeUnit\": \"ns\", \"otherData\": \(data), \"traceEvents\": [")
  }

  mutating func add(_ episode: ExportedEpisode) throws {
    processes += 1
    var drawing = EpisodeDrawing(process: processes, threads: threads)
    drawing.draw(episode)
    threads = drawing.threads
    for entry in drawing.entries(named: episode.id) {
      try file.append("\(separator)\(entry)")
      separator = ",\n"
    }
  }

  mutating func finish() throws {
    try file.append("\n]}\n")
    try file.commit()
  }
}

/// The tracks, spans and arrows of one episode in a Chrome trace.
private struct EpisodeDrawing {
  private let process: Int
  private(set) var threads: Int
  /// The entries that have a time, with it.
  private var timed: [(start: Int64, entry: JSONValue)] = []
  private var names: [JSONValue] = []
  /// The threads of each actor, and on each the ends of the slices that are open.
  private var lanes: [String: [(thread: Int, ends: [Int64])]] = [:]

  /// The name of the thread on which the whole episode is one slice.
  private static let whole = "episode"

  private struct Slice {
    var start: Int64
    var end: Int64
    var actor: String
    var name: String
    var category: String
    var arguments: JSONValue
    /// The number of the event that it draws; `nil` for others.
    var event: Int?
  }

  init(process: Int, threads: Int) {
    self.process = process
    self.threads = threads
  }

  mutating func draw(_ episode: ExportedEpisode) {
    let moments = Self.moments(episode.events)
    var slices = [
      Slice(
        start: moments.first ?? 0, end: (moments.last ?? 0) + 1, actor: Self.whole,
        name: Self.name(of: episode),
        category: "episode", arguments: episode.episode.json(episode.credit))
    ]
    for work in episode.work {
      // One nanosecond more, so that the first and the last event lie inside.
      slices.append(
        Slice(
          start: moments[work.first], end: moments[work.last] + 1, actor: work.actor,
          name: "\(work.kind.rawValue) \(work.name)", category: work.kind.rawValue,
          arguments: Self.arguments(work, episode)))
    }
    for event in episode.events {
      let moment = moments[event.record.number]
      slices.append(
        Slice(
          start: moment, end: moment + 1, actor: event.record.subject, name: event.title, category: "event",
          arguments: Self.arguments(event), event: event.record.number))
    }
    // Longer ones come first, so that what lies inside them comes after them.
    let order = slices.indices.sorted {
      let (one, other) = (slices[$0], slices[$1])
      return (one.start, other.end, $0) < (other.start, one.end, $1)
    }
    var threadOfEvent: [Int: Int] = [:]
    for index in order {
      let slice = slices[index]
      let thread = thread(of: slice.actor, slice.start, slice.end)
      if let event = slice.event { threadOfEvent[event] = thread }
      timed.append(
        (
          slice.start,
          [
            "ph": "X", "name": .text(slice.name), "cat": .text(slice.category), "pid": .integer(process),
            "tid": .integer(thread), "ts": Self.microseconds(slice.start),
            "dur": Self.microseconds(slice.end - slice.start), "args": slice.arguments,
          ]
        ))
    }
    drawArrows(episode.events, moments, threadOfEvent)
  }

  /// All entries: first the names, then the others in the order of time.
  func entries(named id: String) -> [JSONValue] {
    let name: JSONValue = [
      "ph": "M", "name": "process_name", "pid": .integer(process), "tid": 0, "args": ["name": .text(id)],
    ]
    let order = timed.indices.sorted { (timed[$0].start, $0) < (timed[$1].start, $1) }
    return [name] + names + order.map { timed[$0].entry }
  }

  private mutating func drawArrows(
    _ events: [ExportedEpisode.Event], _ moments: [Int64], _ threadOfEvent: [Int: Int]
  ) {
    var latest: [String: Int] = [:]
    for event in events {
      let record = event.record
      if event.isMessage, let sender = latest[record.peer], let from = threadOfEvent[sender],
        let to = threadOfEvent[record.number]
      {
        for (phase, thread, moment) in [("s", from, moments[sender]), ("f", to, moments[record.number])] {
          var entry: JSONValue = [
            "ph": .text(phase), "name": .text(record.name), "cat": "message",
            "id": .integer(process << 32 | record.number), "pid": .integer(process), "tid": .integer(thread),
            "ts": Self.microseconds(moment),
          ]
          if phase == "f" { entry.append("bp", "e") }
          timed.append((moment, entry))
        }
      }
      latest[record.subject] = record.number
    }
  }

  /// Returns the first thread of an actor on which a slice is nested in, or apart from, those that are open.
  private mutating func thread(of actor: String, _ start: Int64, _ end: Int64) -> Int {
    let count = lanes[actor]?.count ?? 0
    for index in 0..<count {
      while let last = lanes[actor]?[index].ends.last, last <= start {
        lanes[actor]?[index].ends.removeLast()
      }
      guard let lane = lanes[actor]?[index], lane.ends.last.map({ end <= $0 }) ?? true else { continue }
      lanes[actor]?[index].ends.append(end)
      return lane.thread
    }
    threads += 1
    lanes[actor, default: []].append((threads, [end]))
    names.append([
      "ph": "M", "name": "thread_name", "pid": .integer(process), "tid": .integer(threads),
      "args": ["name": .text(count == 0 ? actor : "\(actor) (\(count + 1))")],
    ])
    return threads
  }

  /// The times at which events are drawn, in nanoseconds, each later than the one before.
  private static func moments(_ events: [ExportedEpisode.Event]) -> [Int64] {
    var moments: [Int64] = []
    moments.reserveCapacity(events.count)
    for event in events {
      let moment = ExportTime.nanoseconds(event.record.time)
      moments.append(moments.last.map { max(moment, $0 + 1) } ?? moment)
    }
    return moments
  }

  /// Nanoseconds as microseconds with three decimals, in digits and not as a rounded number.
  private static func microseconds(_ nanoseconds: Int64) -> JSONValue {
    .verbatim("\(nanoseconds / 1000).\(ExportTime.digits(Int(nanoseconds % 1000), 3))")
  }

  // MARK: What is told beside slices

  private static func name(of episode: ExportedEpisode) -> String {
    if episode.failure != nil { return "failed" }
    if let solved = episode.episode.isSolved { return solved ? "solved" : "not solved" }
    return episode.episode.statusName
  }

  private static func arguments(_ work: LoggedWork, _ episode: ExportedEpisode) -> JSONValue {
    let (first, last) = (episode.events[work.first].record, episode.events[work.last].record)
    var arguments: JSONValue = [
      "time": .number(first.time.inSeconds), "seconds": .number((last.time - first.time).inSeconds),
    ]
    if let question = episode.question(work) {
      arguments.append("role", .text(question.call.role))
      arguments.append("prompt", .text(question.prompt))
      if let record = episode.record(question.call) {
        arguments.append("on_path", .bool(record.onPath))
        if let fault = record.fault { arguments.append("fault", .text(fault.text)) }
      }
      if let advantage = episode.advantage(question.call) {
        arguments.append("advantage", .number(advantage))
      }
    }
    if let answer = episode.generation(work) {
      arguments.append("text", .text(answer.text))
      arguments.append("stop", .text("\(answer.generation.stop)"))
      arguments.append("tokens", .integer(answer.tokens.count))
      arguments.append("log_probability", .number(answer.logProbability))
      if let allowed = answer.allowed {
        arguments.append("allowed", .array(allowed.map { $0.map { .integer($0) } ?? .null }))
      }
    }
    if !work.isAnswered { arguments.append("answered", false) }
    return arguments
  }

  private static func arguments(_ event: ExportedEpisode.Event) -> JSONValue {
    let record = event.record
    var arguments: JSONValue = [
      "event": .integer(record.number), "time": .number(record.time.inSeconds),
    ]
    if let message = event.message {
      arguments.append("from", .text(record.peer))
      arguments.append("message", .text(message))
      if let fault = event.fault { arguments.append("fault", .text(fault)) }
    } else if let text = event.text {
      arguments.append("said", .text(text))
    }
    return arguments
  }
}
