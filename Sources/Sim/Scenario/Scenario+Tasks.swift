import Actors

extension Script.Kind: SettingsWord {}

extension Scenario {
  /// The tasks that are drawn.
  package struct Tasks: SettingsSection {
    package var families = [Family()]
    package var heldOut = HeldOut()

    package init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("families", &families, .notEmpty, .unique("family", \.name))
      try table.field("heldOut", &heldOut)
      table.require(
        families.contains { $0.weight > 0 }, at: "families", kind: .impossibleValue,
        "no family has a weight above 0")
    }
  }

  /// A family of tasks, with its difficulty and its share.
  package struct Family: SettingsSection {
    package var name: String
    /// The difficulty levels, which are drawn uniformly.
    package var levels = 2...4
    /// The weight of the family, relative to the weights of the others.
    package var weight = 1.0
    /// The family's own options, such as the largest operand. It has a value for each option in the catalogue.
    package var options: [String: Int] = [:]
    /// The family's own texts, such as the path of a file. It has a value for each text in the catalogue.
    package var texts: [String: String] = [:]
    /// How its file of questions is read, if it has one.
    package var questions = QuestionSettings()

    package init() { self.init("arithmetic") }

    /// Makes a family with the default options.
    package init(_ name: String, catalogue: ScenarioCatalogue = .stock) {
      self.name = name
      for option in catalogue.families.first(where: { $0.name == name })?.options ?? [] {
        options[option.name] = option.initial
      }
    }

    static func variants(_ catalogue: ScenarioCatalogue) -> [Family] {
      catalogue.families.map { known in
        var family = Family()
        family.name = known.name
        return family
      }
    }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      let catalogue = table.catalogue
      try table.field(
        "name", &name, required: true, decides: true, .known("family", catalogue.families.map(\.name)))
      let known = catalogue.families.first { $0.name == name }
      try table.field("levels", &levels, .inside(known?.levels ?? 1...1))
      try table.field("weight", &weight, .within(0...1e6))
      guard table.isReading else {
        for (name, var value) in options.sorted(by: { $0.key < $1.key }) { try table.field(name, &value) }
        for (name, var value) in texts.sorted(by: { $0.key < $1.key }) { try table.field(name, &value) }
        if !texts.isEmpty { try questions.describe(&table) }
        return
      }
      texts = [:]
      for name in known?.texts ?? [] {
        var value = ""
        try table.field(name, &value, required: true, .notEmpty)
        texts[name] = value
      }
      if !texts.isEmpty { try questions.describe(&table) }
      options = [:]
      for option in known?.options ?? [] {
        var value = option.initial
        try table.field(option.name, &value, .within(option.range))
        options[option.name] = value
      }
    }
  }

  /// The tasks that are kept from cold start and training, for evaluation only.
  package struct HeldOut: SettingsSection {
    package var perFamily = 256
    /// The seed that draws them. It is the same for every seed of a run, so that runs are compared on the same tasks.
    package var seed: UInt64 = 20_260

    package init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("perFamily", &perFamily, .within(1...100_000))
      try table.field("seed", &seed)
    }
  }

  /// What a script may be made of, and its limits (P7).
  package struct ScriptLimits: SettingsSection {
    /// The kinds of nodes that a script may have.
    package var nodes: [Script.Kind] = [.agent, .ensemble, .reflect, .tool]
    /// The votes that an `ensemble` or a `debate` may end with, beside a joiner's decision.
    package var votes: [Vote] = [.majority, .tests]
    /// Whether a `route` may go by the size of the work.
    package var routesBySize = true
    /// Definitions of parts that every script may use: `"define chain(x) [ a = agent step(x); ... answer b ];"`.
    package var library: [String] = []
    /// The number of parts that a script may define.
    package var maximumParts = 0
    /// The number of inputs that a statement may have.
    package var maximumInputs = 1
    /// The most characters in which the designer may word a role of its own, in quotation marks; 0 for no such roles.
    package var maximumWording = 0
    /// Whether the designer is held to the grammar, token by token.
    package var isMasked = true
    package var maximumStatements = 8
    /// The most executor calls that one run of the script may make.
    package var maximumCalls = 8
    /// The most tokens that the designer may write.
    package var maximumTokens = 96

    package init() {}

    package enum Vote: String, Sendable, CaseIterable, SettingsWord {
      case majority, weighted, tests

      var decision: Script.Decision {
        switch self {
        case .majority: .majority
        case .weighted: .weighted
        case .tests: .tests
        }
      }
    }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("nodes", &nodes, .notEmpty, .unique("node", \.rawValue))
      try table.field("votes", &votes, .unique("vote", \.rawValue))
      try table.field("routesBySize", &routesBySize)
      try table.field("library", &library)
      try table.field("maximumParts", &maximumParts, .within(0...Script.partNames.count))
      try table.field("maximumInputs", &maximumInputs, .within(1...ScriptGrammar.greatestInputs))
      try table.field("maximumWording", &maximumWording, .within(0...ScriptGrammar.greatestWording))
      try table.field("mask", &isMasked)
      try table.field("maximumStatements", &maximumStatements, .within(1...Script.maximumStatements))
      try table.field("maximumCalls", &maximumCalls, .within(1...ScriptGrammar.greatestBudget))
      try table.field("maximumTokens", &maximumTokens, .within(1...4096))
    }

    var extent: ScriptGrammar.Extent {
      var extent = ScriptGrammar.Extent()
      extent.nodes = nodes
      extent.votes = votes.map(\.decision)
      extent.routesBySize = routesBySize
      extent.maximumParts = maximumParts
      extent.maximumInputs = maximumInputs
      extent.maximumWording = maximumWording
      extent.maximumStatements = maximumStatements
      extent.maximumCalls = maximumCalls
      return extent
    }
  }

  package struct Executor: SettingsSection {
    /// The most tokens that one executor call may generate.
    package var maximumTokens = 24

    package init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("maximumTokens", &maximumTokens, .within(1...4096))
    }
  }

  /// The virtual time that operations take.
  package struct Latency: SettingsSection {
    /// The time of one generated token; above 0.
    package var perToken = Duration.milliseconds(20)
    /// The time of one tool call.
    package var tool = Duration.milliseconds(50)

    package init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("perToken", &perToken, .positive)
      try table.field("tool", &tool)
    }
  }

  /// The dimensions of the policy's transformer.
  ///
  /// A file gives either `preset: "nano"` (or `"micro"`) or all six numbers.
  package struct PolicyShape: SettingsSection {
    package var hiddenSize = 64
    package var layers = 2
    package var heads = 2
    package var keyValueHeads = 1
    package var headDimension = 32
    package var intermediateSize = 192
    /// The directory or the GGUF file of a published chat model, from whose weights the run starts, with its own tokenizer. It
    /// is relative to the working directory, and fixes all dimensions.
    package var from: String?

    /// Makes the `nano` preset.
    package init() {}

    package enum Preset: String, Sendable, CaseIterable, SettingsWord { case nano, micro }

    package init(_ preset: Preset) {
      guard preset == .micro else { return }
      (hiddenSize, layers, heads, keyValueHeads, headDimension, intermediateSize) = (128, 4, 4, 2, 32, 384)
    }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      var preset: Preset?
      if table.isReading { try table.field("preset", &preset) }
      if let preset { self = PolicyShape(preset) }
      try table.field("from", &from, .notEmpty)
      if from != nil {
        table.require(
          preset == nil, at: "preset", "the model in `from` has its own dimensions; give the one or the other"
        )
        return
      }
      let explicit = preset == nil && !table.isDescribing
      try table.field("hiddenSize", &hiddenSize, required: explicit, .within(1...8192))
      try table.field("layers", &layers, required: explicit, .within(1...128))
      try table.field("heads", &heads, required: explicit, .within(1...128))
      try table.field("keyValueHeads", &keyValueHeads, required: explicit, .within(1...128))
      try table.field("headDimension", &headDimension, required: explicit, .within(2...512))
      try table.field("intermediateSize", &intermediateSize, required: explicit, .within(1...65_536))
      table.require(
        explicit || self == PolicyShape(preset ?? .nano), at: "preset",
        "a preset fixes all dimensions; give the preset or the dimensions, not both")
      table.require(
        heads % keyValueHeads == 0, at: "keyValueHeads", "\(keyValueHeads) does not divide the \(heads) heads"
      )
      for (key, value) in [
        ("hiddenSize", hiddenSize), ("headDimension", headDimension), ("intermediateSize", intermediateSize),
      ] {
        table.require(
          value % 8 == 0, at: key, kind: .impossibleValue,
          "\(value) must be a multiple of 8, the vector width")
      }
    }
  }

  /// The weights of the roles: one shared set, an adapter for each role on a shared set, or a set for each role.
  package struct ParameterSharing: SettingsSection {
    package enum Kind: String, Sendable, CaseIterable, SettingsWord { case shared, adapter, split }
    package var kind = Kind.shared
    /// The inner dimension of an adapter (its rank). The adapter's change has the weight `alpha / rank`.
    package var rank = 8
    package var alpha = 16.0
    package enum Base: String, Sendable, CaseIterable, SettingsWord { case f32, bf16, q8 = "q8_0" }
    /// How the weights under adapters are stored once they no longer learn: from the beginning for a published model, whose
    /// cold start trains adapters, and else when the cold start ends. They are then rounded, once, to bfloat16 (`bf16`, in which
    /// products round their inputs too) or to llama.cpp's Q8_0 (`q8_0`), for decoding and training alike; `f32` keeps them, and
    /// adapters are merged into them.
    package var base = Base.f32

    package init() {}

    /// The default for a published model: it learns by an adapter for each role.
    static let ofPublishedModel: ParameterSharing = {
      var weights = ParameterSharing()
      (weights.kind, weights.rank, weights.alpha) = (.adapter, 16, 32)
      return weights
    }()

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("kind", &kind)
      try table.field("rank", &rank, .within(1...1024))
      try table.field("alpha", &alpha, .positive)
      try table.field("base", &base)
      table.require(
        base == .f32 || kind == .adapter, at: "base",
        "weights that learn are kept in float32; only those under adapters (`kind: \"adapter\"`) can be rounded"
      )
    }
  }
}
