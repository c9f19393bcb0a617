/// How long to wait before a request is sent again, and when to give up.
///
/// The wait doubles with each attempt up to a limit, and a part of it is drawn, so that many clients do not come back at once
/// (Brooker, "Exponential Backoff and Jitter", 2015: *equal jitter*). A server that says `Retry-After` is obeyed up to
/// ``longestAsked``. The draw is a function of the request's seed and the attempt.
package struct RetryRule: Sendable, Hashable {
  /// How often a request is sent at most; at least 1.
  package var attempts = 6
  /// The wait before the second attempt, in seconds, before a part of it is drawn.
  package var first = 0.5
  /// The longest wait, in seconds, that doubling leads to.
  package var longest = 30.0
  /// The longest wait, in seconds, that a server may ask for. One that asks for more is not asked again.
  package var longestAsked = 120.0

  package init() {}

  /// What follows a failed attempt.
  package enum Decision: Hashable, Sendable {
    /// The request is sent again after so many seconds.
    case again(after: Double)
    case giveUp
  }

  /// Decides what follows attempt `attempt`, the first of which is 1. `asked` is what the server's `Retry-After` says, in seconds.
  package func decision(
    after failure: RemoteFailure, attempt: Int, asked: Double?, seed: UInt64
  ) -> Decision {
    guard failure.isPassing, attempt < attempts else { return .giveUp }
    if let asked {
      return asked <= longestAsked ? .again(after: max(0, asked)) : .giveUp
    }
    let whole = min(longest, first * Double(sign: .plus, exponent: min(attempt - 1, 60), significand: 1))
    let draw = Double(mixed(seed &+ UInt64(attempt)) >> 11) / 0x1p53
    return .again(after: whole / 2 + draw * whole / 2)
  }

  /// The finalizer of SplitMix64.
  private func mixed(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// The seconds that a header `Retry-After` asks for: a number, or a date of HTTP (RFC 9110, section 10.2.3), less `now`, which
  /// is in seconds since 1970. `nil` if it cannot be read.
  package static func seconds(ofRetryAfter text: String, now: Double) -> Double? {
    let text = text.trimmingSpaces
    if let seconds = Double(text) { return seconds.isFinite && seconds >= 0 ? seconds : nil }
    guard let date = HTTPDate.seconds(of: text) else { return nil }
    return max(0, date - now)
  }
}

/// A date as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The seconds from the beginning of 1970 to a date; `nil` if it is none.
  static func seconds(of text: String) -> Double? {
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT", let day = Int(parts[1]),
      (1...31).contains(day), let month = months.firstIndex(of: String(parts[2])),
      let year = Int(parts[3]), (1970...9999).contains(year)
    else { return nil }
    let clock = parts[4].split(separator: ":").map { Int($0) }
    guard clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2],
      (0..<24).contains(hour), (0..<60).contains(minute), (0...60).contains(second)
    else { return nil }
    // Days since 1970-03-01 shifted by 60 days, in years that begin in March, where the leap day is the last.
    let shifted = month < 2 ? year - 1 : year
    let place = (month + 10) % 12
    let dayOfYear = (153 * place + 2) / 5 + day - 1
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    return Double(((days * 24 + hour) * 60 + minute) * 60 + second)
  }
}

extension String {
  /// The text without spaces and tabs at both ends.
  var trimmingSpaces: String {
    var rest = self[...]
    while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    return String(rest)
  }
}
