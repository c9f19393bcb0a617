import Interleavings

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
      let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
      Swift.print(
        "\(name): \((seconds * 10).rounded() / 10) s for 100,000 schedules of five actors; \(coverage?.description ?? "")"
      )
    }
    var events: [Double] = []
    for _ in 0..<5 {
      let time = ContinuousClock().measure {
        for _ in 0..<10_000 { Ordinary.play(test) }
      }
      events.append(Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18)
    }
    Swift.print("in one order, without choices: \(events.sorted()[2]) s for 10,000")
  }

  /// The same test by a queue that takes the oldest job, as episodes do between two events.
  private enum Ordinary {
    static func play(_ test: InterleavingTest) {
      let player = InterleavingPlayer()
      var strategy: any InterleavingStrategy = StraightStrategy()
      _ = player.play(test, &strategy)
    }
  }
}
