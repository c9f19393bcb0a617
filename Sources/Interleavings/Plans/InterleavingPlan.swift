/// The decisions of a schedule: at which part of which task another task went first.
///
/// Where a plan says nothing, the task that ran last goes on, and if it cannot, the part that has been ready for longest is
/// next. A plan prints as a short text, such as `r6.3/0.1#2>0.2`: when task 0.1 was about to run its part number 2, task
/// 0.2 ran instead. `0.1#2>!0.2` says that task 0.2 was cancelled at this place, and `0.1#2>~` that the clock went on, to the
/// end of the next sleep. The text begins with the kind of build for which it was made, because a debug build may have other
/// parts than a release build.
package struct InterleavingPlan: Sendable, Hashable {
  /// One decision.
  package struct Switch: Sendable, Hashable {
    /// The task that would have gone on; `~` if none could, and the clock would have gone on.
    package var task: String
    /// The number of parts that this task had run.
    package var turn: Int
    /// The task that ran instead, `!` and the task that was cancelled, or `~` for the clock.
    package var next: String
  }

  /// The kind of build: `d` or `r` for debug or release, and the version of the compiler.
  package var build: String
  package var switches: [Switch]

  package init(build: String = Self.thisBuild, switches: [Switch] = []) {
    (self.build, self.switches) = (build, switches)
  }

  /// The kind of this build.
  package static var thisBuild: String {
    #if DEBUG
      let kind = "d"
    #else
      let kind = "r"
    #endif
    #if compiler(>=6.4)
      return kind + "6.4"
    #elseif compiler(>=6.3)
      return kind + "6.3"
    #else
      return kind + "6.2"
    #endif
  }

  /// The greatest number of switches that a text may have.
  private static let most = 100_000

  /// Reads a text that ``description`` printed.
  package init(parsing text: String) throws(InterleavingError) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].wholeMatch(of: /[dr][0-9]+\.[0-9]+/) != nil else {
      throw .unreadablePlan(part: String(text.prefix(80)))
    }
    self.init(build: String(parts[0]))
    for part in parts[1].split(separator: ",").prefix(Self.most + 1) {
      guard switches.count < Self.most,
        let match = part.wholeMatch(of: /([@0-9.]+|~)#([0-9]{1,9})>(!?[@0-9.]+|~)/), let turn = Int(match.2)
      else { throw .unreadablePlan(part: String(part.prefix(80))) }
      switches.append(Switch(task: String(match.1), turn: turn, next: String(match.3)))
    }
  }
}

extension InterleavingPlan {
  /// The numbers of decisions of each kind, for a reader.
  var counts: String {
    let cancellations = switches.count { $0.next.hasPrefix("!") }
    let wakeUps = switches.count { $0.next == "~" }
    let rest = switches.count - cancellations - wakeUps
    func text(_ count: Int, _ one: String, _ many: String) -> [String] {
      count == 0 ? [] : ["\(count) \(count == 1 ? one : many)"]
    }
    let texts =
      text(rest, "switch", "switches") + text(cancellations, "cancellation", "cancellations")
      + text(wakeUps, "early end of a sleep", "early ends of sleeps")
    return texts.isEmpty
      ? "no switch from the order in which tasks just go on" : texts.joined(separator: " and ")
  }
}

extension InterleavingPlan.Switch: CustomStringConvertible {
  package var description: String { "\(task)#\(turn)>\(next)" }
}

extension InterleavingPlan: CustomStringConvertible {
  package var description: String { "\(build)/" + switches.map(\.description).joined(separator: ",") }
}
