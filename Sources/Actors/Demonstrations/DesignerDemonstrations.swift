/// Draws what designers see in the cold start: scripts from a declared mixture, or all alike, independent of the task.
///
/// The design does not depend on the level, so the cold start teaches the language and not which design is good.
package struct DesignerDemonstrations: Sendable {
  package let family: any TaskFamily
  package var levels: ClosedRange<Int>
  package let designs: DesignDistribution
  /// How roles can be worded. Where there are wordings, half of the roles in a script have one in their place.
  package var wordings: [String: [String]] = [:]

  package init(
    family: any TaskFamily, levels: ClosedRange<Int>, mixture: DesignMixture = .standard(),
    grammar: ScriptGrammar
  ) throws(TaskError) {
    self.family = family
    self.levels = levels
    designs = try mixture.distribution(for: family, grammar: grammar)
  }

  package init(family: any TaskFamily, levels: ClosedRange<Int>, designs: DesignDistribution) {
    self.family = family
    self.levels = levels
    self.designs = designs
  }

  /// Draws one demonstration, from a training task of a uniformly drawn level. It shows `script` if one is given.
  /// - Throws: ``TaskError`` if there is no such task.
  package func draw(
    using generator: inout some RandomNumberGenerator, script: Script? = nil
  ) throws -> Demonstration {
    let level = Int.random(in: levels, using: &generator)
    let task = try family.instance(level: level, split: .train, using: &generator)
    let script = (script ?? designs.draw(using: &generator)).wording {
      wordings.draw(for: $0, using: &generator)
    }
    return Demonstration(
      family: family.name, role: TroupeVocabulary.designer, level: level, instance: task.hash,
      question: ExecutorPrompt(role: TroupeVocabulary.designer, state: task.statement),
      prompt: family.designPrompt(task), completion: script.description)
  }
}

extension [String: [String]] {
  /// One of the wordings of a role in half of the cases; `nil` otherwise. A role without wordings takes no draw.
  func draw(for role: String, using generator: inout some RandomNumberGenerator) -> String? {
    guard let all = self[role], !all.isEmpty, Bool.random(using: &generator) else { return nil }
    return all[Int.random(in: all.indices, using: &generator)]
  }
}

extension Script {
  /// The script with roles that are worded as `wording` says, in agents and ensembles.
  func wording(_ wording: (String) -> String?) -> Script {
    var result = self
    for index in statements.indices {
      switch statements[index].node {
      case .agent(let role):
        result.statements[index].node = .agent(role: wording(role).map(Script.role) ?? role)
      case .ensemble(let count, .role(let role), let decision):
        guard let worded = wording(role) else { continue }
        result.statements[index].node = .ensemble(
          count: count, of: .role(Script.role(wording: worded)), by: decision)
      default: continue
      }
    }
    return result
  }
}
