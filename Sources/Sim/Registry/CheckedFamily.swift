import Actors
import Policy

/// A family of a scenario with the tools that the program registered; what a registered family or tool gives back is
/// checked.
struct CheckedFamily: TrialFamily {
  let family: any TaskFamily
  /// `nil` for a family that Troupe brings along.
  let part: RegisteredPart?
  let tools: [String: (part: RegisteredPart, tool: Registry.Tool)]
  let tokenizer: WordTokenizer

  var name: String { family.name }
  var levels: ClosedRange<Int> { family.levels }
  var stepTools: [String] { family.stepTools }
  var hasTests: Bool { family.hasTests }
  var joinsDigits: Bool { family.joinsDigits }
  var isText: Bool { family.isText }

  func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws -> TaskInstance {
    guard let part else { return try family.instance(level: level, split: split, using: &generator) }
    let drawn = Result { try family.instance(level: level, split: split, using: &generator) }
    let task = try part.calling { try drawn.get() }
    if let flaw = flaw(of: task, level: level, split: split) { throw part.fault(flaw) }
    return task
  }

  /// What cannot be right about a drawn task.
  private func flaw(of task: TaskInstance, level: Int, split: TaskSplit) -> String? {
    guard task.family == name else { return "drew a task of family \"\(task.family)\"" }
    guard task.level == level else { return "drew a task of level \(task.level) in place of \(level)" }
    guard task.split == split else {
      return "drew a \(task.split) task in place of a \(split) one; its hash decides which it is"
    }
    let start = family.start(task)
    guard family.recognizes(state: start.state) else {
      return "does not recognize the state \"\(start.state)\" that its task starts with"
    }
    for text in isText ? [] : [designPrompt(task), task.solution] {
      do throws(TokenizerError) { _ = try tokenizer.encode(text) } catch {
        return "wrote \"\(text)\": \(error)"
      }
    }
    var solved = start
    solved.answer = task.solution
    return family.verify(solved, on: task)
      ? nil : "does not verify its own solution \"\(task.solution)\" of \"\(task.statement)\""
  }

  func run(tool name: String, on work: Work) throws -> Work {
    guard let (part, tool) = tools[name] else { return try family.run(tool: name, on: work) }
    let result: Work
    do {
      result = try tool.run(work)
    } catch let fault as WorkFault {
      throw fault
    } catch {
      throw part.fault("threw \(error)")
    }
    guard family.recognizes(state: result.state) else {
      throw part.fault("left \"\(result.state)\", which is no state of \(family.name)")
    }
    return result
  }

  func trial(ofTool name: String, on work: Work) -> Trial? {
    tools[name] == nil ? (family as? any TrialFamily)?.trial(ofTool: name, on: work) : nil
  }

  func run(tool name: String, on work: Work, after report: TrialReport) throws(WorkFault) -> Work {
    guard let family = family as? any TrialFamily else { return work }
    return try family.run(tool: name, on: work, after: report)
  }

  func trial(of work: Work, on task: TaskInstance) -> Trial? {
    (family as? any TrialFamily)?.trial(of: work, on: task)
  }

  func effect(ofTool name: String) -> WorkEffect { tools[name]?.tool.effect ?? family.effect(ofTool: name) }

  func start(_ task: TaskInstance) -> Work { family.start(task) }
  func designPrompt(_ task: TaskInstance) -> String { family.designPrompt(task) }
  func prompt(for role: String, on work: Work, beside others: [Work]) -> ExecutorPrompt {
    family.prompt(for: role, on: work, beside: others)
  }
  func subtasks(of work: Work, atMost count: Int) -> [Work] { family.subtasks(of: work, atMost: count) }
  func size(of work: Work) -> Int { family.size(of: work) }
  func instructions(for role: String) -> String { family.instructions(for: role) }
  func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    try family.apply(output, as: role, to: work)
  }
  func plays(_ role: String) -> Bool { family.plays(role) }
  func isShown(_ prompt: ExecutorPrompt) -> Bool { family.isShown(prompt) }
  func effect(ofRole role: String) -> WorkEffect { family.effect(ofRole: role) }
  func testsPassed(_ work: Work) -> Int? { family.testsPassed(work) }
  func verify(_ work: Work, on task: TaskInstance) -> Bool { family.verify(work, on: task) }
  func recognizes(state: String) -> Bool { family.recognizes(state: state) }
  func hash(ofState state: String) -> UInt64? { family.hash(ofState: state) }
  func remainingSteps(_ state: String) -> Int? { family.remainingSteps(state) }
  func reference(_ prompt: ExecutorPrompt) -> String? { family.reference(prompt) }
  func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    family.corrupted(output, for: prompt, using: &generator)
  }
}

extension Registry {
  /// The families that a scenario names, in its order.
  /// - Throws: ``ScenarioError`` if a registered family, or one from a file, cannot be made; `TaskError` if a built-in one
  ///   cannot.
  public func families(of scenario: Scenario) throws -> [any TaskFamily] {
    let tokenizer = tokenizer(of: scenario)
    var tools: [String: (part: RegisteredPart, tool: Tool)] = [:]
    for (index, name) in scenario.tools.enumerated() {
      guard let tool = self.tools[name] else { continue }
      tools[name] = (part("tool", name, catalogue.tools, of: scenario, at: ["tools", "\(index)"]), tool)
    }
    let made = try scenario.tasks.families.enumerated().map { index, setting -> any TaskFamily in
      guard let own = families[setting.name] else {
        let family = try family(setting)
        return tools.isEmpty
          ? family : CheckedFamily(family: family, part: nil, tools: tools, tokenizer: tokenizer)
      }
      let known = catalogue.families.map(\.name)
      let part = part("family", setting.name, known, of: scenario, at: ["tasks", "families", "\(index)"])
      let family = try part.calling { try own.make(setting.options) }
      guard family.name == setting.name else { throw part.fault("calls itself \"\(family.name)\"") }
      return CheckedFamily(family: family, part: part, tools: tools, tokenizer: tokenizer)
    }
    if let text = made.first(where: \.isText), let other = made.first(where: { !$0.isText }) {
      throw scenario.failure(
        at: ["tasks", "families"], .contradiction,
        "the problems of \(text.name) are text, and those of \(other.name) are words of the vocabulary; a run has one or the other"
      )
    }
    if scenario.script.maximumWording > 0, let words = made.first(where: { !$0.isText }) {
      throw scenario.failure(
        at: ["script", "maximumWording"], .contradiction,
        "a role can be worded only for problems that are text, and those of \(words.name) are words of the vocabulary"
      )
    }
    return made
  }

  /// The built-in family of a setting, at all its levels.
  private func family(_ setting: Scenario.Family) throws -> any TaskFamily {
    switch setting.name {
    case "arithmetic":
      let largest = setting.options["largest"] ?? 99
      return try ArithmeticFamily(firstOperands: 1...largest, values: 0...largest)
    case "synthesis": return try SynthesisFamily()
    case "products": return try ProductsFamily(largest: setting.options["largest"] ?? 999)
    case "countdown": return try CountdownFamily(largest: setting.options["largest"] ?? 60)
    case "sums": return try SumsFamily(part: setting.options["part"] ?? 3, base: setting.options["base"] ?? 6)
    case "repair": return RepairFamily()
    case "ordering": return OrderingFamily()
    case "threshold": return try ThresholdFamily(largest: setting.options["largest"] ?? 19)
    case FileFamily.word: return try FileFamily(questionFile(setting))
    case QuestionsFamily.word: return try QuestionsFamily(questionFile(setting), verifiers)
    case "stories": return StoriesFamily()
    case "prices": return PricesFamily()
    case "programs": return ProgramsFamily()
    case "trace": return try TraceFamily(length: setting.options["length"] ?? 4)
    default: throw TaskError.parameters(family: setting.name, "no family of this name is known")
    }
  }

  func questionFile(_ setting: Scenario.Family) -> QuestionFile {
    QuestionFile(path: setting.texts["path"] ?? "", settings: setting.questions, catalogue: catalogue)
  }

  /// The vocabulary of a scenario: the built-in words, and behind them those of its scripts, of the registered families
  /// and tools that it names, and of its files of questions. A file that cannot be read adds none, and is no family.
  public func tokenizer(of scenario: Scenario) -> WordTokenizer {
    let own =
      scenario.tasks.families.flatMap { families[$0.name]?.words ?? [] }
      + scenario.tools.filter { tools[$0] != nil } + ((try? scenario.grammar())?.words ?? [])
      + scenario.tasks.families.flatMap { setting in
        setting.name == FileFamily.word
          ? (try? FileFamily(questionFile(setting)))?.words ?? [] : []
      }
    var words = TroupeVocabulary.words
    for word in own where !words.contains(word) { words.append(word) }
    return words.count == TroupeVocabulary.words.count
      ? TroupeVocabulary.tokenizer : WordTokenizer(words: words)
  }
}
