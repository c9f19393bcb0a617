import Serving

/// Any bytes as requests: the same events however they are cut, within the limits, and never a crash; and the path of each request
/// has a route in bounded time.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  var limits = HTTPLimits()
  (limits.requestLine, limits.headerBytes, limits.headerCount, limits.body) = (128, 512, 8, 256)
  let bytes = Array(UnsafeBufferPointer(start: data, count: size))
  // The first byte says how the rest is cut.
  let length = Int(bytes.first ?? 0) % 17 + 1
  let input = bytes.dropFirst()
  func events(_ length: Int) -> [HTTPRequestReader.Event] {
    var reader = HTTPRequestReader(limits)
    var (events, rest) = ([HTTPRequestReader.Event](), input)
    while !rest.isEmpty {
      reader.append(rest.prefix(length))
      rest = rest.dropFirst(length)
      while let event = reader.next() { events.append(event) }
      precondition(
        reader.bufferedCount <= 128 + 512 + 256 + 2 * length + 8, "more is kept than the limits say")
    }
    return events
  }
  let whole = events(max(1, input.count))
  precondition(whole == events(length), "the cuts matter")
  for event in whole {
    guard case .request(let request) = event else { continue }
    precondition(
      request.body.count <= limits.body && request.fields.count <= limits.headerCount, "beyond a limit")
    _ = (request.isPersistent, request.accepts(["application/json", "text/event-stream"]))
  }
  return 0
}
