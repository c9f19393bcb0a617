/// Decides which requests to a server are sent when: so many at a time, so many a minute, again after failures, within a budget.
///
/// It is a value without a clock or a network. Whoever has them tells it the time in seconds and what happened, and does what it
/// says. Requests are begun in the order in which they came; those that wait to be sent again come first.
struct RequestQueue {
  /// What to do now.
  enum Action: Hashable {
    /// Send the request with this number.
    case send(Int)
    /// Nothing can be sent before this time, unless an answer comes.
    case wait(until: Double)
    /// The request with this number is refused, for the budget does not allow it.
    case refuse(Int, String)
  }

  private struct Waiting {
    var number: Int
    var most: Int
    var seed: UInt64
    var attempt = 1
    /// The time before which it is not sent.
    var earliest = 0.0

    /// What is due comes before what is not, then what was sent before, and then what came first.
    func order(at now: Double) -> (Int, Double, Int) {
      (earliest > now ? 2 : attempt > 1 ? 0 : 1, earliest, number)
    }
  }

  let concurrency: Int
  /// The least number of seconds between two requests; 0 for none.
  let interval: Double
  let rule: RetryRule
  let budget: CallBudget
  private(set) var spent: CallBudget.Spent
  private var waiting: [Waiting] = []
  /// The requests that were sent and have no answer yet.
  private var sent: [Int: Waiting] = [:]
  private var openTokens = 0
  /// The time before which no request may be sent, for the rate or because the server asked for it.
  private var next = 0.0

  /// Makes an empty queue. `perMinute` is the most requests a minute, evenly spread; `nil` for any number.
  init(
    concurrency: Int, perMinute: Double? = nil, rule: RetryRule = RetryRule(),
    budget: CallBudget = CallBudget(),
    spent: CallBudget.Spent = .init()
  ) {
    self.concurrency = concurrency
    interval = perMinute.map { 60 / $0 } ?? 0
    (self.rule, self.budget, self.spent) = (rule, budget, spent)
  }

  /// Whether no request waits and none is under way.
  var isIdle: Bool { waiting.isEmpty && sent.isEmpty }

  /// Adds a request that may generate at most `most` tokens. Its `seed` decides how long it waits after failures.
  mutating func add(_ number: Int, most: Int, seed: UInt64) {
    waiting.append(Waiting(number: number, most: most, seed: seed))
  }

  /// Returns what to do at `now`, one action after another until it is `nil` or a wait.
  mutating func action(now: Double) -> Action? {
    guard !waiting.isEmpty, sent.count < concurrency else { return nil }
    // A request that was sent before was within the budget then, and is still counted.
    let first = waiting.indices.min { waiting[$0].order(at: now) < waiting[$1].order(at: now) }
    guard let place = first else { return nil }
    let request = waiting[place]
    let time = max(next, request.earliest)
    guard time <= now else { return .wait(until: time) }
    if let refusal = budget.refusal(spent, open: sent.count, openTokens: openTokens, next: request.most) {
      // Answers that are under way may cost less than they may.
      guard sent.isEmpty || spent.calls + sent.count >= budget.calls ?? .max else { return nil }
      waiting.remove(at: place)
      return .refuse(request.number, refusal)
    }
    waiting.remove(at: place)
    sent[request.number] = request
    openTokens += request.most
    next = now + interval
    return .send(request.number)
  }

  /// The answer to a request came.
  mutating func answered(_ number: Int, _ answer: RemoteAnswer) {
    guard let request = sent.removeValue(forKey: number) else { return }
    openTokens -= request.most
    spent.add(answer)
  }

  /// A request failed. Returns how often it was sent if it is given up, and `nil` if it will be sent again.
  mutating func failed(_ number: Int, _ failure: RemoteFailure, asked: Double?, now: Double) -> Int? {
    guard var request = sent.removeValue(forKey: number) else { return 0 }
    openTokens -= request.most
    switch rule.decision(after: failure, attempt: request.attempt, asked: asked, seed: request.seed) {
    case .giveUp: return request.attempt
    case .again(let seconds):
      request.attempt += 1
      request.earliest = now + seconds
      // A server that is told to be overloaded is left alone by all requests.
      if asked != nil { next = max(next, request.earliest) }
      spent.repeated += 1
      waiting.append(request)
      return nil
    }
  }

  /// Gives up everything that waits, and returns its numbers in the order in which it would have been sent.
  mutating func clear() -> [Int] {
    defer { waiting = [] }
    return waiting.map(\.number)
  }
}
