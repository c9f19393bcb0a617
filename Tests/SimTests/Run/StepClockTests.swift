import Testing

@testable import Sim

@Suite("The clock of steps")
struct StepClockTests {
  @Test("what is measured twice is added up, and a step's parts are its own")
  func steps() {
    var clock = StepClock()
    clock.add(.seconds(3), to: .decode)
    clock.add(.seconds(4), to: .decode)
    for part: StepPart? in [.credit, nil, .gradient, .credit] { clock.begin(part) }
    let first = clock.endStep()
    #expect(first.parts[.decode] == .seconds(7))
    #expect(Set(first.parts.keys) == [.decode, .credit, .gradient])
    #expect(clock.endStep().parts.isEmpty)
  }

  @Test("a part lasts at least as long as what it measures, and the step as long as its parts")
  func durations() {
    var clock = StepClock()
    for part: StepPart? in [.writing, nil, .writing] {
      clock.begin(part)
      wait(.milliseconds(2))
    }
    let times = clock.endStep()
    let writing = times.parts[.writing] ?? .zero
    #expect(writing >= .milliseconds(4) && times.total >= writing + .milliseconds(2))
  }
}

/// Lets the thread be busy for `duration`, or longer.
func wait(_ duration: Duration) {
  let begin = ContinuousClock.now
  while ContinuousClock.now - begin < duration {}
}
