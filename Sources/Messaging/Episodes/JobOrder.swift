/// The choices among jobs that are ready between two events of an episode.
///
/// A choice is named by the number of events that had happened and by the number of jobs that had been chosen since.
struct JobOrder {
  /// The stream from which strategies draw the order of jobs, apart from the order of events.
  var stream: SeededStream
  /// The choices so far, in their order. A choice of the oldest job is not listed.
  private(set) var choices: [EpisodePlan.JobChoice] = []
  private var event = -1
  private var job = 0
  /// The place in a plan of the next choice that may come up.
  private var next = 0

  init(seed: UInt64) { stream = SeededStream(seed: seed, name: "jobs") }

  /// Begins the choice of a job after `event` events.
  mutating func begin(after event: Int) {
    if event == self.event { job += 1 } else { (self.event, job) = (event, 0) }
  }

  /// Returns the index that a plan names for the present choice, or 0, the oldest job, if it names none.
  mutating func index(in plan: [EpisodePlan.JobChoice]) -> Int {
    while next < plan.count, (plan[next].event, plan[next].job) < (event, job) { next += 1 }
    guard next < plan.count, (plan[next].event, plan[next].job) == (event, job) else { return 0 }
    return plan[next].index
  }

  /// Notes which job went first.
  mutating func end(_ index: Int) {
    if index > 0 { choices.append(.init(event: event, job: job, index: index)) }
  }
}

extension EpisodeCore {
  /// Returns the index of the job that goes first among those that are ready, the oldest first. It gets the task of each.
  func chooseJob(among tasks: [Int]) -> Int {
    // What is released at the end is no part of the episode.
    guard !isOver else { return 0 }
    jobOrder.begin(after: eventCount)
    guard tasks.count > 1 else { return 0 }
    // The strategy chooses in any case, so that a fork goes on like its parent.
    var index = min(strategy.chooseJob(among: tasks, using: &jobOrder.stream), tasks.count - 1)
    if mayFollow, followsRecord {
      index = min(jobOrder.index(in: plan?.jobs ?? history?.plan.jobs ?? []), tasks.count - 1)
    }
    if isRecorded { jobOrder.end(index) }
    return index
  }
}
