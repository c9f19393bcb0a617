import Policy
import Testing

@testable import Sim

@Suite("timings.csv")
struct TimingsLineTests {
  @Test("the header and the lines are those written down here")
  func golden() {
    var cold = StepTimes()
    cold.parts = [.demonstrations: .milliseconds(500), .gradient: .seconds(2), .writing: .zero]
    cold.total = .milliseconds(2750)
    var train = StepTimes()
    train.parts = [
      .decode: .milliseconds(250), .actors: .milliseconds(125), .waiting: .milliseconds(125),
      .credit: .seconds(1), .anchors: .seconds(2), .gradient: .seconds(4), .optimizer: .seconds(8),
      .evaluation: .seconds(16), .writing: .seconds(32),
    ]
    train.total = .seconds(64)
    var time = RolloutTime(threads: 2)
    time.wall = .milliseconds(500)
    var generation = Decoder.Statistics()
    (generation.steps, generation.tokens, generation.tokenRows) = (4, 10, 10)
    (generation.promptRows, generation.sharedRows, generation.greatestCacheBytes) = (6, 3, 4096)
    let lines = [
      TimingsLine(phase: .cold, step: 7, times: cold),
      TimingsLine(
        phase: .train, step: 0, times: train,
        rollout: .init(time: time, generation: generation, operationsPerRow: 100, productRate: 6400)),
    ]
    #expect(
      TimingsLine.header + lines.map(\.text).joined() == """
        phase,step,demonstrations,decode,actors,waiting,credit,anchors,gradient,optimizer,evaluation,writing,seconds,\
        rollout_threads,tokens_per_second,batch_occupancy,shared_rows,cache_bytes,roofline
        cold,7,0.5,,,,,,2.0,,,0.0,2.75,,,,,,
        train,0,,0.25,0.125,0.125,1.0,2.0,4.0,8.0,16.0,32.0,64.0,2,20.0,2.5,3,4096,0.5

        """)
  }
}
