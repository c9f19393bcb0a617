import Actors
import Foundation

/// A file of questions: an object of JSON a line, or comma-separated values if its name ends with `.csv`.
///
/// A scenario says which fields hold what, if they have other names than a family's own: `fields: { question: "problem" }`. Fields
/// that it does not name are then left out.
struct QuestionFile {
  /// The most bytes of a file, and of one of its lines.
  static let (mostBytes, longestLine) = (256 << 20, 1 << 20)

  let path: String
  let settings: Scenario.QuestionSettings
  let catalogue: ScenarioCatalogue

  /// Reads the questions, and gives each to `add`.
  ///
  /// `keys` are those that a question may have; those whose values are texts may be given as numbers.
  /// - Throws: ``ScenarioError`` with file and line if the file or a line cannot be read, or if `add` refuses it.
  func read<Line: SettingsSection>(
    as line: Line.Type, keys: [String], _ add: (Line, Setting) throws(ScenarioError) -> Void
  ) throws(ScenarioError) {
    let text = try text()
    for (number, object) in try path.lowercased().hasSuffix(".csv") ? rows(of: text) : objects(in: text) {
      do throws(ScenarioError) {
        var setting = try object()
        if !settings.isPlain || path.lowercased().hasSuffix(".csv") { setting = try mapped(setting, keys) }
        try add(Line(reading: setting), setting)
      } catch {
        throw error.moved(toLine: number)
      }
    }
  }

  private typealias Numbered = (line: Int, object: () throws(ScenarioError) -> Setting)

  private func objects(in text: String) -> [Numbered] {
    text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
      guard !line.allSatisfy(\.isWhitespace) else { return nil }
      return (
        index + 1,
        { () throws(ScenarioError) in try Setting(json5: String(line), file: path, catalogue: catalogue) }
      )
    }
  }

  private func rows(of text: String) throws(ScenarioError) -> [Numbered] {
    let table: CommaSeparatedValues
    do throws(CommaSeparatedValues.Flaw) {
      table = try CommaSeparatedValues(text)
    } catch {
      throw failure(.syntax, error.what, line: error.line)
    }
    return table.rows.map { row in
      (
        row.line,
        { () throws(ScenarioError) in
          // A value that is not there is no text, so that the default holds.
          let members = zip(table.names, row.values).filter { !$1.isEmpty }.map { name, value in
            JSON5Member(name, JSON5Node(.string(value)))
          }
          return Setting(node: JSON5Node(.object(members)), path: "", file: path, catalogue: catalogue)
        }
      )
    }
  }

  /// The object under the family's own keys, with the verifier that the scenario gives to lines without one.
  private func mapped(_ object: Setting, _ keys: [String]) throws(ScenarioError) -> Setting {
    let given = try object.members()
    let names = settings.fields.names
    var members = names.isEmpty ? given : []
    for key in names.isEmpty ? [] : keys {
      guard let member = given.first(where: { $0.key == names[key] ?? key }) else {
        guard let name = names[key], key == "question" || key == "answer" else { continue }
        throw object.failure(.missingKey, "the field \"\(name)\", which holds the \(key), is missing")
      }
      members.append(JSON5Member(key, member.node, at: member.position))
    }
    if let verifier = settings.verifier, keys.contains("verifier"),
      !members.contains(where: { $0.key == "verifier" })
    {
      members.append(JSON5Member("verifier", JSON5Node(.string(verifier))))
    }
    members = members.map { member in
      var member = member
      switch (member.key, member.node.value) {
      case ("level", .string(let digits)) where Int(digits) != nil: member.node.value = .number(digits)
      case ("level", _): break
      case (_, .number(let digits)): member.node.value = .string(digits)
      default: break
      }
      return member
    }
    return Setting(
      node: JSON5Node(.object(members), at: object.node.position), path: object.path, file: object.file,
      catalogue: catalogue)
  }

  /// The text of the file, whose lines are UTF-8 and not too long.
  private func text() throws(ScenarioError) -> String {
    var bytes = try Scenario.bytes(of: URL(fileURLWithPath: path), atMost: Self.mostBytes)
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes = bytes.dropFirst(3) }
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated()
    {
      guard line.count <= Self.longestLine else {
        throw failure(
          .unreadable, "the line has \(line.count) bytes, and may have \(Self.longestLine)", line: index + 1)
      }
      guard String(validating: line, as: UTF8.self) != nil else {
        throw failure(.unreadable, "the line is not UTF-8 text", line: index + 1)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func failure(_ kind: ScenarioError.Kind, _ what: String, line: Int) -> ScenarioError {
    ScenarioError(
      kind: kind, file: path, position: SourcePosition(line: line, column: 1), path: "", what: what)
  }
}

extension ScenarioError {
  /// The error, in a line of the file that was read by itself.
  fileprivate func moved(toLine line: Int) -> ScenarioError {
    var moved = self
    moved.position = SourcePosition(line: line, column: position?.column ?? 1)
    return moved
  }
}
