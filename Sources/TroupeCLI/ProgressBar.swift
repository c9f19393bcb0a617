import Foundation
import Sim

/// Shows a training run's progress on standard error: one line that redraws itself on a terminal, a line
/// every few seconds elsewhere, nothing when quiet.
///
/// The wall clock is read here and decides nothing but what is shown.
final class ProgressBar {
  private let isTerminal = isatty(STDERR_FILENO) == 1
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
    let interval: Duration = isTerminal ? .milliseconds(100) : .seconds(5)
    if let lastShown, now - lastShown < interval, progress.fraction < 1 { return }
    lastShown = now
    let line = text(progress, elapsed: now - started)
    if isTerminal {
      write("\r\u{1B}[2K" + line)
      lineIsOpen = true
    } else {
      write(line + "\n")
    }
  }

  /// Ends the open line, so that what follows starts on its own.
  func close() {
    if lineIsOpen { write("\n") }
    lineIsOpen = false
  }

  private func text(_ progress: TrainingProgress, elapsed: Duration) -> String {
    let width = 20
    let filled = Int((progress.fraction * Double(width)).rounded(.down))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    let count = progress.total > 1 ? " \(progress.done)/\(progress.total)" : ""
    var parts = [bar, progress.phase + count]
    parts += progress.figures.map { "\($0.name) \(Self.fixed($0.value))" }
    let done = progress.fraction - (startedFraction ?? 0)
    if done > 0.005, progress.fraction < 1 {
      let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
      let left = Int((seconds / done * (1 - progress.fraction)).rounded())
      parts.append("\(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left")
    }
    return parts.joined(separator: "  ")
  }

  private static func fixed(_ value: Double) -> String {
    let hundredths = (abs(value) * 100).rounded()
    guard hundredths < 1e15 else { return "\(value)" }
    let whole = Int(hundredths)
    return "\(value < 0 && whole > 0 ? "-" : "")\(whole / 100).\(whole % 100 < 10 ? "0" : "")\(whole % 100)"
  }

  private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
