import Foundation

/// A format of another tool in which episodes, or the measurements of a run, are written.
package enum ExportFormat: String, Sendable, CaseIterable {
  /// A log of inspect_ai: `inspect view` and `inspect log dump` open it.
  case eval
  /// A trace that Perfetto (ui.perfetto.dev) opens.
  case chromeTrace = "chrome-trace"
  /// Spans for a collector of OpenTelemetry, a line for each episode.
  case otlp
  /// The measurements of a run's training steps, for TensorBoard.
  case tensorboard

  /// The names of all formats.
  package static let names = allCases.map(\.rawValue)
}

/// An export that cannot be made. It is one line, and nothing was overwritten.
package struct ExportError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}
