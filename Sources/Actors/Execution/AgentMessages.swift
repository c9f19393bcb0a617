import Messaging

/// Gives the environment its task. It is the first message of an episode.
package struct EpisodeStart: Message {
  package static let messageName = "actors.start"
  package var task: TaskInstance
  /// The script to run; `nil` lets the designer write one.
  package var script: String?

  package init(task: TaskInstance, script: String? = nil) {
    self.task = task
    self.script = script
  }
}

/// Asks a designer for a script.
package struct DesignRequest: Message {
  package static let messageName = "actors.design"
  package var prompt: String
  package var reply: ReplyTo<DesignReply>
}

/// A designer's answer to a ``DesignRequest``.
package struct DesignReply: Message {
  package static let messageName = "actors.designed"
  /// The text that the designer wrote; it need not be a valid script.
  package var text: String
  /// Why the text is cut off or missing; `nil` if the generation ended by itself.
  package var fault: WorkFault?
  /// How many tokens were generated, with the end token; 0 if none arrived.
  package var tokens: Int
}

/// Asks an executor to work in a role, or asks a tool to run.
package struct WorkRequest: Message {
  package static let messageName = "actors.work"
  package var id: CallID
  /// The executor's role, or the tool's name.
  package var role: String
  package var work: Work
  package var reply: ReplyTo<WorkReply>
  /// The works that the executor sees beside `work`; `nil` if there are none.
  package var others: [Work]?
  /// What the executor's words mean; `nil` for ``WorkPurpose/work``.
  package var purpose: WorkPurpose?

  package init(
    id: CallID, role: String, work: Work, others: [Work] = [], purpose: WorkPurpose = .work,
    reply: ReplyTo<WorkReply>
  ) {
    self.id = id
    self.role = role
    self.work = work
    self.reply = reply
    self.others = others.isEmpty ? nil : others
    self.purpose = purpose == .work ? nil : purpose
  }
}

/// What an executor is asked to say.
package enum WorkPurpose: Hashable, Sendable, Codable {
  /// What its role says of the work.
  case work
  /// The same, and its probability, because its copies vote by it.
  case weighedWork
  /// The name of one of these performers.
  case route([String])
  /// Subtasks.
  case split
}

/// The result of a call: the new work, or the fault that prevented it.
package struct WorkReply: Message {
  package static let messageName = "actors.worked"
  /// `nil` after a fault.
  package var work: Work?
  package var fault: WorkFault?
  /// Tokens generated, the end token included.
  package var tokens: Int
  /// The probability of these tokens, if the request asked for it.
  package var weight: Double?

  package init(_ result: Result<Work, WorkFault>, tokens: Int, weight: Double? = nil) {
    switch result {
    case .success(let work): self.work = work
    case .failure(let fault): self.fault = fault
    }
    self.tokens = tokens
    self.weight = weight
  }

  /// The work, or the fault. A reply that holds neither counts as malformed.
  package var result: Result<Work, WorkFault> {
    if let work { .success(work) } else { .failure(fault ?? .malformed("an empty reply")) }
  }
}

// Two messages a call: written directly, in the order of their encoded keys.

extension WorkRequest {
  package func encode(to writer: inout CBORWriter) throws {
    writer.beginMap(4 + (others == nil ? 0 : 1) + (purpose == nil ? 0 : 1))
    writer.key("id")
    id.encode(to: &writer)
    writer.key("role")
    writer.write(role)
    writer.key("work")
    work.encode(to: &writer)
    writer.key("reply")
    writer.write(reply)
    if let others {
      writer.key("others")
      try writer.write(codable: others)
    }
    if let purpose {
      writer.key("purpose")
      try writer.write(codable: purpose)
    }
  }
}

extension WorkReply {
  package func encode(to writer: inout CBORWriter) throws {
    writer.beginMap(1 + (work == nil ? 0 : 1) + (fault == nil ? 0 : 1) + (weight == nil ? 0 : 1))
    if let work {
      writer.key("work")
      work.encode(to: &writer)
    }
    if let fault {
      writer.key("fault")
      try writer.write(codable: fault)
    }
    writer.key("tokens")
    writer.write(tokens)
    if let weight {
      writer.key("weight")
      try writer.write(codable: weight)
    }
  }
}

extension CallID {
  func encode(to writer: inout CBORWriter) {
    writer.beginMap(2)
    writer.key("index")
    writer.write(index)
    writer.key("statement")
    writer.write(statement)
  }
}

extension Work {
  func encode(to writer: inout CBORWriter) {
    writer.beginMap(2 + (answer == nil ? 0 : 1) + (verdict == nil ? 0 : 1) + (proposal == nil ? 0 : 1))
    writer.key("state")
    writer.write(state)
    if let answer {
      writer.key("answer")
      writer.write(answer)
    }
    writer.key("program")
    writer.write(program)
    if let verdict {
      writer.key("verdict")
      writer.write(verdict)
    }
    if let proposal {
      writer.key("proposal")
      writer.write(proposal)
    }
  }
}
