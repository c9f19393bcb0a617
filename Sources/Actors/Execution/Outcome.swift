import Messaging

/// The result that an episode finishes with: success or failure, the script that ran, and a record of every call.
///
/// It holds no tokens, because the log already has them as results of the policy calls. ``Transcript`` joins the two.
public struct Outcome: Hashable, Sendable, Codable {
  /// Whether the verifier accepted the answer.
  public var success: Bool
  /// The canonical text of the script that ran; `nil` if the designer's text was not a script.
  public var script: String?
  /// Why the designer's text was not a script; `nil` if it was.
  public var designFault: String?
  /// The text that was verified, in vocabulary words: earlier instructions and the answer. It is `nil` without an
  /// answer.
  public var answer: String?
  /// Every executor call that was made, ordered by id.
  public var calls: [CallRecord]
  /// Every tool call that was made, ordered by id.
  public var toolCalls: [CallRecord]
  /// How many tokens the design has.
  package var designTokens: Int
  /// Why nobody can say whether the answer is right: code had to be run, and was not run to its end. Then ``success`` is false,
  /// and the episode is neither a success nor a failure. It is `nil` otherwise.
  public package(set) var unknown: String?
  /// Whether that is because the code was ended at a limit of the sandbox, and not because it or its tests could not be run.
  package var isExhausted = false

  package init(
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

  /// How many executor outputs were cut off, or did not have the form that the role requires.
  /// - Complexity: O(calls).
  package var formatErrors: Int { calls.count { $0.fault?.isFormatError == true } }
}

/// The record of one call of an episode.
public struct CallRecord: Hashable, Sendable, Codable {
  public var id: CallID
  /// The role of the executor, or the name of the tool.
  public var role: String
  /// Whether the answer depends on this call (see ``ScriptRun/path``).
  public var onPath: Bool
  public var fault: WorkFault?
  /// How many tokens were generated, with the end token; 0 for a tool.
  public var tokens: Int

  package init(id: CallID, role: String, onPath: Bool, fault: WorkFault?, tokens: Int) {
    self.id = id
    self.role = role
    self.onPath = onPath
    self.fault = fault
    self.tokens = tokens
  }
}

extension Outcome {
  /// The bytes that an episode finishes with, usually a few dozen.
  /// - Complexity: O(calls).
  package var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(success)
    writer.write(script) { $0.write($1) }
    writer.write(designFault) { $0.write($1) }
    writer.write(answer) { $0.write($1) }
    writer.write(calls) { $0.write($1) }
    writer.write(toolCalls) { $0.write($1) }
    writer.write(designTokens)
    if let unknown {
      writer.write(unknown)
      writer.write(isExhausted)
    }
    return writer.bytes
  }

  package init(encoded bytes: [UInt8]) throws(MalformedRecord) {
    var reader = ByteReader(bytes)
    success = try reader.bool()
    script = try reader.optionalText()
    designFault = try reader.optionalText()
    answer = try reader.optionalText()
    calls = try reader.list { reader throws(MalformedRecord) in try reader.callRecord() }
    toolCalls = try reader.list { reader throws(MalformedRecord) in try reader.callRecord() }
    designTokens = try reader.count()
    if reader.offset < bytes.count { unknown = try reader.text() }
    if reader.offset < bytes.count { isExhausted = try reader.bool() }
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
    case .overflow: write(4)
    case .unknown(let reason):
      write(5)
      write(reason)
    case .exhausted(let reason):
      write(6)
      write(reason)
    }
  }
}

extension ByteReader {
  mutating func callRecord() throws(MalformedRecord) -> CallRecord {
    let (id, role, onPath, tokens) = (try callID(), try text(), try bool(), try count())
    let fault = try optional { reader throws(MalformedRecord) in try reader.workFault() }
    return CallRecord(id: id, role: role, onPath: onPath, fault: fault, tokens: tokens)
  }

  private mutating func workFault() throws(MalformedRecord) -> WorkFault {
    switch try byte() {
    case 0: .malformed(try text())
    case 1: .truncated
    case 2: .timedOut
    case 3: .toolFailed(try text())
    case 4: .overflow
    case 5: .unknown(try text())
    case 6: .exhausted(try text())
    default: throw malformed("a fault")
    }
  }
}
