import Foundation
import Policy

extension Trainer {
  /// Reads the policy from which the scenario starts; `nil` if it has a cold start of its own.
  /// - Throws: ``ScenarioError`` if there is no such policy, if its roles have weights of their own (or, for a cold start of
  ///   adapters, if they have no adapters of the scenario's shape), or if its vocabulary or its shape is not the scenario's.
  func givenColdStart() throws(ScenarioError) -> RoleWeights? {
    guard let from = scenario.coldStart.policy else { return nil }
    func failure(_ what: String) -> ScenarioError {
      scenario.failure(at: ["coldStart", "from"], .impossibleValue, what)
    }
    let policy: RoleWeights
    let tokenizer: any Tokenizer
    do {
      (policy, tokenizer) = try RoleWeights.read(URL(filePath: from))
    } catch {
      throw failure("\(error)")
    }
    guard hasVocabulary(of: tokenizer) else {
      throw failure("the vocabulary of \(from) is not the scenario's")
    }
    guard policy.shared.configuration == configuration else {
      throw failure("the model in \(from) does not have the shape that `policy` gives")
    }
    if scenario.coldStartTrainsAdapters {
      guard policy.hasAdapters(scenario.weights) else {
        throw failure(
          "\(from) has no adapters of the shape that `weights` gives; give the cold-start of a run that has them"
        )
      }
      guard policy.frozen?.format == FrozenWeights.Format(scenario.weights.base) else {
        throw failure("the weights of \(from) are not stored as weights.base says")
      }
      guard policy.shared == initialState.models.shared else {
        throw failure("the adapters of \(from) are of another model than policy.from")
      }
    } else if !policy.areShared {
      throw failure(
        "\(from) has other weights for each role; give a policy that both share, such as a run's cold-start")
    }
    return policy
  }

  /// Whether a tokenizer has the tokens of the policy's own, with the same ids.
  private func hasVocabulary(of other: any Tokenizer) -> Bool {
    guard let pairs = published?.language.tokenizer else {
      return other as? WordTokenizer == agents.tokenizer
    }
    guard let other = other as? BytePairTokenizer, other.vocabularySize == pairs.vocabularySize else {
      return false
    }
    return (0..<Int32(pairs.vocabularySize)).allSatisfy { pairs.bytes(of: $0) == other.bytes(of: $0) }
  }

  /// Performs one supervised step, and returns the mean loss of a token in nats.
  ///
  /// The adapters of a published model learn each from the demonstrations of its own role; other policies from all.
  /// - Throws: ``HeldOutTask``; `NotFiniteError` if loss, gradient or weights are not finite.
  package func coldStep(_ state: inout TrainerState, _ begin: Observer = { _ in }) throws -> Double {
    begin(.demonstrations)
    let demonstrations = try fineTuning.demonstrations(step: state.coldSteps)
    let rate = fineTuning.learningRate(step: state.coldSteps)
    let clip = scenario.optimizer.clipNorm.map { Float($0) }
    var loss = 0.0
    if scenario.coldStartTrainsAdapters {
      for role in Role.allCases {
        let sequences = demonstrations.sequences(of: role)
        guard !sequences.isEmpty else { continue }
        begin(.gradient)
        let (gradient, statistics) = try engine.gradient(
          of: sequences, model: state.models.model(of: role, products: products),
          adapter: state.models.adapter(of: role))
        begin(.optimizer)
        func step(_ optimizer: inout AdamW) throws {
          _ = try state.models.update(
            role, &optimizer, gradient: gradient, learningRate: rate, clipNorm: clip, threads: engine.threads)
        }
        if role == .executor { try step(&state.executor) } else { try step(&state.designer) }
        loss += statistics.loss * Double(statistics.tokenCount) / Double(demonstrations.tokenCount)
      }
    } else {
      begin(.gradient)
      let (gradient, statistics) = try engine.gradient(
        of: demonstrations.sequences, model: model(state.models.shared))
      begin(.optimizer)
      state.coldStart.update(
        &state.models.shared, gradient: gradient, learningRate: rate, clipNorm: clip, threads: engine.threads)
      if let place = state.models.shared.firstNotFinite { throw NotFiniteError(place: place) }
      loss = statistics.loss
    }
    state.coldSteps += 1
    if state.coldSteps == scenario.coldStart.steps { state.endColdStart(scenario) }
    return loss
  }
}
