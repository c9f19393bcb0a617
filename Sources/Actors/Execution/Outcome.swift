import Messaging

/// What became of an episode: the result that it finishes with.
///
/// Holds no tokens: those are in the log already, once, as results of the policy calls; ``Transcript`` joins them.
public struct Outcome: Hashable, Sendable, Codable {
  /// Whether the answer verified.
  public var success: Bool
  /// The script as it was run, canonical; `nil` if the designer's text was none.
  public var script: String?
  /// Why the designer's text was no script.
  public var designFault: String?
  /// What was verified, in vocabulary words: earlier instructions and the answer; `nil` without an answer.
  public var answer: String?
  /// Every executor call that was made, in order of the ids.
  public var calls: [CallRecord]
  /// Every tool call that was made, in order of the ids.
  public var toolCalls: [CallRecord]
  /// Tokens of the design.
  public var designTokens: Int

  public init(
    success: Bool, script: String?, designFault: String? = nil, answer: String? = nil,
    calls: [CallRecord] = [], toolCalls: [CallRecord] = [], designTokens: Int = 0
  ) {
    self.success = success
    self.script = script
    self.designFault = designFault
    self.answer = answer
    self.calls = calls
    self.toolCalls = toolCalls
    self.designTokens = designTokens
  }

  /// Executor calls whose output had not the form of its role, or was cut off.
  public var formatErrors: Int { calls.count { $0.fault?.isFormatError == true } }
  /// Tokens of all executors.
  public var executorTokens: Int { calls.reduce(0) { $0 + $1.tokens } }
}

/// One call of a run, as it ended.
public struct CallRecord: Hashable, Sendable, Codable {
  public var id: CallID
  /// The role or the tool.
  public var role: String
  /// Whether the answer rests on it; see ``ScriptRun/path``.
  public var onPath: Bool
  public var fault: WorkFault?
  /// Tokens generated, the end token included; 0 for a tool.
  public var tokens: Int

  public init(id: CallID, role: String, onPath: Bool, fault: WorkFault?, tokens: Int) {
    self.id = id
    self.role = role
    self.onPath = onPath
    self.fault = fault
    self.tokens = tokens
  }
}

extension Outcome {
  /// The bytes an episode finishes with: a few dozen.
  public var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(success)
    writer.write(script) { $0.write($1) }
    writer.write(designFault) { $0.write($1) }
    writer.write(answer) { $0.write($1) }
    writer.write(calls) { $0.write($1) }
    writer.write(toolCalls) { $0.write($1) }
    writer.write(designTokens)
    return writer.bytes
  }

  public init(encoded bytes: [UInt8]) throws(MalformedRecord) {
    var reader = ByteReader(bytes)
    func text(_ reader: inout ByteReader) throws(MalformedRecord) -> String? {
      try reader.optional { reader throws(MalformedRecord) in try reader.text() }
    }
    success = try reader.bool()
    script = try text(&reader)
    designFault = try text(&reader)
    answer = try text(&reader)
    calls = try reader.list { reader throws(MalformedRecord) in try reader.callRecord() }
    toolCalls = try reader.list { reader throws(MalformedRecord) in try reader.callRecord() }
    designTokens = try reader.count()
    try reader.finish()
  }
}

extension ByteWriter {
  mutating func write(_ record: CallRecord) {
    write(record.id)
    write(record.role)
    write(record.onPath)
    write(record.tokens)
    write(record.fault) { $0.write($1) }
  }

  private mutating func write(_ fault: WorkFault) {
    switch fault {
    case .malformed(let reason):
      write(0)
      write(reason)
    case .truncated: write(1)
    case .timedOut: write(2)
    case .toolFailed(let reason):
      write(3)
      write(reason)
    }
  }
}

extension ByteReader {
  mutating func callRecord() throws(MalformedRecord) -> CallRecord {
    CallRecord(
      id: try callID(), role: try text(), onPath: try bool(), tokens: try count(),
      fault: try optional { reader throws(MalformedRecord) in try reader.workFault() })
  }

  private mutating func workFault() throws(MalformedRecord) -> WorkFault {
    switch try byte() {
    case 0: .malformed(try text())
    case 1: .truncated
    case 2: .timedOut
    case 3: .toolFailed(try text())
    default: throw malformed("a fault")
    }
  }
}

extension CallRecord {
  fileprivate init(id: CallID, role: String, onPath: Bool, tokens: Int, fault: WorkFault?) {
    self.init(id: id, role: role, onPath: onPath, fault: fault, tokens: tokens)
  }
}
