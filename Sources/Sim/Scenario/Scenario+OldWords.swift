extension Setting {
  /// The scenario in the words of today, with all positions as they are.
  ///
  /// Until the timeline could hold more than faults, a scenario called it `faults`, what is done `kind`, and an agent of
  /// a fault `actor`; `at` could be left out. Agents with lines were silent after a restart. The logs and the run
  /// directories of that time have such scenarios, with `faults` in each of them. A scenario that has both lists is left
  /// as it is, so that `faults` is an unknown key.
  var inWordsOfToday: Setting {
    guard case .object(var members) = node.value,
      let list = members.firstIndex(where: { $0.key == "faults" }),
      !members.contains(where: { $0.key == "timeline" })
    else { return self }
    members[list].key = "timeline"
    members[list].node = members[list].node.mappingObjects { entry in
      for (old, new) in [("kind", "do"), ("actor", "agent")] where !entry.contains(where: { $0.key == new }) {
        for index in entry.indices where entry[index].key == old { entry[index].key = new }
      }
      if !entry.contains(where: { $0.key == "at" }) {
        entry.insert(.init("at", JSON5Node(.number("0"))), at: 0)
      }
    }
    if let agents = members.firstIndex(where: { $0.key == "agents" }) {
      members[agents].node = members[agents].node.mappingObjects { agent in
        guard !agent.contains(where: { $0.key == "afterCrash" }) else { return }
        agent.append(.init("afterCrash", Scenario.Agent.AfterCrash.silent.written.node))
      }
    }
    return Setting(
      node: JSON5Node(.object(members), at: node.position), path: path, file: file, catalogue: catalogue)
  }
}

extension JSON5Value {
  fileprivate var node: JSON5Node { JSON5Node(self) }
}

extension JSON5Node {
  /// The list with each of its objects changed; another value is left as it is.
  fileprivate func mappingObjects(_ change: (inout [JSON5Member]) -> Void) -> JSON5Node {
    guard case .array(var elements) = value else { return self }
    for index in elements.indices {
      guard case .object(var members) = elements[index].value else { continue }
      change(&members)
      elements[index].value = .object(members)
    }
    return JSON5Node(.array(elements), at: position)
  }
}
