import Policy

/// What a server has done, as Prometheus reads it.
///
/// Source: the text exposition format, version 0.0.4.
struct Metrics: Sendable {
  private struct Label: Hashable {
    var path: String
    var code: Int
  }

  /// The upper bounds of the histogram of seconds.
  private static let bounds: [Double] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
  ]

  private var requests: [Label: Int] = [:]
  private var counts = [Int](repeating: 0, count: bounds.count)
  private var (seconds, answered) = (0.0, 0)
  private var errors: [String: Int] = [:]
  var promptTokens = 0
  var cancelled = 0
  var statistics = Decoder.Statistics()

  /// Counts an answer. `path` is one of the server's, so that there are only so many.
  mutating func count(_ path: String, _ code: Int, _ duration: Duration) {
    requests[Label(path: path, code: code), default: 0] += 1
    let time = duration / .seconds(1)
    seconds += time
    answered += 1
    for (index, bound) in Self.bounds.enumerated() where time <= bound { counts[index] += 1 }
  }

  mutating func count(error type: String) { errors[type, default: 0] += 1 }

  /// The text. The numbers of the moment are given with it.
  func text(connections: Int, waiting: Int, running: Int) -> String {
    var lines: [String] = []
    func write(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: String)]) {
      lines += ["# HELP troupe_\(name) \(help)", "# TYPE troupe_\(name) \(type)"]
      lines += samples.map { "troupe_\(name)\($0.labels) \($0.value)" }
    }
    write(
      "requests_total", "counter", "Answers by path and status code.",
      requests.sorted { ($0.key.path, $0.key.code) < ($1.key.path, $1.key.code) }.map {
        ("{path=\"\($0.key.path)\",code=\"\($0.key.code)\"}", "\($0.value)")
      })
    write(
      "errors_total", "counter", "Requests that were not answered as asked, by the reason.",
      errors.sorted { $0.key < $1.key }.map { ("{type=\"\($0.key)\"}", "\($0.value)") })
    write(
      "prompt_tokens_total", "counter", "Tokens of prompts that were taken on.", [("", "\(promptTokens)")])
    write("generated_tokens_total", "counter", "Tokens that were drawn.", [("", "\(statistics.tokens)")])
    write("engine_steps_total", "counter", "Steps of the decoder.", [("", "\(statistics.steps)")])
    write(
      "shared_prompt_tokens_total", "counter", "Tokens of prompts that were not computed again.",
      [("", "\(statistics.sharedRows)")])
    write(
      "cancelled_total", "counter", "Generations that were ended because nobody waits for them.",
      [("", "\(cancelled)")])
    write("connections", "gauge", "Open connections.", [("", "\(connections)")])
    write("waiting_requests", "gauge", "Requests that wait for room.", [("", "\(waiting)")])
    write("running_generations", "gauge", "Generations that run.", [("", "\(running)")])
    lines += [
      "# HELP troupe_request_seconds Seconds from a request to the end of its answer.",
      "# TYPE troupe_request_seconds histogram",
    ]
    for (bound, count) in zip(Self.bounds, counts) {
      lines.append("troupe_request_seconds_bucket{le=\"\(bound)\"} \(count)")
    }
    lines += [
      "troupe_request_seconds_bucket{le=\"+Inf\"} \(answered)", "troupe_request_seconds_sum \(seconds)",
      "troupe_request_seconds_count \(answered)",
    ]
    return lines.joined(separator: "\n") + "\n"
  }
}
