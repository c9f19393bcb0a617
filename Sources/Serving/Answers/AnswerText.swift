/// The text of an answer as it grows, up to the first text that ends it.
///
/// Bytes go in, a token at a time, and pieces of text come out: never a part of a character, and nothing that may turn out to be
/// the begin of a text that ends the answer. All pieces together are the text of all bytes, whatever the pieces.
struct AnswerText: Sendable {
  private let stops: [[UInt8]]
  /// What came in and did not go out.
  private var held: [UInt8] = []
  /// Whether one of the texts that end the answer has come. Nothing comes out any more.
  private(set) var isStopped = false

  init(stops: [[UInt8]]) { self.stops = stops }

  /// Takes the bytes of the next token, and returns the text that they complete.
  /// - Complexity: O((bytes held and new) x texts that end the answer x their length).
  mutating func append(_ bytes: [UInt8]) -> String {
    guard !isStopped else { return "" }
    held += bytes
    if let end = stops.compactMap({ Self.firstIndex(of: $0, in: held) }).min() {
      isStopped = true
      defer { held = [] }
      return String(decoding: held[..<end], as: UTF8.self)
    }
    let ready = held.dropLast(stops.map(begunCount).max() ?? 0)
    let whole = ready.dropLast(Self.incompleteCount(ready))
    let text = String(decoding: whole, as: UTF8.self)
    held.removeFirst(whole.count)
    return text
  }

  /// Returns what was held back, at the end of the answer.
  mutating func finish() -> String {
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }

  /// How many of the last bytes are the begin of `stop`.
  private func begunCount(_ stop: [UInt8]) -> Int {
    for count in stride(from: min(stop.count - 1, held.count), to: 0, by: -1)
    where held.suffix(count).elementsEqual(stop.prefix(count)) { return count }
    return 0
  }

  /// How many of the last bytes are the begin of a character whose other bytes may follow.
  ///
  /// What no character begins with is not waited for. Source: Unicode 16, table 3-7.
  private static func incompleteCount(_ bytes: ArraySlice<UInt8>) -> Int {
    for count in 1...3 where count <= bytes.count {
      let tail = Array(bytes.suffix(count))
      guard tail[0] & 0xC0 != 0x80 else { continue }
      let length: Int =
        switch tail[0] {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 0
        }
      let second: ClosedRange<UInt8> =
        switch tail[0] {
        case 0xE0: 0xA0...0xBF
        case 0xED: 0x80...0x9F
        case 0xF0: 0x90...0xBF
        case 0xF4: 0x80...0x8F
        default: 0x80...0xBF
        }
      return length > count && (count == 1 || second.contains(tail[1])) ? count : 0
    }
    return 0
  }

  private static func firstIndex(of stop: [UInt8], in bytes: [UInt8]) -> Int? {
    guard bytes.count >= stop.count else { return nil }
    return (0...bytes.count - stop.count).first { bytes[$0...].starts(with: stop) }
  }
}
