import CViewer
import Foundation
import Messaging

/// A page of one file that shows runs and episodes: `report.html`. It loads nothing.
///
/// `docs/page-data.md` says what its data are.
package struct ViewerPage: Sendable {
  package var title: String
  package var runs: [RunPage]
  /// Episodes that are shown beside those of the runs.
  package var episodes: [PageSample]
  /// After how many seconds the page reads itself again while a run is going on; `nil` for never.
  package var refresh: Int?

  package init(title: String, runs: [RunPage] = [], episodes: [PageSample] = [], refresh: Int? = nil) {
    self.title = title
    self.runs = runs
    self.episodes = episodes
    self.refresh = refresh
  }

  /// The text of the whole page.
  package var html: String {
    let told = runs.enumerated().map { $1.json(place: $0) }
    let samples = told.flatMap(\.samples) + episodes.map { $0.json(run: nil) }
    let data: JSONValue = [
      "schema": "troupe.page", "version": 1, "program": .text(TrainingRun.program), "title": .text(title),
      "refresh": refresh.map { .integer($0) } ?? .null, "runs": .array(told.map(\.run)),
      "episodes": .array(samples),
    ]
    // No text can end the element in which the data stand.
    let text = "\(data)".replacing("<", with: "\\u003c")
    return Self.parts.reduce(into: "") { page, part in
      switch part {
      case .text(let text): page += text
      case .data: page += text
      case .title: page += Self.escaped(title)
      }
    }
  }

  private enum Part { case text(String), data, title }

  /// The page in its parts, with the style sheet and the scripts in place of the links to them.
  private static let parts: [Part] = {
    let page = file("page.html")
    var parts: [Part] = []
    var scripts: [String] = []
    var text = ""
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      if let name = line.firstMatch(of: /<script src="([^"]+)"><\/script>/) {
        scripts.append(file(String(name.1)))
      } else if let name = line.firstMatch(of: /<link rel="stylesheet" href="([^"]+)">/) {
        text += "<style>\n\(file(String(name.1)))</style>\n"
      } else if let place = line.firstRange(of: "<title>Troupe</title>") {
        parts += [.text(text + line[..<place.lowerBound] + "<title>"), .title]
        text = "</title>\n"
      } else if let place = line.firstRange(of: "id=\"troupe-data\">") {
        parts += [.text(text + line[..<place.upperBound]), .data]
        text = "</script>\n"
      } else if line == "</body>" {
        text += "<script>\n\(scripts.joined(separator: "\n"))</script>\n</body>\n"
      } else {
        text += line + "\n"
      }
    }
    return parts + [.text(text)]
  }()

  /// The text of one of the page's files.
  private static func file(_ name: String) -> String {
    guard let found = troupe_viewer_file(name) else { preconditionFailure("the page has no file \(name)") }
    return String(
      decoding: UnsafeBufferPointer(start: found.pointee.bytes, count: found.pointee.count), as: UTF8.self)
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
  }
}
