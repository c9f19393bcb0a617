/// What calls to a server may cost together, and what they have cost.
///
/// A call is refused before it is sent, never in the middle. Calls that are under way count with the most tokens that they may
/// generate, so that a limit of calls is never passed, and one of tokens or money by no more than the prompts of the calls that are
/// under way, which only the server can count.
package struct CallBudget: Sendable, Hashable {
  /// The most answers; `nil` for any number.
  package var calls: Int?
  /// The most tokens of prompts and completions; `nil` for any number.
  package var tokens: Int?
  /// The most money, in the unit of the prices; `nil` for any amount.
  package var money: Double?
  /// The price of a million tokens of prompts, and of a million tokens of completions.
  package var promptPrice = 0.0, completionPrice = 0.0

  package init() {}

  /// What was used.
  package struct Spent: Sendable, Hashable {
    package var calls = 0
    package var promptTokens = 0
    package var completionTokens = 0
    /// Requests that were sent again after a failure. They count for no limit.
    package var repeated = 0

    package init() {}

    package var tokens: Int { promptTokens + completionTokens }

    package mutating func add(_ answer: RemoteAnswer) {
      calls += 1
      promptTokens += answer.served.promptCount ?? 0
      completionTokens += answer.served.completionCount ?? 0
    }
  }

  /// The money that `spent` costs.
  package func price(of spent: Spent) -> Double {
    (Double(spent.promptTokens) * promptPrice + Double(spent.completionTokens) * completionPrice) / 1e6
  }

  /// Why no call of at most `most` tokens may begin, if none may. `open` is the number of calls under way, and `openTokens` the
  /// most tokens that they may generate.
  package func refusal(_ spent: Spent, open: Int, openTokens: Int, next most: Int) -> String? {
    if let calls, spent.calls + open >= calls { return "the budget of \(calls) calls is spent" }
    if let tokens, spent.tokens + openTokens + most > tokens {
      return
        "the budget of \(tokens) tokens is spent: \(spent.tokens) were used, and the next call may take \(most)"
    }
    if let money {
      var next = spent
      next.completionTokens += openTokens + most
      if price(of: next) > money {
        return "the budget of \(money) is spent: \(price(of: spent)) was used"
      }
    }
    return nil
  }
}
