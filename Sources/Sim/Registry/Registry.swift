import ActorTesting
import Actors
import Messaging
import Policy

/// What a program adds of its own to what scenario files may name: actors, invariants, task families, tools, credit
/// estimators and policies.
///
/// ```
/// CommandLineTool.main { registry in
///   try registry.registerFamily("sorting", levels: 2...5) { _ in SortingFamily() }
///   try registry.registerEstimator("leave one out") { _ in LeaveOneOut() }
/// }
/// ```
/// A part that throws, or that gives back something that cannot be right, ends the command with one line: the part's
/// name, the scenario's line that names it, and the names that are known.
public struct Registry: Sendable {
  struct Kind: Sendable {
    var catalogue: ScenarioCatalogue.AgentKind
    var spawn: @Sendable (ActorContext, String, [String: Int], inout Cast) -> Void
    var begin: @Sendable (ActorContext, String, Cast) -> Void
    /// Adds an actor of this kind to those that hear lines; `nil` if its messages are no ``LineMessage``s.
    var listen: (@Sendable (String, Cast, Listeners) -> Void)?
  }
  struct Family: Sendable {
    /// Words that the family needs and the vocabulary lacks, its roles among them.
    var words: [String]
    var make: @Sendable ([String: Int]) throws -> any TaskFamily
  }
  struct Tool: Sendable {
    var effect: WorkEffect
    var run: @Sendable (Work) throws -> Work
  }
  typealias MakeEstimator = @Sendable (Scenario.Credit) throws -> any CreditEstimator
  typealias MakePolicy = @Sendable (Scenario, WordTokenizer) throws -> any GenerationServer

  /// The names that scenario files may use.
  public private(set) var catalogue = ScenarioCatalogue.stock
  private(set) var kinds: [String: Kind] = [:]
  private(set) var families: [String: Family] = [:]
  private(set) var tools: [String: Tool] = [:]
  private(set) var estimators: [String: MakeEstimator] = [:]
  private(set) var policies: [String: MakePolicy] = [:]
  /// The verifiers of the program's own, each saying whether an answer is right where another one is.
  private(set) var verifiers: [String: @Sendable (String, String) -> Bool] = [:]
  private(set) var invariants: [String: @Sendable (PlayedEpisode) -> String?] = [:]
  /// Where the parts say what went wrong with them.
  let faults = PartFaults()

  /// Makes a registry that holds nothing but what Troupe brings along.
  public init() {}

  /// The first thing that went wrong with a registered part since the registry was made; `nil` if nothing did.
  package var fault: ScenarioError? { faults.first }

  /// Lets scenarios have agents of the kind `A.kind`.
  /// - Throws: ``RegistryError`` if another kind has this name.
  public mutating func register<A: ScenarioActor>(_ type: A.Type) throws(RegistryError) {
    try claim(A.kind, as: "kind of agent", among: catalogue.agentKinds.map(\.name))
    catalogue.agentKinds.append(.init(A.kind, options: A.options))
    kinds[A.kind] = Kind(
      catalogue: .init(A.kind, options: A.options),
      spawn: { root, name, given, cast in
        let values = Dictionary(
          A.options.map { ($0.name, given[$0.name] ?? $0.initial) }, uniquingKeysWith: { first, _ in first })
        cast.add(name, A.kind, root.spawn(name) { A($0, options: values) })
      },
      begin: { root, name, cast in
        guard let address = cast.address(of: name, A.Incoming.self),
          let message = A.beginning(name, cast)
        else { return }
        root.send(message, to: address)
      }, listen: (A.Incoming.self as? any LineMessage.Type).map { Self.listen($0) })
  }

  /// Returns what lets lines reach an actor that receives messages of this type.
  private static func listen<M: LineMessage>(_ type: M.Type) -> @Sendable (String, Cast, Listeners) -> Void {
    { name, cast, listeners in
      guard let address = cast.address(of: name, M.self) else { return }
      listeners.add(name) { $2.send(M(line: $0, from: $1), to: address) }
    }
  }

  /// Refuses a line to an actor that does not hear lines, because nothing of it would arrive.
  package func checkListeners(of scenario: Scenario) throws(ScenarioError) {
    var deaf: [String: String] = [:]
    for agent in scenario.agents {
      guard let kind = kinds[agent.kind], kind.listen == nil else { continue }
      for name in agent.names { deaf[name] = agent.kind }
    }
    func check(_ listener: String?, _ path: [String]) throws(ScenarioError) {
      guard let name = listener, let kind = deaf[name] else { return }
      throw scenario.failure(
        at: path, .contradiction,
        "\"\(name)\" is of the kind \"\(kind)\", which hears no lines: its messages have to be `LineMessage`s"
      )
    }
    for (i, agent) in scenario.agents.enumerated() {
      for (j, line) in agent.lines.enumerated() {
        try check(line.to, ["agents", "\(i)", "lines", "\(j)", "to"])
      }
    }
    for (i, entry) in scenario.timeline.enumerated() {
      if let line = entry.line { try check(line.to, ["timeline", "\(i)", "to"]) }
    }
  }

  /// Lets scenarios expect `{ kind: "holds", name: "..." }`; `violation` says what an episode did instead, or `nil`.
  /// - Throws: ``RegistryError`` if another invariant has this name.
  public mutating func expect(
    _ name: String, _ violation: @escaping @Sendable (PlayedEpisode) -> String?
  ) throws(RegistryError) {
    try claim(name, as: "invariant", among: catalogue.invariants)
    catalogue.invariants.append(name)
    invariants[name] = violation
  }

  /// Lets scenarios draw tasks from a family: `tasks: { families: [{ name: "sorting", levels: [2, 4] }] }`.
  ///
  /// - Parameters:
  ///   - name: The name of the family, which is also its tasks' `TaskInstance.family`.
  ///   - levels: The levels that scenarios may ask for.
  ///   - options: The whole numbers that a scenario may give beside name, levels and weight.
  ///   - roles: Executor roles that scenarios may list beside the built-in ones. Their words are in the vocabulary only
  ///     where the scenario names this family.
  ///   - words: The words of the family's texts that `TroupeVocabulary` lacks. They get the token ids after it.
  ///   - make: Makes the family; it gets a value for each option.
  /// - Throws: ``RegistryError`` if another family has this name.
  public mutating func registerFamily(
    _ name: String, levels: ClosedRange<Int>, options: [ScenarioCatalogue.Option] = [], roles: [String] = [],
    words: [String] = [], _ make: @escaping @Sendable ([String: Int]) throws -> any TaskFamily
  ) throws(RegistryError) {
    try claim(name, as: "family", among: catalogue.families.map(\.name))
    catalogue.families.append(.init(name, levels: levels, options: options))
    catalogue.roles += roles.filter { !catalogue.roles.contains($0) }
    families[name] = Family(words: roles + words, make: make)
  }

  /// Lets scripts call a tool, `tool NAME ( a )`, if the scenario lists it: `tools: ["sort"]`.
  ///
  /// - Parameters:
  ///   - name: A single word.
  ///   - effect: The parts of the work that the tool reads and changes, for the credit of the calls before it.
  ///   - run: The work after the tool. It must be a pure function, because a replay calls it again. A `WorkFault`
  ///     that it throws is the call's result; any other error ends the command.
  /// - Throws: ``RegistryError`` if another tool has this name.
  public mutating func registerTool(
    _ name: String, effect: WorkEffect, _ run: @escaping @Sendable (Work) throws -> Work
  ) throws(RegistryError) {
    try claim(name, as: "tool", among: catalogue.tools)
    catalogue.tools.append(name)
    tools[name] = Tool(effect: effect, run: run)
  }

  /// Lets scenarios assign credit with an estimator: `credit: { estimator: "NAME" }`. `make` gets these settings.
  /// - Throws: ``RegistryError`` if another estimator has this name.
  public mutating func registerEstimator(
    _ name: String, _ make: @escaping @Sendable (Scenario.Credit) throws -> any CreditEstimator
  ) throws(RegistryError) {
    try claim(name, as: "estimator", among: catalogue.estimators)
    catalogue.estimators.append(name)
    estimators[name] = make
  }

  /// Lets files of questions judge answers with a verifier: `"verifier": "NAME"`.
  ///
  /// `accepts` gets an answer, and what the file says of the right one. It must be a pure function, because a replay calls it again.
  /// - Throws: ``RegistryError`` if another verifier has this name.
  public mutating func registerVerifier(
    _ name: String, _ accepts: @escaping @Sendable (_ given: String, _ expected: String) -> Bool
  ) throws(RegistryError) {
    try claim(name, as: "verifier", among: catalogue.verifiers)
    catalogue.verifiers.append(name)
    verifiers[name] = accepts
  }

  /// Lets scenarios, `player: "NAME"`, and the option `--policy NAME` name who answers generations.
  ///
  /// `make` is called once for each thread, with the scenario's vocabulary, in which prompts and answers are written.
  /// - Throws: ``RegistryError`` if another policy has this name.
  public mutating func registerPolicy(
    _ name: String, _ make: @escaping @Sendable (Scenario, WordTokenizer) throws -> any GenerationServer
  ) throws(RegistryError) {
    try claim(name, as: "policy", among: catalogue.players)
    catalogue.players.append(name)
    policies[name] = make
  }

  private func claim(_ name: String, as noun: String, among known: [String]) throws(RegistryError) {
    if known.contains(name) { throw RegistryError(name: name, noun: noun, known: known) }
  }
}

/// A part has a name that another part of its kind has already.
public struct RegistryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The name, what it names (such as `family`), and all names of such parts that are known.
  public let name: String, noun: String, known: [String]

  public var description: String {
    "the \(noun) \"\(name)\" is registered twice; known: \(known.joined(separator: ", "))"
  }
}
