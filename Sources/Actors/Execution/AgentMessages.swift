import Messaging

/// Gives the environment its task. It is the first message of an episode.
public struct EpisodeStart: Message {
  public static let messageName = "actors.start"
  public var task: TaskInstance
  /// The script to run; `nil` lets the designer write one.
  public var script: String?

  public init(task: TaskInstance, script: String? = nil) {
    self.task = task
    self.script = script
  }
}

/// Asks a designer for a script.
public struct DesignRequest: Message {
  public static let messageName = "actors.design"
  public var prompt: String
  public var reply: ReplyTo<DesignReply>
}

/// A designer's answer to a ``DesignRequest``.
public struct DesignReply: Message {
  public static let messageName = "actors.designed"
  /// What the designer wrote; it need not be a valid script.
  public var text: String
  /// Why the text is cut off or missing; `nil` if the generation ended by itself.
  public var fault: WorkFault?
  /// How many tokens were generated, with the end token; 0 if none arrived.
  public var tokens: Int
}

/// Asks an executor to work in a role, or asks a tool to run.
public struct WorkRequest: Message {
  public static let messageName = "actors.work"
  public var id: CallID
  /// The executor's role, or the tool's name.
  public var role: String
  public var work: Work
  public var reply: ReplyTo<WorkReply>

  public init(id: CallID, role: String, work: Work, reply: ReplyTo<WorkReply>) {
    self.id = id
    self.role = role
    self.work = work
    self.reply = reply
  }
}

/// The result of a call: the new work, or the fault that prevented it.
public struct WorkReply: Message {
  public static let messageName = "actors.worked"
  /// `nil` after a fault.
  public var work: Work?
  public var fault: WorkFault?
  /// Tokens generated, the end token included.
  public var tokens: Int

  public init(_ result: Result<Work, WorkFault>, tokens: Int) {
    switch result {
    case .success(let work): self.work = work
    case .failure(let fault): self.fault = fault
    }
    self.tokens = tokens
  }

  /// The work, or the fault. A reply that holds neither counts as malformed.
  public var result: Result<Work, WorkFault> {
    if let work { .success(work) } else { .failure(fault ?? .malformed("an empty reply")) }
  }
}

// Two messages a call: written directly, in the order of their encoded keys.

extension WorkRequest {
  public func encode(to writer: inout CBORWriter) throws {
    writer.beginMap(4)
    writer.key("id")
    id.encode(to: &writer)
    writer.key("role")
    writer.write(role)
    writer.key("work")
    work.encode(to: &writer)
    writer.key("reply")
    writer.write(reply)
  }
}

extension WorkReply {
  public func encode(to writer: inout CBORWriter) throws {
    writer.beginMap(1 + (work == nil ? 0 : 1) + (fault == nil ? 0 : 1))
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
