import Foundation
import Messaging
import Synchronization

/// A file with every answer that came from servers, so that a run that is killed asks nobody twice (P6).
///
/// It has a JSON object a line, with the digest of the question and the answer. A line is on the disk before the answer is used. A
/// last line that a kill cut off is dropped. The same question, asked by the same episode, has the same digest; the seed is a part
/// of it.
package final class AnswerJournal: Sendable {
  private struct Line: Codable {
    var question: String
    var answer: RemoteAnswer
  }

  private struct State {
    var handle: FileHandle
    var answers: [String: RemoteAnswer]
  }

  private let path: String
  private let state: Mutex<State>
  /// What the answers in the file cost, when it was opened.
  package let spent: CallBudget.Spent

  /// Opens or makes the file.
  /// - Throws: ``RemoteError/journal(_:_:)``.
  package init(_ url: URL) throws(RemoteError) {
    path = url.relativePath
    func failure(_ error: any Error) -> RemoteError { .journal(url.relativePath, "\(error)") }
    var answers: [String: RemoteAnswer] = [:]
    var spent = CallBudget.Spent()
    do {
      if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
      let handle = try FileHandle(forUpdating: url)
      let bytes = try handle.readToEnd() ?? Data()
      let whole = bytes.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
      for (number, line) in bytes[..<whole].split(separator: 0x0a).enumerated() {
        guard let line = try? JSONDecoder().decode(Line.self, from: line) else {
          throw RemoteError.journal(url.relativePath, "line \(number + 1) is no answer")
        }
        if answers.updateValue(line.answer, forKey: line.question) == nil { spent.add(line.answer) }
      }
      try handle.truncate(atOffset: UInt64(whole))
      try handle.seekToEnd()
      state = Mutex(State(handle: handle, answers: answers))
    } catch let error as RemoteError {
      throw error
    } catch {
      throw failure(error)
    }
    self.spent = spent
  }

  /// The digest of a question to a server.
  static func digest(_ server: String, _ body: JSONValue) -> String {
    SHA256.digest(of: Array("\(server)\n\(body)".utf8)).hex
  }

  func answer(to question: String) -> RemoteAnswer? { state.withLock { $0.answers[question] } }

  /// Keeps an answer, and waits until it is on the disk.
  func add(_ question: String, _ answer: RemoteAnswer) throws(RemoteError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    do {
      let line = try encoder.encode(Line(question: question, answer: answer)) + [0x0a]
      try state.withLock { state in
        try state.handle.write(contentsOf: line)
        try state.handle.synchronize()
        state.answers[question] = answer
      }
    } catch {
      throw .journal(path, "\(error)")
    }
  }
}
