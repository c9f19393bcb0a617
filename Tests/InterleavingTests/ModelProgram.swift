import Messaging

@testable import Interleavings

/// A program of tasks that enter actors, without the Swift runtime: as fast as arithmetic, and with nothing else that could
/// decide.
struct ModelProgram: Sendable, CustomStringConvertible {
  enum Operation: Sendable {
    /// Enters an actor and adds 1 to its number.
    case use(Int)
    /// Enters the first actor, adds 1, and then enters the second one if the number was even, else the third one.
    case branch(Int, even: Int, odd: Int)
    /// Takes the lock that an actor keeps, or waits.
    case lock(Int)
    /// Gives the lock back, to the task that has waited for longest.
    case unlock(Int)
    /// Makes a task, which nothing else makes.
    case spawn(Int)
  }
  var tasks: [[Operation]]
  /// How many of the tasks are there at the beginning.
  var first: Int

  init(_ tasks: [[Operation]], first: Int? = nil) { (self.tasks, self.first) = (tasks, first ?? tasks.count) }

  var description: String { "\(first) of \(tasks)" }

  /// Plays one schedule. Returns the class of orders to which it belongs, and what the actors saw.
  func play(
    _ strategy: inout any InterleavingStrategy, seed: UInt64 = 0,
    profile: InterleavingProfile = InterleavingProfile()
  ) -> (kind: UInt64, seen: [[Int]]) {
    var run = Run(program: self)
    strategy.begin(seed: seed, profile: profile)
    while !run.ready.isEmpty {
      let straight = run.ready.firstIndex { $0.task == run.last } ?? 0
      let index = strategy.choose(among: run.ready, straight: straight)
      let (step, effect) = run.perform(index)
      strategy.ran(step, effect)
    }
    return (run.order.equivalenceClass, run.seen)
  }

  /// Plays all schedules of a strategy that enumerates, and returns how many there were, with the classes of orders.
  func enumerate(_ strategy: any InterleavingStrategy, atMost most: Int = 200_000) -> (
    schedules: Int, classes: Set<UInt64>, seen: Set<[[Int]]>, gaps: [String]
  ) {
    var strategy = strategy
    var (schedules, classes, seen) = (0, Set<UInt64>(), Set<[[Int]]>())
    repeat {
      let played = play(&strategy)
      classes.insert(played.kind)
      seen.insert(played.seen)
      schedules += 1
    } while strategy.end() && schedules < most
    return (schedules, classes, seen, strategy.enumeration?.gaps ?? [])
  }

  /// What the schedule without switches has in it.
  var profile: InterleavingProfile {
    var profile = InterleavingProfile()
    for (task, operations) in tasks.enumerated() {
      for operation in operations {
        switch operation {
        case .use(let actor), .branch(let actor, _, _), .lock(let actor), .unlock(let actor):
          profile.parts[UInt64(task + 1), default: [:]][UInt64(actor + 1), default: 0] += 1
        case .spawn(let child): profile.makers[UInt64(child + 1)] = UInt64(task + 1)
        }
        profile.steps += 1
      }
    }
    return profile
  }

  /// Plays the program with as many seeds, and counts how often each order of tasks on an actor was seen.
  func counts(_ kind: InterleavingStrategyKind, on actor: Int, seeds: Int) -> [[Int]: Int] {
    var (strategy, profile, counts) = (kind.make(), profile, [[Int]: Int]())
    profile.choices = profile.steps
    for seed in 0..<seeds {
      counts[play(&strategy, seed: UInt64(seed), profile: profile).seen[actor], default: 0] += 1
    }
    return counts
  }

  private struct Run {
    let program: ModelProgram
    var ready: [ReadyStep] = []
    var last: Int?
    var order = HappensBefore()
    /// The order of tasks on each actor.
    var seen = [[Int]](repeating: [], count: 16)
    /// The operations that each task has still to do.
    private var ahead: [[Operation]]
    private var arrivals = 0
    private var turns: [Int]
    private var holders = [Int?](repeating: nil, count: 16)
    private var waiting = [[Int]](repeating: [], count: 16)

    init(program: ModelProgram) {
      self.program = program
      ahead = program.tasks
      turns = program.tasks.map { _ in 0 }
      for task in 0..<program.first { arrive(task) }
    }

    private mutating func arrive(_ task: Int) {
      guard let next = ahead[task].first else { return }
      let actor =
        switch next {
        case .use(let actor), .branch(let actor, _, _), .lock(let actor), .unlock(let actor): actor
        case .spawn: ReadyStep.nonisolated
        }
      ready.append(
        ReadyStep(
          task: task, key: UInt64(task + 1), turn: turns[task], actor: actor, actorKey: UInt64(actor + 1),
          number: arrivals, priority: 0))
      arrivals += 1
    }

    mutating func perform(_ index: Int) -> (ReadyStep, StepEffect) {
      let step = ready.remove(at: index)
      let before = arrivals
      last = step.task
      turns[step.task] += 1
      if step.actor >= 0 { seen[step.actor].append(step.task) }
      let operation = ahead[step.task].removeFirst()
      var goesOn = true
      switch operation {
      case .use: break
      case .branch(let actor, let even, let odd):
        ahead[step.task].insert(.use(seen[actor].count % 2 == 1 ? even : odd), at: 0)
      case .lock(let actor):
        if holders[actor] == nil {
          holders[actor] = step.task
        } else {
          waiting[actor].append(step.task)
          goesOn = false
        }
      case .unlock(let actor) where holders[actor] == step.task:
        holders[actor] = waiting[actor].isEmpty ? nil : waiting[actor].removeFirst()
        if let next = holders[actor] { arrive(next) }
      case .unlock: break
      case .spawn(let task): arrive(task)
      }
      if goesOn { arrive(step.task) }
      var effect = StepEffect(arrivals: before..<arrivals)
      effect.isGlobal = false
      order.append(StepEvent(step, effect))
      return (step, effect)
    }
  }
}

extension ModelProgram {
  /// Returns a program that is drawn at random, of up to three tasks with up to three operations on up to three actors.
  static func random(using stream: inout SeededStream) -> ModelProgram {
    func actor() -> Int { Int.random(in: 0..<3, using: &stream) }
    var tasks = (0..<Int.random(in: 2...3, using: &stream)).map { _ in
      (0..<Int.random(in: 1...3, using: &stream)).flatMap { _ -> [Operation] in
        switch Int.random(in: 0..<5, using: &stream) {
        case 0: return [.branch(actor(), even: actor(), odd: actor())]
        case 1:
          let lock = actor() + 3
          return [.lock(lock), .use(actor()), .unlock(lock)]
        default: return [.use(actor())]
        }
      }
    }
    let first = Int.random(in: 1...tasks.count, using: &stream)
    for task in first..<tasks.count {
      let maker = Int.random(in: 0..<task, using: &stream)
      tasks[maker].insert(.spawn(task), at: Int.random(in: 0...tasks[maker].count, using: &stream))
    }
    return ModelProgram(tasks, first: first)
  }
}
