import Sim

/// Reads any text as a scenario; what is read has a canonical text and a short one that are read as the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzScenario(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: data, count: size), as: UTF8.self)
  if let scenario = try? Scenario(json5: text) {
    for text in [scenario.canonicalText, scenario.shortText] where (try? Scenario(json5: text)) != scenario {
      fatalError("a scenario does not round-trip: \(text)")
    }
  }
  return 0
}
