/// The answer to an ``ExternalCall``. It arrives `units` latencies after the call was made.
public struct ExternalResult: Sendable, Hashable {
  public var bytes: [UInt8]
  public var units: Int

  public init(bytes: [UInt8], units: Int) {
    self.bytes = bytes
    self.units = units
  }
}
