import ActorTesting
import CViewer
import Foundation
import Messaging

/// A page of one file that shows what an exploration played and, if an episode failed, its schedule as a drawing. It loads
/// nothing, and runs no script.
struct ExplorationPage {
  /// A failed episode, for a reader.
  struct Failure {
    var violation: String
    /// What there is to say about it, such as its seed and its decisions.
    var facts: [(name: String, value: String)]
    /// Commands that show it again, each with what it does.
    var commands: [(does: String, command: String)]
    var events: [CausedEvent]
  }

  /// The name of the scenario.
  var title: String
  /// What was explored, and what was not.
  var facts: [(name: String, value: String)]
  /// `nil` if every episode met its expectations.
  var failure: Failure?

  /// The text of the page.
  var html: String {
    let verdict =
      failure == nil
      ? "<span class=\"badge good\">no failure found</span>" : "<span class=\"badge bad\">fails</span>"
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
      <link rel="icon" href="data:,">
      <title>\(escaped(title)), explored</title>
      <style>
      \(Self.style)
      .explored { max-width: 1500px; margin: 0 auto; padding: 22px 24px 80px; display: grid; gap: 18px; }
      .explored > * { min-width: 0; }
      .explored .facts > div { max-width: min(100%, 520px); }
      .explored .diagram { border: 1px solid var(--line); border-radius: 10px; max-height: none; }
      .explored .picture { display: block; margin: 0 auto; }
      .explored .actor { font-weight: 600; font-size: 12px; }
      .explored .row { cursor: default; }
      .explored .current .time { stroke: var(--accent-ground); }
      </style>
      </head>
      <body>
      <main class="explored">
      <div class="run-title"><h1>\(escaped(title)), explored</h1>\(verdict)</div>
      \(list(facts))
      \(failure.map(section) ?? "")
      </main>
      </body>
      </html>

      """
  }

  private func section(_ failure: Failure) -> String {
    let diagram = EpisodeDiagram(failure.events)
    let left = diagram.left == 0 ? "" : " The first \(diagram.left) events are left out."
    let isReordered = failure.events.contains { $0.passed > 0 }
    let order =
      isReordered
      ? " A coloured row is an event that went before others which had been ready for longer." : ""
    let commands = failure.commands.map {
      "<p class=\"command\"><span class=\"does\">\(escaped($0.does))</span><code>\(escaped($0.command))</code></p>"
    }.joined(separator: "\n")
    return """
      <p class="block bad-text">\(escaped(failure.violation))</p>
      \(list(failure.facts))
      <div>
      \(commands)
      </div>
      <section>
      <h2>What happened before what</h2>
      <p class="note">A line for each actor, a row for each event, from top to bottom. An arrow goes from where a message was \
      sent to where it arrived; a dashed one is a reply, and a cross is where something went wrong.\(order)\(left)</p>
      <div class="diagram">
      \(diagram.svg)
      </div>
      </section>
      """
  }

  private func list(_ facts: [(name: String, value: String)]) -> String {
    "<dl class=\"facts\">"
      + facts.map { "<div><dt>\(escaped($0.name))</dt><dd>\(escaped($0.value))</dd></div>" }.joined()
      + "</dl>"
  }

  private func escaped(_ text: String) -> String { EpisodeDiagram.escaped(text) }

  /// The style sheet of the program's other pages.
  private static let style: String = {
    guard let found = troupe_viewer_file("viewer.css") else {
      preconditionFailure("the program has no style sheet")
    }
    return String(
      decoding: UnsafeBufferPointer(start: found.pointee.bytes, count: found.pointee.count), as: UTF8.self)
  }()
}
