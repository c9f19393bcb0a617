/// Stands in for a strategy that only its record knows: the record's choices are taken, then the oldest event.
struct RecordedStrategy: Strategy {
  let name: String
  mutating func choose(among count: Int) -> Int { 0 }
  mutating func reseed(_ seed: UInt64) {}
}
