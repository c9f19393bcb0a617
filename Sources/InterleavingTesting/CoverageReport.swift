import Foundation
import Interleavings

/// What an exploration played and what it did not, for those who ask for it.
enum CoverageReport {
  /// The variable of the environment that asks for it.
  static let variable = "TROUPE_INTERLEAVING_COVERAGE"

  static func print(_ test: String, _ coverage: InterleavingCoverage) {
    guard getenv(variable) != nil else { return }
    FileHandle.standardError.write(Data("\(test): \(coverage)\n".utf8))
  }
}
