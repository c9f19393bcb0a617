/// Draws what designers see in the cold start: scripts from a declared mixture, whatever the task.
///
/// The design does not depend on the level, so the cold start teaches the language and not which design is good.
public struct DesignerDemonstrations: Sendable {
  public let family: any TaskFamily
  public var levels: ClosedRange<Int>
  public var mixture: DesignMixture
  public var grammar: ScriptGrammar

  public init(
    family: any TaskFamily, levels: ClosedRange<Int>, mixture: DesignMixture = .standard(),
    grammar: ScriptGrammar
  ) {
    self.family = family
    self.levels = levels
    self.mixture = mixture
    self.grammar = grammar
  }

  public func draw(using generator: inout some RandomNumberGenerator) throws(TaskError) -> Demonstration {
    let level = Int.random(in: levels, using: &generator)
    let task = try family.instance(level: level, split: .train, using: &generator)
    guard let script = mixture.draw(for: family, grammar: grammar, using: &generator) else {
      throw .parameters(family: family.name, "no design of the mixture fits the grammar")
    }
    return Demonstration(
      family: family.name, role: TroupeVocabulary.designer, level: level, instance: task.hash,
      prompt: family.designPrompt(task), completion: script.description)
  }
}
