import Interleavings
import Messaging

/// How many schedules are played in a second.
enum Rates {
  private actor Party {
    private var heard = 0
    func hear(_ others: [Party]) async {
      heard += 1
      for other in others { await other.note() }
    }
    func note() { heard += 1 }
  }

  /// Five actors, of which each one calls the others.
  private static let test = InterleavingTest("five actors") {
    let parties = (0..<5).map { _ in Party() }
    try await together(
      parties.indices.map { index in
        { @Sendable () async in
          await parties[index].hear([parties[(index + 1) % 5], parties[(index + 2) % 5]])
        }
      })
  }

  static func print() {
    for (name, kind) in PortTable.strategies {
      var explorer = InterleavingExplorer()
      explorer.strategy = kind
      explorer.budget = .schedules(100_000)
      let clock = ContinuousClock()
      var coverage: InterleavingCoverage?
      let time = clock.measure { coverage = try? explorer.explore(test).coverage }
      Swift.print(
        "\(name): \(rounded(seconds(time))) s for \(coverage?.schedules ?? 0) schedules of five actors, "
          + "\(coverage?.different ?? 0) different"
      )
    }
    // Medians of five, of all in turn.
    let count = 10_000
    var (events, jobs, awaits) = ([Double](), [Double](), [Double]())
    for _ in 0..<5 {
      let time = ContinuousClock().measure { for seed in 0..<count { playEpisode(UInt64(seed), .events) } }
      events.append(seconds(time))
      jobs.append(
        seconds(ContinuousClock().measure { for seed in 0..<count { playEpisode(UInt64(seed), .awaits) } }))
      let player = InterleavingPlayer()
      var strategy: any InterleavingStrategy = StraightStrategy()
      awaits.append(
        seconds(ContinuousClock().measure { for _ in 0..<count { _ = player.play(test, &strategy) } }))
    }
    let byEvents = events.sorted()[2]
    Swift.print("\(count) plays as an episode, whose jobs are no choices: \(rounded(byEvents)) s")
    for (what, times) in [
      ("as an episode with every await a choice", jobs), ("as a test of plain actors", awaits),
    ] {
      let time = times.sorted()[2]
      Swift.print("\(what): \(rounded(time)) s, \(rounded(time / byEvents)) times as long")
    }
  }

  private static func seconds(_ time: Duration) -> Double {
    Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
  }
  private static func rounded(_ number: Double) -> Double { (number * 100).rounded() / 100 }

  private struct Go: Message { static let messageName = "go" }

  /// An actor of an episode that runs the test in its handler.
  private actor Host: SimulatedActor {
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ message: Go) async throws { try await test.body() }
  }

  private static func playEpisode(_ seed: UInt64, _ granularity: Granularity) {
    let episode = Episode(
      seed: seed, strategy: RandomStrategy(seed: seed), escapes: .adopt, isRecorded: false,
      granularity: granularity
    ) { root in
      root.send(Go(), to: root.spawn("host") { Host($0) })
    }
    _ = episode.run()
    episode.close()
  }
}
