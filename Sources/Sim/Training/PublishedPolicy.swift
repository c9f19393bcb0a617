import Actors
import Foundation
import Policy

/// A published chat model from which a run starts: its weights, and how it says the words of agents.
struct PublishedPolicy: Sendable {
  let weights: Weights
  let language: ChatLanguage

  /// Reads the model that the scenario names; `nil` if it names none. One that does not fit into memory is refused before its
  /// weights are read.
  /// - Throws: ``ScenarioError`` if it cannot be read or does not write byte pairs, or if the scenario asks for what only a
  ///   policy with the agents' own words can do.
  init?(
    of scenario: Scenario, agents: AgentSetup, families: [any TaskFamily], threads: Int
  ) throws(ScenarioError) {
    guard let from = scenario.policy.from else { return nil }
    func failure(_ what: String) -> ScenarioError {
      scenario.failure(at: ["policy", "from"], .impossibleValue, what)
    }
    let tokenizer: any Tokenizer
    let template: ChatTemplate
    do {
      let configuration = try Checkpoint.readConfiguration(URL(filePath: from))
      if let complaint = TrainingMemory(
        configuration, adapters: scenario.coldStartTrainsAdapters, frozen: scenario.weights.base != .f32,
        threads: threads
      ).complaint(about: from) {
        throw failure(complaint)
      }
      (weights, tokenizer) = try Checkpoint.read(URL(filePath: from))
      template = try Checkpoint.chatTemplate(URL(filePath: from)) ?? .qwen3
    } catch let error as ScenarioError {
      throw error
    } catch {
      throw failure("\(error)")
    }
    guard let pairs = tokenizer as? BytePairTokenizer else {
      throw failure("\(from) has no vocabulary of byte pairs; a policy of words goes into coldStart.from")
    }
    guard scenario.credit.spans == 0 else {
      throw scenario.failure(
        at: ["credit", "spans"], .contradiction,
        "a published model's tokens do not end where statements end, so spans have no credit of their own")
    }
    language = ChatLanguage(
      pairs, template: template, vocabularySize: weights.configuration.vocabularySize,
      grammar: agents.grammar,
      families: families, words: agents.tokenizer)
  }
}
