import Messaging

/// The answer with which an episode finishes: a text, and optionally a reward.
///
/// ```
/// context.finish(PlayedAnswer(text: "sold", reward: 12).encoded)
/// ```
public struct PlayedAnswer: Sendable, Hashable {
  public var text: String
  public var reward: Double?

  public init(text: String, reward: Double?) {
    self.text = text
    self.reward = reward
  }

  /// The bytes with which an actor finishes an episode, so that they count as an answer.
  public var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(text)
    writer.write(reward) { $0.write($1.bitPattern) }
    return writer.bytes
  }

  /// Reads bytes that ``encoded`` returned.
  public init(encoded bytes: [UInt8]) throws(MalformedRecord) {
    var reader = ByteReader(bytes)
    text = try reader.text()
    reward = try reader.optional { reader throws(MalformedRecord) in
      Double(bitPattern: try reader.integer())
    }
    try reader.finish()
  }
}
