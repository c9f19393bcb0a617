import Foundation
import Sim

/// A display of a training run's progress on standard error.
///
/// On a terminal it is one line, which is redrawn and is shortened until it fits. Elsewhere it is a line every few
/// seconds, and in quiet mode nothing. It reads the wall clock, which decides only what is shown.
final class ProgressBar {
  private let terminal = Terminal.error
  private let isQuiet: Bool
  private let started = ContinuousClock.now
  private var startedFraction: Double?
  private var lastShown: ContinuousClock.Instant?
  private var lineIsOpen = false

  init(quiet: Bool) { isQuiet = quiet }

  func show(_ progress: TrainingProgress) {
    guard !isQuiet else { return }
    let now = ContinuousClock.now
    if startedFraction == nil { startedFraction = progress.fraction }
    let interval: Duration = terminal.isTerminal ? .milliseconds(100) : .seconds(5)
    if let lastShown, now - lastShown < interval, progress.fraction < 1 { return }
    lastShown = now
    let line = text(progress, elapsed: now - started, columns: terminal.columns)
    if terminal.isTerminal {
      write("\r\u{1B}[2K" + line)
      lineIsOpen = true
    } else {
      write(line + "\n")
    }
  }

  /// Ends the open line, so that later output starts on a new one.
  func close() {
    if lineIsOpen { write("\n") }
    lineIsOpen = false
  }

  /// Returns a line of fewer characters than `columns`, because some terminals wrap a line that fills the last column.
  ///
  /// If the text is too long, these parts are left out in this order: the figures from the last one on, half of the
  /// bar, the rest of the bar, the time that is left. If the phase is still too long, it is cut.
  private func text(_ progress: TrainingProgress, elapsed: Duration, columns: Int) -> String {
    let count = progress.total > 1 ? " \(progress.done)/\(progress.total)" : ""
    let phase = progress.phase + count
    let figures = progress.figures.map { "\($0.name) \(Self.fixed($0.value))" }
    let left = timeLeft(progress, elapsed: elapsed).map { [$0] } ?? []
    func line(bar width: Int, figures count: Int) -> String {
      let filled = Int((progress.fraction * Double(width)).rounded(.down))
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      return ((width > 0 ? [bar] : []) + [phase] + figures.prefix(count) + left).joined(separator: "  ")
    }
    let lines = (0...figures.count).reversed().map { line(bar: 20, figures: $0) }
    let shorter = [line(bar: 10, figures: 0), line(bar: 0, figures: 0), phase]
    return (lines + shorter).first { $0.count < columns } ?? phase.prefix(max(0, columns - 2)) + "…"
  }

  /// Estimates the time that the rest takes at the present speed; `nil` at the beginning and at the end.
  private func timeLeft(_ progress: TrainingProgress, elapsed: Duration) -> String? {
    let done = progress.fraction - (startedFraction ?? 0)
    guard done > 0.005, progress.fraction < 1 else { return nil }
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    let left = Int((seconds / done * (1 - progress.fraction)).rounded())
    return "\(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
  }

  private static func fixed(_ value: Double) -> String {
    let hundredths = (abs(value) * 100).rounded()
    guard hundredths < 1e15 else { return "\(value)" }
    let whole = Int(hundredths)
    return "\(value < 0 && whole > 0 ? "-" : "")\(whole / 100).\(whole % 100 < 10 ? "0" : "")\(whole % 100)"
  }

  private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
