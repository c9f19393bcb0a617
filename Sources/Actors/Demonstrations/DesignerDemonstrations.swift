/// Draws what designers see in the cold start: scripts from a declared mixture, or all alike, independent of the task.
///
/// The design does not depend on the level, so the cold start teaches the language and not which design is good.
package struct DesignerDemonstrations: Sendable {
  package let family: any TaskFamily
  package var levels: ClosedRange<Int>
  package let designs: DesignDistribution

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

  /// Draws one demonstration, from a training task of a uniformly drawn level.
  /// - Throws: ``TaskError`` if there is no such task.
  package func draw(using generator: inout some RandomNumberGenerator) throws -> Demonstration {
    let level = Int.random(in: levels, using: &generator)
    let task = try family.instance(level: level, split: .train, using: &generator)
    return Demonstration(
      family: family.name, role: TroupeVocabulary.designer, level: level, instance: task.hash,
      question: ExecutorPrompt(role: TroupeVocabulary.designer, state: task.statement), completion: designs.draw(using: &generator).description)
  }
}
