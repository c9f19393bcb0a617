import Policy

/// The scripts that a designer may write: which nodes, roles and tools exist, and how much a script may cost.
///
/// What may follow what is said once, by `ScriptPlace`. The parser, the decoding mask (`mask(over:)`), the export
/// for other decoders (`gbnf`) and the list of all scripts (`ScriptCatalog`) walk the same places, so they cannot disagree.
public struct ScriptGrammar: Hashable, Sendable {
  /// The roles of executors, by what a script can use them for.
  package struct Roles: Hashable, Sendable {
    /// Roles that work: `agent`, copies of an `ensemble`, the refiner of `reflect` and so on.
    package var workers: [String]
    /// Roles that accept or reject work.
    package var critics: [String]
    /// Roles that name one of several performers.
    package var routers: [String] = []
    /// Roles that name subtasks.
    package var splitters: [String] = []
    /// Roles that read several results and make one of them.
    package var joiners: [String] = []

    package init(
      workers: [String], critics: [String] = [], routers: [String] = [], splitters: [String] = [],
      joiners: [String] = []
    ) {
      self.workers = workers
      self.critics = critics
      self.routers = routers
      self.splitters = splitters
      self.joiners = joiners
    }

    package var all: [String] { workers + critics + routers + splitters + joiners }
  }

  /// The nodes and decisions that a script may have, and how large it may be.
  package struct Extent: Hashable, Sendable {
    package var nodes: [Script.Kind] = [.agent, .ensemble, .reflect, .tool]
    /// The decisions that need no executor: `majority`, `weighted` and `tests`.
    package var votes: [Script.Decision] = [.majority, .tests]
    /// Whether a `route` may go by the size of the work.
    package var routesBySize = true
    /// The most statements, from 1 to ``Script/maximumStatements``, of the script and of each part that it
    /// defines; the answer does not count.
    package var maximumStatements = Script.maximumStatements
    /// The call budget: the most generations that a script may need, from 1 to ``greatestBudget``.
    package var maximumCalls = 8
    /// How many inputs a statement may have, from 1 to 4.
    package var maximumInputs = 1
    /// How many parts a script may define, from 0 to 3.
    package var maximumParts = 0
    /// The most characters in which a script may word a role of its own, from 0 to ``greatestWording``; with 0 it may word none.
    package var maximumWording = 0

    package init() {}
  }

  package let roles: Roles
  package let tools: [String]
  package let extent: Extent
  /// Parts that every script may use without defining them.
  package let library: [Script.Part]
  /// The calls and the parameters of the library's parts, in its order.
  private let definitionsOfLibrary: [ScriptPlace.Definition]

  package var maximumStatements: Int { extent.maximumStatements }
  package var maximumCalls: Int { extent.maximumCalls }

  /// Makes a grammar of agents, ensembles, reflections and tools.
  /// - Throws: ``ScriptGrammarError`` for numbers out of range, no roles, or a name that is not one word or is given
  ///   twice.
  public init(
    roles: [String] = ["step", "solve"], critics: [String] = ["check"], tools: [String] = ["run", "test"],
    maximumStatements: Int = Script.maximumStatements, maximumCalls: Int = 8
  ) throws(ScriptGrammarError) {
    var extent = Extent()
    extent.maximumStatements = maximumStatements
    extent.maximumCalls = maximumCalls
    try self.init(roles: Roles(workers: roles, critics: critics), tools: tools, extent: extent)
  }

  /// Makes a grammar. The texts of `library` are definitions, such as `define chain(x) [ ... ];`, each of which may use
  /// those before it.
  /// - Throws: ``ScriptGrammarError`` for numbers out of range, no roles, a name that is not one word or is given twice, or
  ///   a part of the library that is none.
  package init(
    roles: Roles, tools: [String] = [], extent: Extent = Extent(), library: [String] = []
  ) throws(ScriptGrammarError) {
    guard (1...Script.maximumStatements).contains(extent.maximumStatements) else {
      throw .statements(extent.maximumStatements)
    }
    guard (1...Self.greatestBudget).contains(extent.maximumCalls) else { throw .calls(extent.maximumCalls) }
    guard (1...Self.greatestInputs).contains(extent.maximumInputs) else {
      throw .inputs(extent.maximumInputs)
    }
    guard (0...Script.partNames.count).contains(extent.maximumParts) else {
      throw .parts(extent.maximumParts)
    }
    guard (0...Self.greatestWording).contains(extent.maximumWording) else {
      throw .wording(extent.maximumWording)
    }
    guard !roles.workers.isEmpty else { throw .noRoles }
    for (what, words) in [("role", roles.all), ("tool", tools)] {
      for (index, word) in words.enumerated() {
        guard Self.isWord(word) else { throw .notAWord(what, word) }
        guard !words[..<index].contains(word) else { throw .twice(what, word) }
      }
    }
    var parts: [Script.Part] = []
    // What bounds a designer's scripts does not bound the statements of the scenario's own parts.
    var extentOfParts = extent
    extentOfParts.maximumStatements = Script.maximumStatements
    for text in library {
      let part: Script.Part
      do throws(ScriptError) {
        part = try Self(roles, tools, extentOfParts, parts).libraryPart(text)
      } catch {
        throw .library(text, error)
      }
      guard !parts.contains(where: { $0.name == part.name }), !(roles.all + tools).contains(part.name) else {
        throw .twice("part", part.name)
      }
      parts.append(part)
    }
    self.init(roles, tools, extent, parts)
    guard !successors(of: ScriptPlace()).isEmpty else { throw .noScripts }
  }

  private init(_ roles: Roles, _ tools: [String], _ extent: Extent, _ library: [Script.Part]) {
    self.roles = roles
    self.tools = tools
    self.extent = extent
    self.library = library
    definitionsOfLibrary = library.map {
      .init(calls: $0.statements.reduce(0) { $0 + $1.node.maximumCalls }, parameters: $0.parameters)
    }
  }

  private static func isWord(_ word: String) -> Bool {
    !word.isEmpty && word.allSatisfy { $0.isLetter || $0 == "_" }
  }

  /// The largest call budget a grammar may declare.
  package static let greatestBudget = 64
  /// The most inputs of a statement that a grammar may declare.
  package static let greatestInputs = 4

  /// The longest wording of a role that a grammar may declare, in characters.
  package static let greatestWording = 400

  /// Whether a role can be worded so: printable ASCII without quotation marks, and no longer than the grammar allows.
  func allows(wording: String) -> Bool {
    (1...max(1, extent.maximumWording)).contains(wording.count) && extent.maximumWording > 0
      && wording.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\"") }
  }

  /// Throws if the grammar does not allow `script`: the error that parsing its canonical text gives.
  /// - Complexity: O(length of its text).
  public func validate(_ script: Script) throws(ScriptError) {
    _ = try parse(script.description)
  }

  /// Parses a script. White space is free, `#` starts a comment, and a new line ends a statement as well as `;` does.
  /// - Complexity: O(length of `text`).
  public func parse(_ text: String) throws(ScriptError) -> Script {
    var parser = try ScriptParser(text, grammar: self)
    return try parser.script()
  }

  /// The grammar without a limit of calls.
  var withoutBudget: ScriptGrammar {
    var extent = extent
    extent.maximumCalls = .max / 2
    return Self(roles, tools, extent, library)
  }

  /// Parses one definition, whose name may be any word.
  private func libraryPart(_ text: String) throws(ScriptError) -> Script.Part {
    var parser = try ScriptParser(text, grammar: self)
    return try parser.libraryPart()
  }

  /// The roles and parts that can perform a piece of work, with the calls and parameters of each; a role takes any number
  /// of inputs.
  func performers(defined: [ScriptPlace.Definition]) -> [(name: String, calls: Int, parameters: Int?)] {
    roles.workers.map { ($0, 1, nil) } + parts(defined: defined).map { ($0.name, $0.calls, $0.parameters) }
  }

  /// The parts of the library and those that the script has defined, with the calls and parameters of each.
  func parts(defined: [ScriptPlace.Definition]) -> [(name: String, calls: Int, parameters: Int)] {
    zip(library, definitionsOfLibrary).map { ($0.name, $1.calls, $1.parameters) }
      + zip(Script.partNames, defined).map { ($0, $1.calls, $1.parameters) }
  }

  /// The most tokens that a script of this grammar can have, with the end token.
  public var maximumTokens: Int {
    // `route pick to step , solve , step , solve` is longer than every other node without its inputs.
    let node = extent.nodes.contains(.route) ? 3 + 2 * Script.alternatives.upperBound : 6
    let body = (node + 2 * extent.maximumInputs + 5) * maximumStatements + 2
    return body * (1 + extent.maximumParts) + 9 * extent.maximumParts + 1
  }

  /// Every word that a script may have.
  package var words: [String] {
    var words = ["=", ";", "(", ")", "answer", "task"]
    words += extent.nodes.map(\.rawValue)
    for kind in extent.nodes {
      words += (kind.counts.upperBound > 1 ? kind.counts.map(String.init) : [])
      words += (kind.rounds.upperBound > 1 ? kind.rounds.map(String.init) : [])
    }
    words += (0..<maximumStatements).map(Script.name(of:)) + roles.all + tools + library.map(\.name)
    if extent.nodes.contains(where: { [.ensemble, .debate].contains($0) }) {
      words += ["by"] + extent.votes.map(\.word)
    }
    if extent.maximumWording > 0 { words.append(Script.quotation) }
    if extent.nodes.contains(.repeat) { words.append("until") }
    if extent.nodes.contains(.route) { words += ["to", ","] + (extent.routesBySize ? ["size"] : []) }
    if extent.maximumInputs > 1 { words.append(",") }
    if extent.maximumParts > 0 {
      words += ["define", "[", "]"] + Script.partNames.prefix(extent.maximumParts)
      words += Script.parameterNames.prefix(extent.maximumInputs)
    }
    var seen: Set<String> = []
    return words.filter { seen.insert($0).inserted }
  }
}

/// Why a grammar cannot be made.
public enum ScriptGrammarError: Error, Hashable, CustomStringConvertible {
  case statements(Int)
  case calls(Int)
  case inputs(Int)
  case parts(Int)
  case wording(Int)
  case noRoles
  /// No statement is within the budget.
  case noScripts
  case notAWord(String, String)
  case twice(String, String)
  /// A text of the library is not a definition.
  case library(String, ScriptError)

  public var description: String {
    switch self {
    case .statements(let count):
      "a script can have 1 to \(Script.maximumStatements) statements, not \(count)"
    case .calls(let count): "the call budget must be 1 to \(ScriptGrammar.greatestBudget), not \(count)"
    case .inputs(let count): "a statement can have 1 to \(ScriptGrammar.greatestInputs) inputs, not \(count)"
    case .parts(let count): "a script can define 0 to \(Script.partNames.count) parts, not \(count)"
    case .wording(let count):
      "the wording of a role can have 0 to \(ScriptGrammar.greatestWording) characters, not \(count)"
    case .noRoles: "a grammar needs at least one role"
    case .noScripts: "no statement that the grammar allows is within its call budget"
    case .notAWord(let what, let word): "the \(what) `\(word)` is not a single word"
    case .twice(let what, let word): "the \(what) `\(word)` is given twice"
    case .library(let text, let error):
      "the library's `\(text.prefix(while: { $0 != "(" && $0 != "\n" }))`: \(error)"
    }
  }
}
