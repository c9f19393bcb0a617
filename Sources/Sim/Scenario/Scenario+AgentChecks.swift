extension Scenario {
  /// Checks, for a scenario that lists agents, that lines, timeline and expectations name only these, and that all who
  /// are to say or to hear a line are agents with lines.
  func checkAgents(_ table: inout SettingsTable) {
    for (i, entry) in timeline.enumerated() where entry.line != nil {
      table.require(
        !agents.isEmpty, at: ["timeline", "\(i)", "agent"],
        "only agents with lines say something, and the scenario lists no agents")
    }
    guard !agents.isEmpty else { return }
    let names = agents.flatMap(\.names)
    table.require(
      Set(names).count == names.count, at: "agents", "two agents have the same name, numbers included")
    var mentions: [(name: String?, path: [String])] = []
    for (i, agent) in agents.enumerated() {
      for (j, line) in agent.lines.enumerated() {
        mentions.append((line.to, ["agents", "\(i)", "lines", "\(j)", "to"]))
      }
    }
    for (i, entry) in timeline.enumerated() {
      mentions += entry.mentions.map { (name: Optional($0.name), path: ["timeline", "\(i)", $0.key]) }
      for other in timeline[..<i] {
        if let what = entry.contradiction(with: other) {
          table.require(false, at: ["timeline", "\(i)"], what)
        }
      }
    }
    for (i, expectation) in expect.enumerated() {
      mentions.append((expectation.agent, ["expect", "\(i)", "agent"]))
      mentions += expectation.that.mentions.map { ($0, ["expect", "\(i)", "that"]) }
    }
    for (name, path) in mentions {
      guard let name, !names.contains(name) else { continue }
      let what = Spelling.complaint(about: name, as: "agent", known: names)
      table.require(false, at: path, kind: .unknownName, what)
    }
    for (i, entry) in timeline.enumerated() where entry.line != nil {
      guard let name = entry.agent, let agent = agents.first(where: { $0.names.contains(name) }),
        agent.kind != Agent.scripted
      else { continue }
      table.require(
        false, at: ["timeline", "\(i)", "agent"],
        "only agents with lines say something, and \(name) is of the kind \(agent.kind)")
    }
  }
}
