import Actors
import Foundation

/// How many problems a file of questions has of a level, on both sides of the split.
package struct ProblemCount: Sendable, Hashable, CustomStringConvertible {
  package var path: String
  package var level: Int
  package var training: Int
  package var heldOut: Int

  package var description: String {
    "\(path), level \(level): \(training) problems to learn from and \(heldOut) held out"
  }
}

extension Registry {
  /// Counts the problems of a scenario's files of questions, level by level, as far as the files are there.
  /// - Throws: ``ScenarioError`` if a file that is there is wrong.
  package func problemCounts(of scenario: Scenario) throws -> [ProblemCount] {
    try scenario.tasks.families.flatMap { setting -> [ProblemCount] in
      guard let path = setting.texts["path"], FileManager.default.fileExists(atPath: path),
        setting.name == QuestionsFamily.word
      else { return [] }
      let family = try QuestionsFamily(questionFile(setting), verifiers)
      return family.levels.map { level in
        ProblemCount(
          path: path, level: level, training: family.count(level: level, split: .train),
          heldOut: family.count(level: level, split: .heldOut))
      }
    }
  }
}
