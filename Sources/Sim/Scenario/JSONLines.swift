import Actors
import Foundation

/// A file with a JSON object a line; lines of white space are left out.
enum JSONLines {
  /// Reads the objects of a file, whose path is relative to the working directory, and gives each to `add`.
  /// - Throws: ``ScenarioError`` with file and line if the file or a line cannot be read, or if `add` refuses it.
  static func read<Line: SettingsSection>(
    _ path: String, as line: Line.Type, _ add: (Line, Setting) throws(ScenarioError) -> Void
  ) throws(ScenarioError) {
    let text = try Scenario.text(of: URL(fileURLWithPath: path))
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where !line.allSatisfy(\.isWhitespace) {
      do throws(ScenarioError) {
        let setting = try Setting(json5: String(line), file: path, catalogue: .stock)
        try add(Line(reading: setting), setting)
      } catch {
        var error = error
        error.position = SourcePosition(line: index + 1, column: error.position?.column ?? 1)
        throw error
      }
    }
  }
}
