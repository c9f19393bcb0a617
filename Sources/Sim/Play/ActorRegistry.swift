import ActorTesting
import Messaging
import Policy

/// A kind of actor that scenario files can name.
///
/// ```
/// actor Node: ScenarioActor {
///   static let kind = "node"
///   static let options = [ScenarioCatalogue.Option("patience", 3, in: 1...100)]
///   ...
/// }
/// CommandLineTool.main { registry in registry.register(Node.self) }
/// ```
/// A scenario then says `agents: [{ name: "n", kind: "node", count: 5, options: { patience: 2 } }]`.
public protocol ScenarioActor: SimulatedActor {
  /// The kind's name in scenario files.
  static var kind: String { get }
  /// The whole-number options that a scenario may give the actor.
  static var options: [ScenarioCatalogue.Option] { get }
  /// Makes the actor. The argument `options` has a value for each of ``options``.
  init(_ context: ActorContext, options: [String: Int])
  /// Returns the message that the root sends to the actor `name` once all actors exist; `nil` for none.
  static func beginning(_ name: String, _ cast: Cast) -> Incoming?
}

extension ScenarioActor {
  public static var options: [ScenarioCatalogue.Option] { [] }
}

/// The agents of a scenario, in the scenario's order.
public struct Cast: Sendable {
  private var members: [(name: String, kind: String, seat: any Sendable)] = []

  /// Returns the addresses of all agents that receive messages of this type.
  public func addresses<M: Message>(_ type: M.Type = M.self) -> [Address<M>] {
    members.compactMap { $0.seat as? Address<M> }
  }

  /// Returns the address of the agent called `name`, if it receives messages of this type.
  public func address<M: Message>(of name: String, _ type: M.Type = M.self) -> Address<M>? {
    members.first { $0.name == name }.flatMap { $0.seat as? Address<M> }
  }

  /// Returns the names of all agents of a kind.
  public func names(ofKind kind: String) -> [String] { members.filter { $0.kind == kind }.map(\.name) }

  mutating func add<M>(_ name: String, _ kind: String, _ address: Address<M>) {
    members.append((name, kind, address))
  }
}

/// The kinds of actors, the policies and the invariants that a program adds to those of Troupe.
public struct ActorRegistry: Sendable {
  struct Kind: Sendable {
    var catalogue: ScenarioCatalogue.AgentKind
    var spawn: @Sendable (ActorContext, String, [String: Int], inout Cast) -> Void
    var begin: @Sendable (ActorContext, String, Cast) -> Void
  }
  private var kinds: [Kind] = []
  private var policies: [(name: String, make: @Sendable (Scenario) throws -> any GenerationServer)] = []
  private var invariants: [(name: String, violation: @Sendable (PlayedEpisode) -> String?)] = []

  public init() {}

  /// - Precondition: no other actor has this kind.
  public mutating func register<A: ScenarioActor>(_ type: A.Type) {
    precondition(kind(A.kind) == nil && A.kind != "scripted", "two actors are of kind \(A.kind)")
    let kind = Kind(
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
      })
    kinds.append(kind)
  }

  /// Registers a policy for `--policy NAME`. `make` is called once for each thread.
  /// - Precondition: no other policy has this name.
  public mutating func registerPolicy(
    _ name: String, _ make: @escaping @Sendable (Scenario) throws -> any GenerationServer
  ) {
    precondition(policy(name) == nil && name != "scripted", "two policies are called \(name)")
    policies.append((name, make))
  }

  func policy(_ name: String) -> (@Sendable (Scenario) throws -> any GenerationServer)? {
    policies.first { $0.name == name }?.make
  }

  func kind(_ name: String) -> Kind? { kinds.first { $0.catalogue.name == name } }
  func invariant(_ name: String) -> (@Sendable (PlayedEpisode) -> String?)? {
    invariants.first { $0.name == name }?.violation
  }

  /// Registers an invariant, for `{ kind: "holds", name: "..." }` in a scenario. `violation` says what an episode did
  /// instead, and returns `nil` if the invariant holds.
  /// - Precondition: no other invariant has this name.
  public mutating func expect(
    _ name: String, _ violation: @escaping @Sendable (PlayedEpisode) -> String?
  ) {
    precondition(invariant(name) == nil, "two invariants are called \(name)")
    invariants.append((name, violation))
  }

  /// The names that scenario files may use.
  public var catalogue: ScenarioCatalogue {
    var catalogue = ScenarioCatalogue.stock
    catalogue.agentKinds += kinds.map(\.catalogue)
    catalogue.invariants = invariants.map(\.name)
    return catalogue
  }
}
