import Messaging
import Policy

extension Generation {
  /// The result bytes of an external call of kind `PolicyCall.kind`, about five for each token.
  ///
  /// Each token has its id and the exact bits of its log-probability. If the model has other tokens than the agents, its
  /// prompt, its tokens and their log-probabilities follow. The answer to a conversation has its text first, and what a server
  /// said beside it follows the tokens; bits of the reason to stop tell of both.
  package var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(
      Int(stop.rawValue | (text == nil ? 0 : Self.textBit) | (served == nil ? 0 : Self.servedBit)))
    if let text { writer.write(text) }
    writer.write(tokens) { $0.write(Int($1)) }
    writer.write(logProbabilities) { $0.write($1) }
    if let served { writer.write(served) }
    if let sampled {
      writer.write(sampled.prompt) { $0.write(Int($1)) }
      writer.write(sampled.tokens) { $0.write(Int($1)) }
      writer.write(sampled.logProbabilities) { $0.write($1) }
    }
    return writer.bytes
  }

  private static let textBit: UInt8 = 0x40
  private static let servedBit: UInt8 = 0x20

  package init(encoded bytes: [UInt8]) throws(MalformedRecord) {
    var reader = ByteReader(bytes)
    let first = try reader.byte()
    guard let stop = StopReason(rawValue: first & ~(Self.textBit | Self.servedBit)) else {
      throw reader.malformed("a stop reason")
    }
    let text = first & Self.textBit == 0 ? nil : try reader.text()
    let tokens = try reader.tokens()
    self.init(tokens: tokens, logProbabilities: try reader.logProbabilities(of: tokens), stop: stop)
    self.text = text
    if first & Self.servedBit != 0 { served = try reader.served() }
    if reader.offset < bytes.count {
      let (prompt, own) = (try reader.tokens(), try reader.tokens())
      sampled = Sampled(
        prompt: prompt, tokens: own, logProbabilities: try reader.logProbabilities(of: own))
    }
    try reader.finish()
  }
}

extension ByteWriter {
  fileprivate mutating func write(_ served: Generation.Served) {
    write(served.model)
    write(served.fingerprint) { $0.write($1) }
    write(served.finish)
    write(served.promptCount) { $0.write($1) }
    write(served.completionCount) { $0.write($1) }
    write(served.pieces) {
      $0.write($1.text)
      $0.write($1.logProbability)
    }
  }
}

extension ByteReader {
  fileprivate mutating func served() throws(MalformedRecord) -> Generation.Served {
    let (model, fingerprint, finish) = (try text(), try optionalText(), try text())
    let promptCount = try optional { reader throws(MalformedRecord) in try reader.count() }
    let completionCount = try optional { reader throws(MalformedRecord) in try reader.count() }
    let pieces = try list { reader throws(MalformedRecord) in
      Generation.Served.Piece(text: try reader.text(), logProbability: try reader.float())
    }
    return .init(
      model: model, fingerprint: fingerprint, finish: finish, promptCount: promptCount,
      completionCount: completionCount, pieces: pieces)
  }

  // Twice for every call of a run: several times as fast as with closures.
  fileprivate mutating func tokens() throws(MalformedRecord) -> [Int32] {
    var tokens: [Int32] = []
    let count = try listCount()
    tokens.reserveCapacity(count)
    for _ in 0..<count { tokens.append(try token()) }
    return tokens
  }

  fileprivate mutating func logProbabilities(of tokens: [Int32]) throws(MalformedRecord) -> [Float] {
    var logProbabilities: [Float] = []
    let count = try listCount()
    guard count == tokens.count else { throw malformed("as many log-probabilities as tokens") }
    logProbabilities.reserveCapacity(count)
    for _ in 0..<count { logProbabilities.append(try float()) }
    return logProbabilities
  }

  mutating func token() throws(MalformedRecord) -> Int32 {
    guard let token = Int32(exactly: try integer()) else { throw malformed("a token id") }
    return token
  }
}

/// The logged description of a generation: which agent asks the policy, and for what.
///
/// Together with the generation it is all that a trainer needs, so training sequences can be made from a log.
public struct PolicyCall: Hashable, Sendable {
  /// The kind of the external calls that ask the policy.
  package static let kind = "generate"

  /// The agent that asks.
  public enum Caller: Hashable, Sendable {
    case designer
    case executor(CallID)
  }
  public var caller: Caller
  /// The caller's role, as the prompt names it.
  public var role: String
  /// Token ids; empty if there are `messages`.
  public var prompt: [Int32]
  /// The conversation that is asked, in place of a prompt.
  public var messages: [ChatMessage] = []
  package var maximumTokens: Int
  /// The temperature at which the completion is sampled.
  package var temperature: Float
  /// The seed of the generation's own random stream.
  public var seed: UInt64

  package init(
    caller: Caller, role: String, prompt: [Int32], messages: [ChatMessage] = [], maximumTokens: Int,
    temperature: Float, seed: UInt64
  ) {
    self.caller = caller
    self.role = role
    self.prompt = prompt
    self.messages = messages
    self.maximumTokens = maximumTokens
    self.temperature = temperature
    self.seed = seed
  }

  /// The number of tokens of the prompt; of a conversation, those that the model read, or 0 where nobody knows them.
  package func promptCount(of generation: Generation?) -> Int {
    if let served = generation?.served { return served.promptCount ?? 0 }
    return messages.isEmpty ? prompt.count : generation?.sampled?.prompt.count ?? 0
  }

  /// The description of the external call, as bytes.
  package var encoded: [UInt8] {
    var writer = ByteWriter()
    switch caller {
    case .designer: writer.write(false)
    case .executor(let id):
      writer.write(true)
      writer.write(id)
    }
    writer.write(role)
    writer.write(prompt) { $0.write(Int($1)) }
    writer.write(maximumTokens)
    writer.write(temperature)
    writer.write(seed)
    if !messages.isEmpty {
      writer.write(messages) {
        $0.write($1.role.rawValue)
        $0.write($1.text)
      }
    }
    return writer.bytes
  }

  package init(encoded bytes: [UInt8]) throws(MalformedRecord) {
    var reader = ByteReader(bytes)
    caller = try reader.bool() ? .executor(try reader.callID()) : .designer
    role = try reader.text()
    prompt = try reader.list { reader throws(MalformedRecord) in try reader.token() }
    maximumTokens = try reader.count()
    temperature = try reader.float()
    seed = try reader.integer()
    if reader.offset < bytes.count {
      messages = try reader.list { reader throws(MalformedRecord) in
        guard let role = ChatMessage.Role(rawValue: try reader.text()) else {
          throw reader.malformed("who speaks")
        }
        return ChatMessage(role, try reader.text())
      }
    }
    try reader.finish()
  }
}

extension ByteWriter {
  mutating func write(_ id: CallID) {
    write(id.statement)
    write(id.index)
  }
}

extension ByteReader {
  mutating func callID() throws(MalformedRecord) -> CallID {
    CallID(statement: try count(), index: try count())
  }
}
