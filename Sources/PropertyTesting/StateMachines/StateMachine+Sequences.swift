extension StateMachine {
  /// Returns a generator of command sequences, whose preconditions hold in every order in which the branches can run.
  ///
  /// Sequences shrink by losing commands, and then the commands shrink. A command whose precondition does not hold, perhaps
  /// because of a command that shrinking took away, is left out.
  /// - Parameter limits: How long the sequences may be.
  /// - Complexity: O((length + 1) to the power of branches) states of the model for each command of a branch.
  package func sequences(_ limits: CommandLimits = CommandLimits()) -> Generator<CommandSequence<Command>> {
    Generator { (source) throws(Rejection) in
      var state = initialState
      var sequence = CommandSequence<Command>(branches: Array(repeating: [], count: limits.branches))
      try source.repeated(atMost: limits.prefix) { (source) throws(Rejection) in
        let command = try source.draw(commands(in: state))
        guard precondition(state, command) else { return }
        nextState(&state, command)
        sequence.prefix.append(command)
      }
      for branch in sequence.branches.indices {
        // What a branch may ask of the object is judged where the branches before it have not begun.
        var own = state
        try source.repeated(atMost: limits.branchLength) { (source) throws(Rejection) in
          let command = try source.draw(commands(in: own))
          var longer = sequence.branches
          longer[branch].append(command)
          guard isAllowed(longer, after: state) else { return }
          nextState(&own, command)
          sequence.branches = longer
        }
      }
      return sequence
    }
  }

  /// Whether every precondition holds in every order that keeps the order of each branch.
  private func isAllowed(_ branches: [[Command]], after state: State) -> Bool {
    var states: [[Int]: Set<State>] = [branches.map { _ in 0 }: [state]]
    // All positions with the same sum of steps are looked at before those with a greater one. The order of the dictionary
    // does not matter, because one question is asked of all.
    for _ in 0..<branches.reduce(0, { $0 + $1.count }) {
      var following: [[Int]: Set<State>] = [:]
      for (position, reached) in states {
        for branch in branches.indices where position[branch] < branches[branch].count {
          let command = branches[branch][position[branch]]
          var after = position
          after[branch] += 1
          for state in reached {
            guard precondition(state, command) else { return false }
            var next = state
            nextState(&next, command)
            following[after, default: []].insert(next)
          }
        }
      }
      states = following
    }
    return true
  }
}

extension ChoiceSource {
  /// Calls `body` up to `most` times, all numbers of times with the same probability. A choice before each call says whether
  /// it follows, so that shrinking takes out one call with the choices that it drew.
  fileprivate mutating func repeated(
    atMost most: Int, _ body: (inout ChoiceSource) throws(Rejection) -> Void
  ) throws(Rejection) {
    for count in 0..<most {
      if try choice(upTo: UInt64(most - count)) == 0 { return }
      try body(&self)
    }
  }
}
