import Actors
import Foundation
import Messaging
import Policy

/// Whoever answers generations, by the name that `--policy` gives it.
///
/// `scripted` knows the answers; `recorded:LOG` says again what a log recorded; a name that a program registered
/// (``ActorRegistry/registerPolicy(_:_:)``) is a user's own; anything else is a directory with weights: Troupe's, or a
/// published chat model's, which is asked through ``ChatServer``.
public struct PolicySource: Sendable {
  /// What a log says about whose generations it holds.
  public let weightsDigest: String
  public let kernel: String
  public let heights: [Int]
  /// What the user should be told.
  public let warning: String?
  /// Of the model, if there is one: that of both roles.
  public let configuration: ModelConfiguration?
  private let make: @Sendable () throws -> HierarchicalRollout.Servers

  /// - Parameter threads: how many work on one server's steps.
  public init(
    named name: String, _ scenario: Scenario, _ registry: ActorRegistry = ActorRegistry(), threads: Int = 1
  ) throws {
    var (kernel, heights, warning, configuration) = ("", [Int](), String?.none, ModelConfiguration?.none)
    if name == "scripted" {
      weightsDigest = name
      let families = try TaskSource(scenario).families
      make = { .both(ScriptedServer(ScriptedPolicy(families: families))) }
    } else if let own = registry.policy(name) {
      weightsDigest = name
      make = { .both(try own(scenario)) }
    } else if name.hasPrefix("recorded:") {
      weightsDigest = "recorded"
      var recording = RecordedServer.Recording()
      var log = try EpisodeLog(URL(filePath: String(name.dropFirst("recorded:".count))))
      while let (_, history) = try log.next() { try recording.add(history.events) }
      make = { [recording] in .both(RecordedServer(recording)) }
    } else {
      let directory = URL(filePath: name)
      let (weights, tokenizer) = try RoleWeights.read(directory)
      let plan = BlockPlan(probing: weights.shared.configuration)
      let executor = Transformer(weights: weights.weights(of: .executor), plan: plan)
      let designer =
        weights.areShared ? executor : Transformer(weights: weights.weights(of: .designer), plan: plan)
      weightsDigest = weights.digest
      (kernel, heights, warning, configuration) = (
        BLAS.kernel, plan.heights, plan.warning, weights.shared.configuration
      )
      let decoders: @Sendable () -> HierarchicalRollout.Servers = {
        .init(designer: designer, executor: executor, threads: threads)
      }
      if let published = tokenizer as? BytePairTokenizer {
        let families = try scenario.tasks.families.map(TaskSource.family)
        let grammar = try AgentSetup(scenario, families: families).grammar
        let spelling = SpelledConstraint.Spelling(
          published, words: TroupeVocabulary.tokenizer,
          vocabularySize: weights.shared.configuration.vocabularySize)
        make = {
          decoders().mapped {
            ChatServer($0, tokenizer: published, spelling: spelling, grammar: grammar, families: families)
          }
        }
      } else if tokenizer as? WordTokenizer == TroupeVocabulary.tokenizer {
        make = decoders
      } else {
        throw CheckpointError(
          .vocabulary, directory.relativePath, "its vocabulary is neither the built-in one nor of byte pairs")
      }
    }
    (self.kernel, self.heights, self.warning, self.configuration) = (kernel, heights, warning, configuration)
  }

  /// Who answers on one thread.
  public func servers() throws -> HierarchicalRollout.Servers { try make() }

  /// What a log that was recorded by `header`'s policy should know of before this one goes on with it.
  public func difference(from header: LogHeader) -> String? {
    guard !kernel.isEmpty, !header.kernel.isEmpty else { return nil }
    if kernel != header.kernel {
      return """
        the log was recorded on BLAS kernel \(header.kernel) and this is \(kernel), whose generations differ; \
        --blas-kernel \(header.kernel) pins it
        """
    }
    return weightsDigest == header.weightsDigest ? nil : "the log was recorded by other weights"
  }
}
