import Foundation
import Messaging
import Policy

/// The machine on which a run was trained, as its directory and its page name it. Nothing that is learned depends on it (P1).
struct Machine {
  /// The processor's name, with how many of them there are, and its widest instructions that are used.
  let processor: String
  /// The threads that the run used last.
  let threads: Int

  init(threads: Int) {
    self.threads = threads
    let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    func value(_ name: String) -> String? {
      info.split(separator: "\n").first { $0.hasPrefix(name) }?.split(separator: ":", maxSplits: 1).last.map {
        $0.trimmingCharacters(in: .whitespaces)
      }
    }
    let name = value("model name") ?? "unknown processor"
    let model = [value("cpu family").map { "family \($0)" }, value("model\t").map { "model \($0)" }]
      .compactMap(\.self).joined(separator: " ")
    let count = ProcessInfo.processInfo.activeProcessorCount
    processor = "\(name)\(model.isEmpty ? "" : " (\(model))"), \(count) of them, \(InstructionSet.current)"
  }

  var json: JSONValue { ["processor": .text(processor), "threads": .text("\(threads)")] }
}
