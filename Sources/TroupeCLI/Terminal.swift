import Foundation
import Messaging

/// What a stream shows its text on: a terminal, with a width and colours, or something that takes every byte.
struct Terminal: Sendable {
  static let output = Terminal(STDOUT_FILENO)
  static let error = Terminal(STDERR_FILENO)

  private let descriptor: Int32
  let isTerminal: Bool
  /// Whether colours are shown: on a terminal that has them, unless the environment has `NO_COLOR` (https://no-color.org).
  private let hasColours: Bool

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    isTerminal = isatty(descriptor) == 1
    let environment = ProcessInfo.processInfo.environment
    hasColours = isTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
  }

  /// The width, which may change at any time; as wide as can be if this is no terminal.
  var columns: Int {
    guard isTerminal else { return .max }
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    let told = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 0
    return told > 0 ? told : 80
  }

  enum Style: String {
    case red = "31"
    case green = "32"
    case bold = "1"
    case faint = "2"
  }

  /// Returns `text` in a style, where styles are shown.
  func styled(_ text: String, _ style: Style) -> String {
    hasColours ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// Returns `line` cut to the width, so that it takes one line.
  ///
  /// Nothing is cut where the text goes to a file or to another program.
  func fitted(_ line: String) -> String {
    let columns = columns
    guard columns < .max, line.count >= columns else { return line }
    return line.prefix(max(1, columns - 2)) + "…"
  }
}

extension String {
  /// The text with escapes in place of what a terminal takes for a command, on one line.
  var plain: String {
    guard unicodeScalars.contains(where: \.isCommand) else { return self }
    return String(jsonQuoted(self).dropFirst().dropLast()).replacing("\\\"", with: "\"").replacing(
      "\\\\", with: "\\")
  }
}
