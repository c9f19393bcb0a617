import Testing

@testable import Interleavings

@Suite("the diagram of a schedule")
struct DiagramTests {
  /// Makes a schedule of parts: the task, the actor, and the part that made this one ready.
  private static func schedule(_ parts: [(task: Int, actor: Int, cause: Int?)], names: [String])
    -> PlayedSchedule
  {
    var played = PlayedSchedule(plan: InterleavingPlan())
    played.taskNames = names
    played.actorNames = ["the main actor", "Account (actor 1)"]
    var turns = names.map { _ in 0 }
    for (number, part) in parts.enumerated() {
      let step = ReadyStep(
        task: part.task, key: 0, turn: turns[part.task], actor: part.actor, number: number, priority: 0)
      turns[part.task] += 1
      played.parts.append(.init(step: step, place: nil, cause: part.cause))
    }
    return played
  }

  @Test("lanes, what could have run, what waits, and arrows in both directions")
  func golden() {
    let outside = ReadyStep.nonisolated
    let played = Self.schedule(
      [
        (0, outside, nil), (1, outside, 0), (1, 1, 1), (2, outside, 0), (2, 1, 3), (2, 1, 4), (1, outside, 2),
        (1, 1, 6), (3, outside, 7), (0, outside, 5), (0, 0, 9),
      ], names: ["0", "0.1", "0.2", "0.1.1"])
    #expect(
      HappensBeforeDiagram(played).lines == [
        "     0      0.1    0.2    0.1.1",
        "  1  ●──────▶──────▶             starts",
        "  2  ┊      ●      │             starts, on Account 1",
        "  3  ◀──────┼──────●             starts, on Account 1, on Account 1",
        "  4  │      ●─────────────▶      goes on, on Account 1",
        "  5  │                    ●      starts",
        "  6  ●                           goes on, on the main actor",
      ])
  }

  @Test("thousands of tasks and parts make few and narrow lines")
  func large() {
    let names = ["0"] + (1...2_000).map { "0.\($0)" }
    let parts = (0..<4_000).map { number in
      (task: number < 2_000 ? number : number % 7, actor: -1, cause: number == 0 ? nil : number - 1)
    }
    let lines = HappensBeforeDiagram(Self.schedule(parts, names: names)).lines
    #expect(lines.count <= 62 && lines.allSatisfy { $0.count <= 100 })
    #expect(lines[0].hasSuffix("others") && lines.contains { $0.contains("rows ...") })
  }

  @Test(
    "every order of a program has a diagram: each row has one part that runs, and it was ready or ran before")
  func everyOrder() throws {
    var strategy = InterleavingStrategyKind.random.make()
    let player = InterleavingPlayer()
    for seed in 0..<40 {
      strategy.begin(seed: UInt64(seed), profile: InterleavingProfile())
      let played = player.play(PlanTests.test(extra: 2), &strategy, makesNames: true)
      let lines = HappensBeforeDiagram(played).lines
      #expect(lines.dropFirst().allSatisfy { $0.count { $0 == "●" } == 1 })
      // The two tasks are made by the first, and wake it at the end.
      #expect(lines[1].contains("▶────▶") && lines.contains { $0.contains("◀") }, "\(lines)")
      for (number, part) in played.parts.enumerated().dropFirst() {
        let cause = try #require(part.cause)
        #expect(cause < number)
      }
    }
  }
}
