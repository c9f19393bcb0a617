import Sim

/// Reads any text as a scenario; what is read has a canonical text that is read as the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzScenario(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: data, count: size), as: UTF8.self)
  if let scenario = try? Scenario(json5: text) {
    guard (try? Scenario(json5: scenario.canonicalText)) == scenario else {
      fatalError("a canonical scenario does not round-trip")
    }
  }
  return 0
}
