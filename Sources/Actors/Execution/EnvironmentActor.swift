import Messaging

/// Owns a task: it asks a designer for a script, runs the script with executors and tools, and judges the answer.
///
/// Between design and execution the episode passes the checkpoint ``designed``, where the executions of one design
/// fork. The episode finishes with an encoded ``Outcome``, even if the designer's text is not a script or a call
/// fails.
package actor EnvironmentActor: SimulatedActor {
  /// The checkpoint after the design and before the first executor.
  package static let designed = "design"
  /// The name of the note that carries the reward: one byte, 1 for success and 0 for failure. There is none if
  /// nobody knows which it is.
  package static let reward = "reward"

  package nonisolated let context: ActorContext
  private let agents: AgentSetup

  package init(_ context: ActorContext, agents: AgentSetup) {
    self.context = context
    self.agents = agents
  }

  package func receive(_ start: EpisodeStart) async throws {
    guard let family = agents.families[start.task.family] else {
      throw AgentError.unknownFamily(start.task.family)
    }
    let design = try await design(start, family)
    await context.checkpoint(Self.designed)
    let outcome: Outcome
    switch script(of: design) {
    case .failure(let fault):
      outcome = Outcome(
        success: false, script: nil, designFault: fault.reason, designTokens: design.tokens)
    case .success(let script):
      outcome = try await execute(script, start.task, family, designTokens: design.tokens)
    }
    if outcome.unknown == nil { context.note(Self.reward, [outcome.success ? 1 : 0]) }
    context.finish(outcome.encoded)
  }

  // MARK: Design

  private func design(_ start: EpisodeStart, _ family: any TaskFamily) async throws -> DesignReply {
    if let script = start.script { return DesignReply(text: script, fault: nil, tokens: 0) }
    let agents = agents
    let designer = context.spawn("designer") { DesignerActor($0, family: family, agents: agents) }
    let prompt = family.designPrompt(start.task)
    do {
      return try await context.ask(designer, within: agents.settings.callDeadline) {
        DesignRequest(prompt: prompt, reply: $0)
      }
    } catch AskError.deadline {
      return DesignReply(text: "", fault: .timedOut, tokens: 0)
    }
  }

  private struct DesignFault: Error {
    var reason: String
  }

  private func script(of design: DesignReply) -> Result<Script, DesignFault> {
    if let fault = design.fault { return .failure(DesignFault(reason: "\(fault)")) }
    do throws(ScriptError) {
      return .success(try agents.scripts.parse(design.text, agents.grammar))
    } catch {
      return .failure(DesignFault(reason: error.description))
    }
  }

  // MARK: Execution

  private func execute(
    _ script: Script, _ task: TaskInstance, _ family: any TaskFamily, designTokens: Int
  ) async throws -> Outcome {
    var run = ScriptRun(script, from: family.start(task), family: family)
    var tokens: [CallID: Int] = [:]
    var addresses: [String: Address<WorkRequest>] = [:]
    func address(of call: ScriptRun.Call) -> Address<WorkRequest> {
      let address = addresses[call.actor] ?? spawn(call, family)
      addresses[call.actor] = address
      return address
    }
    var ready = run.begin()
    // As long as one call follows another, none has to wait beside others.
    while ready.count == 1, let call = ready.first {
      let (id, reply) = try await perform(call, at: address(of: call))
      tokens[id] = reply.tokens
      ready = run.complete(id, with: reply.result, weight: reply.weight ?? 1)
    }
    guard !ready.isEmpty else {
      return try await outcome(of: run, task, family, tokens: tokens, designTokens: designTokens)
    }
    try await withThrowingTaskGroup(of: (CallID, WorkReply).self) { group in
      while true {
        for call in ready {
          let address = address(of: call)
          group.addTask { try await self.perform(call, at: address) }
        }
        guard let (id, reply) = try await group.next() else { break }
        tokens[id] = reply.tokens
        ready = run.complete(id, with: reply.result, weight: reply.weight ?? 1)
      }
    }
    return try await outcome(of: run, task, family, tokens: tokens, designTokens: designTokens)
  }

  private func spawn(_ call: ScriptRun.Call, _ family: any TaskFamily) -> Address<WorkRequest> {
    let agents = agents
    return switch call.kind {
    case .executor: context.spawn(call.actor) { ExecutorActor($0, family: family, agents: agents) }
    case .tool:
      context.spawn(call.actor) { ToolActor($0, family: family, latency: agents.settings.toolLatency) }
    }
  }

  private func perform(
    _ call: ScriptRun.Call, at address: Address<WorkRequest>
  ) async throws -> (CallID, WorkReply) {
    let role =
      switch call.kind {
      case .executor(let role): role
      case .tool(let name): name
      }
    do {
      let reply: WorkReply = try await context.ask(address, within: agents.settings.callDeadline) {
        WorkRequest(
          id: call.id, role: role, work: call.work, others: call.others, purpose: call.purpose, reply: $0)
      }
      return (call.id, reply)
    } catch AskError.deadline {
      return (call.id, WorkReply(.failure(.timedOut), tokens: 0))
    }
  }

  private func outcome(
    of run: ScriptRun, _ task: TaskInstance, _ family: any TaskFamily, tokens: [CallID: Int],
    designTokens: Int
  ) async throws -> Outcome {
    let path = Set(run.path)
    var outcome = Outcome(success: false, script: run.script.description, designTokens: designTokens)
    if let work = run.answer {
      if let trial = (family as? any TrialFamily)?.trial(of: work, on: task) {
        let report = try await context.run(trial, latency: agents.settings.toolLatency)
        (outcome.success, outcome.unknown) = (report.isPassed, report.unknownReason)
        if case .exhausted = report { outcome.isExhausted = true }
      } else {
        outcome.success = family.verify(work, on: task)
      }
    }
    if let work = run.answer, let answer = work.answer {
      outcome.answer = [work.program, answer].filter { !$0.isEmpty }.joined(separator: " ")
    }
    for (id, kind) in run.completed {
      var record = CallRecord(
        id: id, role: "", onPath: path.contains(id), fault: nil, tokens: tokens[id] ?? 0)
      if case .failure(let fault)? = run.result(of: id) { record.fault = fault }
      switch kind {
      case .executor(let role):
        record.role = role
        outcome.calls.append(record)
      case .tool(let name):
        record.role = name
        outcome.toolCalls.append(record)
      }
      // What came of a tool that was ended by the clock may be another thing on another day, and so is all behind it.
      guard outcome.unknown == nil else { continue }
      switch record.fault {
      case .unknown(let reason): (outcome.success, outcome.unknown) = (false, reason)
      case .exhausted(let reason):
        (outcome.success, outcome.unknown, outcome.isExhausted) = (false, reason, true)
      default: break
      }
    }
    return outcome
  }
}
