import Testing

@testable import Sim

@Suite("The clock of steps")
struct StepClockTests {
  @Test("what is measured twice is added up, what fails is measured, and a step's parts are its own")
  func steps() throws {
    struct Failure: Error {}
    var clock = StepClock()
    clock.add(.seconds(3), to: .decode)
    clock.add(.seconds(4), to: .decode)
    #expect(clock.measure(.credit) { 5 } == 5)
    #expect(throws: Failure.self) { try clock.measure(.gradient) { throw Failure() } }
    let first = clock.endStep()
    #expect(first.parts[.decode] == .seconds(7))
    #expect(Set(first.parts.keys) == [.decode, .credit, .gradient])
    #expect(clock.endStep().parts.isEmpty)
  }

  @Test("a part lasts at least as long as what it measures, and the step as long as its parts")
  func durations() {
    var clock = StepClock()
    clock.measure(.writing) { wait(.milliseconds(2)) }
    wait(.milliseconds(2))
    clock.measure(.writing) { wait(.milliseconds(2)) }
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
