import Sim
import TroupeCLI

// The whole `troupe` command line, and a kind of actor and two invariants of our own.
CommandLineTool.main { registry in
  try registry.register(Node.self)
  try registry.expect("one leader a term") { played in
    var leaders: [String: String] = [:]
    for event in played.events where event.kind == .note && event.name.hasPrefix("leader of") {
      if let other = leaders.updateValue(event.subject, forKey: event.name), other != event.subject {
        return "\(event.name) are both \(other) and \(event.subject)"
      }
    }
    return nil
  }
  try registry.expect("a leader") { played in
    played.events.contains { $0.kind == .note && $0.name.hasPrefix("leader of") } ? nil : "nobody was elected"
  }
}
