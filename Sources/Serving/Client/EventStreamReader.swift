/// Reads a stream of server-sent events as its bytes come (WHATWG HTML, section 9.2.6), as far as completions need it: the data of
/// each event.
package struct EventStreamReader: Sendable {
  private var line: [UInt8] = []
  private var data: [UInt8] = []
  private var hasData = false
  private var sawReturn = false

  package init() {}

  /// Takes more bytes of the stream, and returns the data of the events that end in them.
  /// - Complexity: O(bytes).
  package mutating func read(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
    var events: [[UInt8]] = []
    for byte in bytes {
      // A line ends with LF, CR, or both.
      let followsReturn = sawReturn
      sawReturn = byte == 0x0d
      if byte == 0x0a, followsReturn { continue }
      guard byte == 0x0a || byte == 0x0d else {
        line.append(byte)
        continue
      }
      if line.isEmpty {
        if hasData { events.append(data) }
        (data, hasData) = ([], false)
      } else {
        take(line)
        line.removeAll(keepingCapacity: true)
      }
    }
    return events
  }

  private mutating func take(_ line: [UInt8]) {
    let field = line.prefix { $0 != 0x3a }
    guard field.elementsEqual("data".utf8) else { return }
    var value = line.dropFirst(field.count + 1)
    if value.first == 0x20 { value = value.dropFirst() }
    if hasData { data.append(0x0a) }
    data += value
    hasData = true
  }
}
