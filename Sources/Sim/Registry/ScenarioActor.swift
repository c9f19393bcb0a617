import Messaging

/// An actor that scenario files can name.
///
/// ```
/// actor Node: ScenarioActor {
///   static let kind = "node"
///   static let options = [ScenarioCatalogue.Option("patience", 3, in: 1...100)]
///   ...
/// }
/// CommandLineTool.main { registry in try registry.register(Node.self) }
/// ```
/// A scenario then says `agents: [{ name: "n", kind: "node", count: 5, options: { patience: 2 } }]`.
public protocol ScenarioActor: SimulatedActor {
  /// The name of the kind in scenario files.
  static var kind: String { get }
  /// The whole numbers that a scenario may give it.
  static var options: [ScenarioCatalogue.Option] { get }
  /// Makes an actor; `options` holds a value for each of ``options``.
  init(_ context: ActorContext, options: [String: Int])
  /// The message that the root sends to the actor called `name` once all actors are there; `nil` for none.
  static func beginning(_ name: String, _ cast: Cast) -> Incoming?
}

extension ScenarioActor {
  public static var options: [ScenarioCatalogue.Option] { [] }
}

/// The agents of a scenario, in the scenario's order. The address of an agent with lines is an `Address<ScriptedMessage>`.
public struct Cast: Sendable {
  private var members: [(name: String, kind: String, address: any Sendable)] = []

  /// The addresses of all agents that receive messages of this type.
  public func addresses<M: Message>(_ type: M.Type = M.self) -> [Address<M>] {
    members.compactMap { $0.address as? Address<M> }
  }

  /// The address of the agent called `name`, if it receives messages of this type.
  public func address<M: Message>(of name: String, _ type: M.Type = M.self) -> Address<M>? {
    members.first { $0.name == name }.flatMap { $0.address as? Address<M> }
  }

  /// The names of all agents of a kind.
  public func names(ofKind kind: String) -> [String] { members.filter { $0.kind == kind }.map(\.name) }

  mutating func add<M>(_ name: String, _ kind: String, _ address: Address<M>) {
    members.append((name, kind, address))
  }
}
