/// A strategy that never switches: a task goes on as long as it can, and then the oldest part is next.
package struct StraightStrategy: InterleavingStrategy {
  package init() {}
  package mutating func begin(seed: UInt64, profile: InterleavingProfile) {}
  package mutating func choose(among ready: [ReadyStep], straight: Int) -> Int { straight }
}
