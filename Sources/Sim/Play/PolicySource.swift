import Actors
import Foundation
import Messaging
import Policy

/// A policy that answers generations, by its name in `--policy`.
///
/// `scripted` knows the answers. `recorded:LOG` repeats the generations of a log. `openai:URL`, or `openai:URL#MODEL`, is a server that
/// plays both roles; those that the scenario's `servers` name play the role that they are given. A name that a program registered
/// (``Registry/registerPolicy(_:_:)``) is a user's own policy. Anything else is a directory with weights:
/// Troupe's, or a published chat model's, which is asked through `ChatServer`.
public struct PolicySource: Sendable {
  /// The text that names the policy in a log's header.
  public let weightsDigest: String
  /// What else the policy's generations depend on, for a log's header.
  public let conditions: [LogHeader.Condition]
  /// The configuration of the model, if there is one. Both roles have the same.
  package let configuration: ModelConfiguration?
  /// The roles that servers behind a network play; `nil` if there are none.
  package let remote: RemoteRoles?
  /// Whether both roles are played by weights on this machine, and neither by a server, a script or a recording.
  package var isOfModels: Bool { configuration != nil && remote == nil }
  private let make: @Sendable () throws -> HierarchicalRollout.Servers

  /// Makes a policy by its name, which is the scenario's `player` if it is `nil`. `products` is how a policy with weights multiplies. `threads` is the number of threads
  /// that work on one server's steps.
  public init(
    named name: String?, _ scenario: Scenario, _ registry: Registry = Registry(),
    products: Products = .own, threads: Int = 1
  ) throws {
    var (conditions, configuration) = ([LogHeader.Condition](), ModelConfiguration?.none)
    let vocabulary = registry.tokenizer(of: scenario)
    let isOption = name != nil
    let name = name ?? scenario.player
    // What a log recorded answers for everybody.
    remote =
      name.hasPrefix("recorded:")
      ? nil : try RemoteRoles(scenario, named: name, registry)
    if let remote, remote.areAll {
      weightsDigest = name.hasPrefix("openai:") ? name : "servers"
      make = { remote.replacing(.both(RecordedServer(.init()))) }
    } else if name == "scripted" {
      weightsDigest = name
      let policy = ScriptedPolicy(families: try registry.families(of: scenario), tokenizer: vocabulary)
      make = { .both(ScriptedServer(policy)) }
    } else if let own = registry.policies[name] {
      weightsDigest = name
      var part = registry.part("policy", name, registry.catalogue.players, of: scenario, at: ["player"])
      if isOption { part.error = { ScenarioError(option: "--policy \(name)", $0) } }
      make = { [part] in
        let server = try part.calling { try own(scenario, vocabulary) }
        return .both(CheckedServer(server, part, vocabularySize: vocabulary.vocabularySize))
      }
    } else if name.hasPrefix("recorded:") {
      weightsDigest = "recorded"
      var recording = RecordedServer.Recording()
      var log = try EpisodeLog(URL(filePath: String(name.dropFirst("recorded:".count))))
      while let (_, history) = try log.next() { try recording.add(history.events) }
      make = { [recording] in .both(RecordedServer(recording)) }
    } else {
      let directory = URL(filePath: name)
      let (weights, tokenizer) = try RoleWeights.read(directory)
      try weights.requireOwnProducts(products)
      let executor = weights.model(of: .executor, products: products)
      let designer =
        weights.areShared
        ? executor : weights.model(of: .designer, products: products)
      weightsDigest = weights.digest
      (conditions, configuration) = (products.conditions, weights.shared.configuration)
      let decoders: @Sendable () -> HierarchicalRollout.Servers = {
        .init(designer: designer, executor: executor, threads: threads)
      }
      if let published = tokenizer as? BytePairTokenizer {
        let families = try registry.families(of: scenario)
        let grammar = try AgentSetup(scenario, families: families, tokenizer: vocabulary).grammar
        let language = ChatLanguage(
          published, template: try RoleWeights.chatTemplate(directory),
          vocabularySize: weights.shared.configuration.vocabularySize, grammar: grammar,
          families: families, words: vocabulary)
        make = { decoders().mapped(language.playing) }
      } else if let family = try registry.families(of: scenario).first(where: \.isText) {
        throw CheckpointError(
          .vocabulary, directory.relativePath,
          "its vocabulary is of words, and the problems of \(family.name) are text, which takes a published chat model"
        )
      } else if tokenizer as? WordTokenizer == vocabulary {
        make = decoders
      } else {
        throw CheckpointError(
          .vocabulary, directory.relativePath, "its vocabulary is neither the scenario's nor of byte pairs")
      }
    }
    (self.conditions, self.configuration) = (conditions + (remote?.conditions ?? []), configuration)
  }

  /// Makes the servers that answer on one thread.
  public func servers() throws -> HierarchicalRollout.Servers {
    try remote?.requireKeys()
    return try serversWithoutKeys()
  }

  private func serversWithoutKeys() throws -> HierarchicalRollout.Servers {
    guard let remote, !remote.areAll else { return try make() }
    return try remote.replacing(make())
  }

  /// Makes servers that answer what `recording` has as it was recorded, so that only what is new is asked.
  package func servers(remembering recording: RecordedServer.Recording) throws -> HierarchicalRollout.Servers
  {
    try serversWithoutKeys().mapped { RememberingServer(recording, otherwise: $0) }
  }

  /// Returns a warning if this policy's generations differ from those that the policy of the log `header` would make.
  ///
  /// `nil` if they do not differ, and also if one of the two policies multiplies nothing.
  package func difference(from header: LogHeader) -> String? {
    guard configuration != nil, Self.isDigest(header.weightsDigest) else { return nil }
    if let difference = conditions.difference(from: header.conditions) {
      return "the log was recorded with another \(difference), so generations differ"
    }
    return weightsDigest == header.weightsDigest ? nil : "the log was recorded by other weights"
  }

  /// Whether a log's text about its policy is a digest of weights, and not a policy's name.
  private static func isDigest(_ text: String) -> Bool {
    text.utf8.count == 64 && text.allSatisfy(\.isHexDigit)
  }
}
