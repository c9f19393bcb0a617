import Actors
import Foundation
import Messaging
import Policy

/// Whoever answers generations, by the name that `--policy` gives it.
///
/// `scripted` knows the answers; `recorded:LOG` says again what a log recorded; a name that a program registered
/// (``Registry/registerPolicy(_:_:)``) is a user's own; anything else is a directory with weights: Troupe's, or a
/// published chat model's, which is asked through `ChatServer`.
public struct PolicySource: Sendable {
  /// What a log says about whose generations it holds.
  public let weightsDigest: String
  /// What a log says about what these generations rest on beyond that.
  public let conditions: [LogHeader.Condition]
  /// Of the model, if there is one: that of both roles.
  public let configuration: ModelConfiguration?
  private let make: @Sendable () throws -> HierarchicalRollout.Servers

  /// `products` is how a policy with weights multiplies; others multiply nothing. `threads` work on one server's
  /// steps. Without a `name` it is the scenario's `player`.
  public init(
    named name: String?, _ scenario: Scenario, _ registry: Registry = Registry(),
    products: Products = .own, threads: Int = 1
  ) throws {
    var (conditions, configuration) = ([LogHeader.Condition](), ModelConfiguration?.none)
    let vocabulary = registry.tokenizer(of: scenario)
    let isOption = name != nil
    let name = name ?? scenario.player
    if name == "scripted" {
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
      let executor = Transformer(weights: weights.weights(of: .executor), products: products)
      let designer =
        weights.areShared
        ? executor : Transformer(weights: weights.weights(of: .designer), products: products)
      weightsDigest = weights.digest
      (conditions, configuration) = (products.conditions, weights.shared.configuration)
      let decoders: @Sendable () -> HierarchicalRollout.Servers = {
        .init(designer: designer, executor: executor, threads: threads)
      }
      if let published = tokenizer as? BytePairTokenizer {
        let families = try registry.families(of: scenario)
        let grammar = try AgentSetup(scenario, families: families, tokenizer: vocabulary).grammar
        let spelling = SpelledConstraint.Spelling(
          published, words: vocabulary,
          vocabularySize: weights.shared.configuration.vocabularySize)
        make = {
          decoders().mapped {
            ChatServer(
              $0, tokenizer: published, spelling: spelling, grammar: grammar, families: families,
              words: vocabulary)
          }
        }
      } else if tokenizer as? WordTokenizer == vocabulary {
        make = decoders
      } else {
        throw CheckpointError(
          .vocabulary, directory.relativePath, "its vocabulary is neither the scenario's nor of byte pairs")
      }
    }
    (self.conditions, self.configuration) = (conditions, configuration)
  }

  /// Who answers on one thread.
  public func servers() throws -> HierarchicalRollout.Servers { try make() }

  /// What the user should know before this policy goes on with a log of `header`: that the policy's generations are not
  /// those that the log's would have been. `nil` also where one of the two multiplies nothing.
  public func difference(from header: LogHeader) -> String? {
    guard configuration != nil, Self.isDigest(header.weightsDigest) else { return nil }
    if let difference = conditions.difference(from: header.conditions) {
      return "the log was recorded with another \(difference), so generations differ"
    }
    return weightsDigest == header.weightsDigest ? nil : "the log was recorded by other weights"
  }

  /// Whether a log says that its policy had weights, rather than the policy's name.
  private static func isDigest(_ text: String) -> Bool {
    text.utf8.count == 64 && text.allSatisfy(\.isHexDigit)
  }
}
