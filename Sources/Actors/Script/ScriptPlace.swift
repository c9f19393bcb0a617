/// A place in a script that is being written: what has been said so far, as far as it matters for what may follow.
///
/// The places of a ``ScriptGrammar`` and ``ScriptGrammar/successors(of:)`` are a finite automaton. From every place a
/// valid script can still be reached, within the call budget.
struct ScriptPlace: Hashable, Sendable {
  /// A part that has been defined: the calls of its worst case, and how many parameters it has.
  struct Definition: Hashable, Sendable {
    var calls: Int
    var parameters: Int
  }

  enum Step: Hashable, Sendable {
    case start, equals, kind
    /// A slot of a node.
    case node
    case semicolon, answer
    /// After the name of the answer.
    case end
    case complete
    // `define p ( x , y ) [ ... ] ;`
    case partName, open, parameter, moreParameters, bracket, partEnd
  }

  var step = Step.start
  /// The parts that the script has defined, in order.
  var definitions: [Definition] = []
  /// How many parameters the part has that is being defined; 0 outside of a definition.
  var parameters = 0
  /// The statement that is being written.
  var statement = 0
  /// The calls of the statements so far, of the script or of the part that is being defined.
  var calls = 0
  var node = Node()

  /// A node that is being written.
  struct Node: Hashable, Sendable {
    var kind = Script.Kind.agent
    /// The index of the slot that comes next, and the place within it.
    var slot = 0
    var phase = 0
    var count = 1
    var rounds = 1
    /// The calls of a performer so far: of the greatest one, if there are several; `nil` while it is not known.
    var unit: Int?
    /// The calls of a decision, a judge or a router; `nil` while they are not known.
    var extra: Int?
    /// How many inputs the node must have; `nil` if there may be any number.
    var arity: Int?
    /// How many inputs it has.
    var inputs = 0
    /// The alternatives that it has, which all differ.
    var alternatives: [String] = []

    /// The calls in the worst case, if what is not known yet costs `least` calls or nothing.
    func calls(least: Int) -> Int {
      let (unit, extra) = (unit ?? least, extra ?? 0)
      return switch kind {
      case .agent: 1
      case .use: unit
      case .ensemble: count * unit + extra
      case .debate: count * rounds + extra
      case .reflect: 2 * rounds
      case .repeat: count * (unit + extra)
      case .route: extra + unit
      case .split: count * unit + 2
      case .tool: 0
      }
    }
  }

  /// What a node is written with after its first word, in order.
  enum Slot: Hashable, Sendable {
    case count, rounds, role, critic, part, performer, performers, judge, tool, router, splitter, joiner,
      decision
    case inputs
    case word(String)
  }

  static func slots(of kind: Script.Kind) -> [Slot] {
    switch kind {
    case .agent: [.role, .inputs]
    case .use: [.part, .inputs]
    case .ensemble: [.count, .performer, .inputs, .word("by"), .decision]
    case .debate: [.count, .rounds, .role, .inputs, .word("by"), .decision]
    case .reflect: [.rounds, .critic, .role, .inputs]
    case .repeat: [.count, .performer, .word("until"), .judge, .inputs]
    case .route: [.router, .word("to"), .performers, .inputs]
    case .split: [.count, .splitter, .performer, .joiner, .inputs]
    case .tool: [.tool, .inputs]
    }
  }

  /// The slot that is being filled; `nil` after the last one.
  var slot: Slot? {
    let slots = Self.slots(of: node.kind)
    return slots.indices.contains(node.slot) ? slots[node.slot] : nil
  }

  /// The place at another step.
  fileprivate func at(_ step: Step) -> ScriptPlace {
    var place = self
    place.step = step
    return place
  }

  /// The place after the slot is filled.
  fileprivate func filled(_ change: (inout Node) -> Void = { _ in }) -> ScriptPlace {
    var place = self
    change(&place.node)
    place.node.slot += 1
    place.node.phase = 0
    if place.slot == nil { place.step = .semicolon }
    return place
  }
}

extension ScriptGrammar {
  /// What may follow `place`, word by word; the empty word is the end of the script.
  /// - Complexity: O(words that may follow).
  func successors(of place: ScriptPlace) -> [(word: String, place: ScriptPlace)] {
    let isPart = place.parameters > 0
    switch place.step {
    case .start:
      var result: [(String, ScriptPlace)] = []
      let canDefine = extent.maximumParts > place.definitions.count
      if canDefine, !isPart, place.statement == 0 { result.append(("define", place.at(.partName))) }
      if place.statement < maximumStatements, !kinds(at: place).isEmpty {
        result.append((Script.name(of: place.statement), place.at(.equals)))
      }
      if place.statement > 0 { result.append(("answer", place.at(.answer))) }
      return result
    case .equals: return [("=", place.at(.kind))]
    case .kind:
      return kinds(at: place).map { kind in
        var next = place.at(.node)
        next.node = firstNode(kind)
        return (kind.rawValue, next)
      }
    case .node: return fillings(of: place)
    case .semicolon:
      var next = place.at(.start)
      next.calls += place.node.calls(least: 0)
      next.statement += 1
      next.node = .init()
      return [(";", next)]
    case .answer: return (0..<place.statement).map { (Script.name(of: $0), place.at(.end)) }
    case .end: return isPart ? [("]", place.at(.partEnd))] : [("", ScriptPlace(step: .complete))]
    case .complete: return []
    case .partName: return [(Script.partNames[place.definitions.count], place.at(.open))]
    case .open: return [("(", place.at(.parameter))]
    case .parameter:
      var next = place.at(.moreParameters)
      next.parameters += 1
      return [(Script.parameterNames[place.parameters], next)]
    case .moreParameters:
      let more = place.parameters < min(extent.maximumInputs, Script.parameterNames.count)
      return (more ? [(",", place.at(.parameter))] : []) + [(")", place.at(.bracket))]
    case .bracket: return [("[", place.at(.start))]
    case .partEnd:
      var next = ScriptPlace()
      next.definitions = place.definitions + [.init(calls: place.calls, parameters: place.parameters)]
      return [(";", next)]
    }
  }

  /// The kinds of nodes that the calls which are left pay for.
  private func kinds(at place: ScriptPlace) -> [Script.Kind] {
    extent.nodes.filter { kind in
      let parts = parts(defined: place.definitions)
      let isPossible =
        switch kind {
        case .agent, .ensemble, .debate: true
        case .use: !parts.isEmpty
        case .reflect: !roles.critics.isEmpty
        case .repeat: !judges.isEmpty
        case .route: !routers.isEmpty && roles.workers.count + parts.count > 1
        case .split: !roles.splitters.isEmpty && !roles.joiners.isEmpty
        case .tool: !tools.isEmpty
        }
      return isPossible && canPay(place, firstNode(kind))
    }
  }

  private func firstNode(_ kind: Script.Kind) -> ScriptPlace.Node {
    var node = ScriptPlace.Node()
    node.kind = kind
    node.count = kind.counts.lowerBound
    node.rounds = kind.rounds.lowerBound
    // A tool works on one thing, and so do those who divide it.
    if kind == .tool || kind == .split { node.arity = 1 }
    return node
  }

  private func canPay(_ place: ScriptPlace, _ node: ScriptPlace.Node) -> Bool {
    var (least, second) = (Int.max, Int.max)
    func consider(_ calls: Int) {
      second = min(second, max(least, calls))
      least = min(least, calls)
    }
    if node.kind != .use { for _ in roles.workers { consider(1) } }
    for part in parts(defined: place.definitions) { consider(part.calls) }
    var node = node
    if node.extra == nil { node.extra = leastExtra(node.kind) }
    // There will be a second alternative.
    if node.kind == .route, node.alternatives.isEmpty, second < .max {
      node.unit = max(node.unit ?? 0, second)
    }
    return place.calls + node.calls(least: least < .max ? least : 0) <= maximumCalls
  }

  /// The fewest calls of what decides, judges or routes in a node.
  private func leastExtra(_ kind: Script.Kind) -> Int {
    switch kind {
    case .ensemble, .debate: decisions.map(\.calls).min() ?? 0
    case .repeat: judges.map(\.calls).min() ?? 0
    case .route: routers.map(\.calls).min() ?? 0
    case .agent, .use, .reflect, .split, .tool: 0
    }
  }

  var decisions: [(word: String, calls: Int)] {
    extent.votes.map { ($0.word, 0) } + roles.joiners.map { ($0, 1) }
  }

  /// Of the tools, only the one that gives a verdict can judge.
  var judges: [(word: String, calls: Int)] {
    roles.critics.map { ($0, 1) } + tools.filter { $0 == TroupeVocabulary.testTool }.map { ($0, 0) }
  }

  var routers: [(word: String, calls: Int)] {
    roles.routers.map { ($0, 1) } + (extent.routesBySize ? [("size", 0)] : [])
  }

  /// What may fill the slot at `place`.
  private func fillings(of place: ScriptPlace) -> [(String, ScriptPlace)] {
    func named(
      _ words: [String], _ change: @escaping (inout ScriptPlace.Node) -> Void = { _ in }
    ) -> [(String, ScriptPlace)] {
      words.map { ($0, place.filled(change)) }
    }
    func priced(_ words: [(word: String, calls: Int)]) -> [(String, ScriptPlace)] {
      words.map { choice in (choice.word, place.filled { $0.extra = choice.calls }) }
        .filter { canPay(place, $0.1.node) }
    }
    func numbers(
      _ range: ClosedRange<Int>, _ change: @escaping (inout ScriptPlace.Node, Int) -> Void
    ) -> [(String, ScriptPlace)] {
      range.map { number in ("\(number)", place.filled { change(&$0, number) }) }
        .filter { canPay(place, $0.1.node) }
    }
    let parts = parts(defined: place.definitions)
    switch place.slot {
    case .count: return numbers(place.node.kind.counts) { $0.count = $1 }
    case .rounds: return numbers(place.node.kind.rounds) { $0.rounds = $1 }
    case .role: return named(roles.workers + (extent.maximumWording > 0 ? [Script.quotation] : []))
    case .critic: return named(roles.critics)
    case .splitter: return named(roles.splitters)
    case .joiner: return named(roles.joiners)
    case .tool: return named(tools)
    case .word(let word): return named([word])
    case .decision: return priced(decisions)
    case .judge: return priced(judges)
    case .router: return priced(routers)
    case .part:
      return parts.map { part in
        (
          part.name,
          place.filled {
            $0.unit = part.calls
            $0.arity = part.parameters
          }
        )
      }.filter { canPay(place, $0.1.node) }
    case .performer:
      var choices = performerChoices(place) { $0.filled() }
      var worded = place
      worded.node.unit = max(place.node.unit ?? 0, 1)
      if extent.maximumWording > 0, canPay(worded, worded.node) {
        choices.append((Script.quotation, worded.filled()))
      }
      return choices
    case .performers: return alternatives(place)
    case .inputs: return inputs(place)
    case nil: return []
    }
  }

  /// The performers that the place has room for; `next` says where each leads to.
  private func performerChoices(
    _ place: ScriptPlace, _ next: (ScriptPlace) -> ScriptPlace
  ) -> [(String, ScriptPlace)] {
    performers(defined: place.definitions).compactMap { performer in
      if let parameters = performer.parameters, parameters != place.node.arity ?? parameters { return nil }
      var chosen = place
      chosen.node.unit = max(place.node.unit ?? 0, performer.calls)
      chosen.node.arity = performer.parameters ?? place.node.arity
      return canPay(chosen, chosen.node) ? (performer.name, next(chosen)) : nil
    }
  }

  /// Performers, divided by commas; what follows the last of them is the inputs.
  private func alternatives(_ place: ScriptPlace) -> [(String, ScriptPlace)] {
    if place.node.phase == 0 {
      return performerChoices(place) { $0 }.filter { !place.node.alternatives.contains($0.0) }.map {
        name, chosen in
        var next = chosen
        next.node.phase = 1
        next.node.alternatives.append(name)
        return (name, next)
      }
    }
    var result: [(String, ScriptPlace)] = []
    var more = place
    more.node.phase = 0
    if place.node.alternatives.count < Script.alternatives.upperBound, !alternatives(more).isEmpty {
      result.append((",", more))
    }
    if place.node.alternatives.count >= Script.alternatives.lowerBound {
      var end = place.filled()
      end.node.alternatives = []
      result += inputs(end)
    }
    return result
  }

  /// `( a , b )`: as many inputs as the node must have, or up to the most that it may have.
  private func inputs(_ place: ScriptPlace) -> [(String, ScriptPlace)] {
    var next = place
    switch place.node.phase {
    case 0:
      next.node.phase = 1
      return [("(", next)]
    case 1:
      next.node.phase = 2
      next.node.inputs += 1
      return inputs(at: place).map { ($0.description, next) }
    default:
      next.node.phase = 1
      let (count, arity) = (place.node.inputs, place.node.arity)
      var result: [(String, ScriptPlace)] = []
      if count < arity ?? extent.maximumInputs { result.append((",", next)) }
      if count == arity ?? count { result.append((")", place.filled())) }
      return result
    }
  }

  /// What a statement at `place` can read.
  func inputs(at place: ScriptPlace) -> [Script.Input] {
    let given = place.parameters == 0 ? [Script.Input.task] : (0..<place.parameters).map { .parameter($0) }
    return given + (0..<place.statement).map { .statement($0) }
  }
}
