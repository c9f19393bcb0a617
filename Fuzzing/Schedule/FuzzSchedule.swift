import ActorTesting
import Messaging

/// Reads any text as a schedule and as a plan; what is read prints as a text that is read as the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSchedule(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: data, count: size), as: UTF8.self)
  _ = try? Schedule(parsing: text, digest: 0, named: "fuzzed")
  if let plan = try? EpisodePlan(parsing: text) {
    guard (try? EpisodePlan(parsing: plan.description)) == plan else {
      fatalError("a plan does not round-trip")
    }
  }
  return 0
}
