extension ScriptRun {
  /// The calls that the answer depends on, ordered by id.
  ///
  /// The search goes backwards from the answer, like the search for live variables in a compiler. A call is on the
  /// path if it set a part of the work that a later call on the path reads. So three kinds of calls are not on it: an
  /// answer that a refiner replaced, a proposal that no tool ran, and a call that failed. After a vote by majority,
  /// all copies that agree with the winner are on the path; after a vote by tests, only the winner is. A router is on it
  /// with what it chose, a splitter with its subtasks, and whoever was read beside the work with who read it.
  /// - Complexity: O(calls).
  public var path: [CallID] {
    guard let answer = answerValue else { return [] }
    var path: Set<CallID> = []
    var needed = Array(repeating: WorkEffect.Parts(), count: values.count)
    needed[answer] = [.answer, .verdict]
    for index in values.indices.reversed() where !needed[index].isEmpty {
      switch values[index].source {
      case .start: break
      case .vote(let agreeing): for value in agreeing { needed[value].formUnion(needed[index]) }
      case .routed(let value, let router):
        needed[value].formUnion(needed[index])
        needed[router].formUnion(.proposal)
      case .subtask(let splitter): needed[splitter].formUnion(.proposal)
      case .call(let id, let kind, let purpose, let inputs):
        let effect = effect(of: kind, purpose)
        guard !effect.sets.isDisjoint(with: needed[index]) else {
          needed[inputs[0]].formUnion(needed[index])
          continue
        }
        path.insert(id)
        needed[inputs[0]].formUnion(
          needed[index].subtracting(effect.sets).subtracting(effect.clears).union(effect.reads))
        // Beside others' answers, an executor sees the one that it works on.
        if inputs.count > 1 { needed[inputs[0]].formUnion(.answer) }
        for other in inputs.dropFirst() { needed[other].formUnion([.state, .answer]) }
      }
    }
    return path.sorted()
  }

  private func effect(of kind: Call.Kind, _ purpose: WorkPurpose) -> WorkEffect {
    switch (kind, purpose) {
    case (.tool(let name), _): family.effect(ofTool: name)
    case (.executor, .route), (.executor, .split): WorkEffect(reads: [.state, .answer], sets: .proposal)
    case (.executor(let role), _): family.effect(ofRole: role)
    }
  }
}
