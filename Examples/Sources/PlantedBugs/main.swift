import ActorTesting
import Foundation
import Messaging

// Looks for every planted bug from twenty starts, shrinks it, replays it a thousand times, and lets its twin pass the
// same exploration. Prints the table of docs/exploring.md; exits with 1 if any of that fails.

let starts = 20
let replays = 1000
var complaints = 0

@MainActor func report(_ bug: PlantedBug, _ what: String) {
  complaints += 1
  FileHandle.standardError.write(Data("\(bug.name): \(what)\n".utf8))
}

func median(_ values: [Int]) -> Int { values.sorted()[values.count / 2] }

print(
  "| bug | strategy | seeds needed, median (most) of \(starts) | decisions found, median | shrunk, median (most) |"
)
print("| --- | --- | --- | --- | --- |")
for bug in PlantedBug.all {
  var explorer = Explorer(bug.system(true))
  explorer.strategy = bug.strategy
  explorer.threads = 2
  var failures: [(episodes: Int, failure: Explorer.Failure)] = []
  for start in 0..<UInt64(starts) {
    let first = 1 + start * 10_000
    let found = try explorer.explore(seeds: first..<first + bug.seeds)
    guard let failure = found.failure else {
      report(bug, "not found from seed \(first) within \(bug.seeds)")
      continue
    }
    failures.append((found.episodes, failure))
    if failure.shrunk.decisionCount > bug.decisions {
      report(bug, "seed \(failure.seed) shrinks to \(failure.shrunk) only")
    }
  }
  guard let failure = failures.first?.failure else { continue }
  for _ in 0..<replays {
    let again = try explorer.play(
      seed: failure.seed, plan: failure.shrunk, timeline: failure.timeline, sizes: failure.sizes)
    guard again.violation == failure.violation,
      again.played.events == (try EpisodeHistory(failure.record)).events
    else {
      report(bug, "a replay fails otherwise: \(again.violation ?? "not at all")")
      break
    }
  }
  var twin = Explorer(bug.system(false))
  twin.strategy = bug.strategy
  twin.threads = 2
  for start in 0..<UInt64(starts) {
    let first = 1 + start * 10_000
    if let failure = try twin.explore(seeds: first..<first + bug.seeds).failure {
      report(bug, "the twin fails too, seed \(failure.seed): \(failure.violation)")
      break
    }
  }
  let episodes = failures.map(\.episodes)
  let found = failures.map(\.failure.found.decisionCount)
  let shrunk = failures.map(\.failure.shrunk.decisionCount)
  print(
    "| \(bug.what) | \(bug.strategy.shortName) | \(median(episodes)) (\(episodes.max() ?? 0)) | \(median(found)) | "
      + "\(median(shrunk)) (\(shrunk.max() ?? 0)) |")
}

// Failed and abandoned episodes leave nothing behind.
func residentKilobytes() -> Int {
  let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
  let fields = text.split(separator: " ")
  return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4 : 0
}
func abandon(_ count: Int) {
  for index in 0..<count {
    let bug = PlantedBug.all[index % PlantedBug.all.count]
    let system = bug.system(true)
    let episode = Episode(
      seed: UInt64(index), strategy: RandomStrategy(seed: UInt64(index)), faults: system.faults
    ) {
      system.setUp($0, system.sizes.mapValues(\.value))
    }
    // Every other one is never run; the rest fail, or are left where nothing happens any more.
    if index % 2 == 0 { _ = episode.run() }
  }
}
abandon(1000)
let before = residentKilobytes()
abandon(99_000)
let after = residentKilobytes()
print("\nresident after 1,000 abandoned and failed episodes: \(before) KB; after 100,000: \(after) KB")
if after > before + before / 10 + 1024 {
  complaints += 1
  FileHandle.standardError.write(Data("memory grows with abandoned episodes\n".utf8))
}
exit(complaints == 0 ? 0 : 1)

extension ExplorationStrategy {
  var shortName: String {
    switch self {
    case .random: "random"
    case .pct(let depth, _): "pct, depth \(depth)"
    case .dfs(let depth): "dfs, depth \(depth)"
    case .fifo: "fifo"
    }
  }
}
