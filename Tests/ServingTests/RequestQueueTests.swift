import Foundation
import PropertyTesting
import Testing

@testable import Serving

@Suite("When requests to a server are sent")
struct RequestQueueTests {
  private let answer: RemoteAnswer = {
    var answer = RemoteAnswer(text: "x", finish: "stop", model: "m")
    (answer.served.promptCount, answer.served.completionCount) = (3, 4)
    return answer
  }()

  /// Plays a queue against a server that fails as `fails` says, with a clock of its own. Returns the times at which requests were
  /// sent, the most that were open at a time, and the numbers that were answered, given up and refused.
  private func play(
    _ queue: inout RequestQueue, requests: Int, duration: Double, fails: (Int) -> RemoteFailure?
  ) -> (sent: [Double], open: Int, answered: [Int], gaveUp: [Int], refused: [Int]) {
    var (sent, answered, gaveUp, refused) = ([Double](), [Int](), [Int](), [Int]())
    var (now, most) = (0.0, 0)
    var open: [(number: Int, ends: Double)] = []
    for number in 0..<requests { queue.add(number, most: 4, seed: UInt64(number)) }
    while !queue.isIdle {
      var next = Double.infinity
      loop: while let action = queue.action(now: now) {
        switch action {
        case .send(let number):
          sent.append(now)
          open.append((number, now + duration))
          most = max(most, open.count)
        case .wait(let time):
          next = time
          break loop
        case .refuse(let number, _): refused.append(number)
        }
      }
      guard let end = open.map(\.ends).min() else {
        guard next.isFinite else { break }
        now = next
        continue
      }
      now = min(end, next)
      while let place = open.firstIndex(where: { $0.ends <= now }) {
        let number = open.remove(at: place).number
        if let failure = fails(sent.count) {
          if queue.failed(number, failure, asked: nil, now: now) != nil { gaveUp.append(number) }
        } else {
          queue.answered(number, answer)
          answered.append(number)
        }
      }
    }
    return (sent, most, answered, gaveUp, refused)
  }

  @Test("never more at a time than allowed, never faster than allowed, and each request ends exactly once")
  func limits() {
    let cases = Generator<(Int, Int, Int)>.zip(
      .integer(in: 1...6), .integer(in: 1...30), .integer(in: 0...3))
    forAll("the limits of a queue", cases) { concurrency, requests, badness in
      var queue = RequestQueue(concurrency: concurrency, perMinute: 120)
      let played = play(&queue, requests: requests, duration: 0.3) { sent in
        badness > 0 && sent % 4 < badness ? .status(503, "") : nil
      }
      return played.open <= concurrency
        && zip(played.sent, played.sent.dropFirst()).allSatisfy { $1 - $0 >= 0.5 - 1e-9 }
        && (played.answered + played.gaveUp + played.refused).sorted() == Array(0..<requests)
        && queue.spent.calls == played.answered.count
    }
  }

  @Test("a budget of calls is never passed, and one of tokens by no more than the prompts under way")
  func budgets() {
    for concurrency in 1...5 {
      var budget = CallBudget()
      budget.calls = 7
      var queue = RequestQueue(concurrency: concurrency, budget: budget)
      var played = play(&queue, requests: 20, duration: 1) { _ in nil }
      #expect(played.answered.count == 7 && played.refused.count == 13)
      budget.calls = nil
      budget.tokens = 50
      queue = RequestQueue(concurrency: concurrency, budget: budget)
      played = play(&queue, requests: 20, duration: 1) { _ in nil }
      #expect(queue.spent.tokens <= 50 + 3 * concurrency && queue.spent.tokens > 50 - 7 * 2)
      #expect(played.answered.count + played.refused.count == 20)
      budget.tokens = nil
      (budget.money, budget.promptPrice, budget.completionPrice) = (1e-4, 10, 5)
      queue = RequestQueue(concurrency: concurrency, budget: budget)
      played = play(&queue, requests: 20, duration: 1) { _ in nil }
      #expect(budget.price(of: queue.spent) <= 1e-4 + Double(3 * concurrency) * 10 / 1e6)
      #expect(!played.refused.isEmpty && !played.answered.isEmpty)
    }
  }

  @Test("waits double up to a limit, are drawn from their upper half, and are the same for the same seed")
  func backoff() {
    let rule = RetryRule()
    for seed in UInt64(0)..<200 {
      for attempt in 1..<rule.attempts {
        let whole = min(rule.longest, rule.first * Double(1 << (attempt - 1)))
        let decision = rule.decision(after: .connection(""), attempt: attempt, asked: nil, seed: seed)
        guard case .again(let seconds) = decision else {
          Issue.record("gave up at attempt \(attempt)")
          continue
        }
        #expect(seconds >= whole / 2 && seconds <= whole)
        #expect(decision == rule.decision(after: .timeout(1), attempt: attempt, asked: nil, seed: seed))
      }
      #expect(
        rule.decision(after: .connection(""), attempt: rule.attempts, asked: nil, seed: seed) == .giveUp)
    }
    let drawn = (UInt64(0)..<64).map {
      rule.decision(after: .connection(""), attempt: 3, asked: nil, seed: $0)
    }
    #expect(Set(drawn.map { "\($0)" }).count > 60, "clients do not come back at once")
  }

  // The dates are those of Python: email.utils.formatdate(t, usegmt=True).
  @Test(
    "Retry-After is seconds or a date",
    arguments: [
      ("5", 5.0), (" 0.5 ", 0.5), ("-1", nil), ("soon", nil), ("Sun, 29 Nov 2026 14:00:10 GMT", 10),
      ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Tue, 29 Feb 2028 12:00:00 GMT", 39_477_600),
      ("Sun, 29 Nov 2026 14:00:10 CET", nil),
    ] as [(String, Double?)])
  func retryAfter(_ text: String, _ seconds: Double?) {
    #expect(RetryRule.seconds(ofRetryAfter: text, now: 1_795_960_800) == seconds)
  }

  @Test("a server that asks to be left alone is left alone by every request")
  func leavesAlone() {
    var queue = RequestQueue(concurrency: 4)
    for number in 0..<3 { queue.add(number, most: 1, seed: 0) }
    #expect(queue.action(now: 0) == .send(0))
    #expect(queue.failed(0, .status(429, ""), asked: 10, now: 1) == nil)
    #expect(queue.action(now: 1) == .wait(until: 11))
    #expect(queue.action(now: 11) == .send(0))
  }
}
