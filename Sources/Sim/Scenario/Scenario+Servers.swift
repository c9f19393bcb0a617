import Foundation
import Serving

extension RemoteSettings.Interface: SettingsWord {}
extension RemoteSettings.Grammar: SettingsWord {}

extension Scenario {
  /// The servers behind a network that answer for roles, in place of policies in process.
  package struct Servers: SettingsSection {
    /// The server that answers for designers; `nil` if a policy in process does.
    package var designer: Server?
    /// The server that answers for executors; `nil` if a policy in process does.
    package var executor: Server?

    package init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("designer", &designer)
      try table.field("executor", &executor)
    }

  }

  /// The scenario with the default limits of servers. They decide when a server is asked and how often, but not what: a run that a budget
  /// ended can go on with a greater one.
  var withoutServerLimits: Scenario {
    var scenario = self
    scenario.servers.designer?.forgetLimits()
    scenario.servers.executor?.forgetLimits()
    return scenario
  }

  /// A server that speaks OpenAI's interface, and how it is asked.
  package struct Server: SettingsSection {
    /// The address up to `/chat/completions`, such as `http://127.0.0.1:8080/v1`.
    package var url = ""
    /// The model's name; `null` for the only one that the server has.
    package var model: String?
    /// Whether an answer by a model of another name counts. Otherwise it ends the run.
    package var anyModel = false
    /// The environment variable that holds the key; `null` if the server takes none. The key itself is in no file.
    package var key: String?
    /// `chat`, in which the server applies its model's template, or `completions`, which gets one text: of agents who speak in
    /// Troupe's words the question as it is, which a policy of words behind `troupe serve` reads.
    package var interface = RemoteSettings.Interface.chat
    /// How the server takes the grammar of scripts: `gbnf` (llama.cpp, Troupe), `guided` (vLLM), `schema` (OpenAI and others: the
    /// script comes as JSON, and may still break rules), or `none`, where a designer may write what is no script.
    package var grammar = RemoteSettings.Grammar.none
    /// Whether log-probabilities are asked for.
    package var logProbabilities = true
    /// How many bits of each generation's seed are sent: 0 for none, 31 where servers read no more, 64 for `troupe serve`.
    package var seedBits = 31
    /// Whether answers come as a stream.
    package var stream = false
    /// The most requests at a time.
    package var concurrency = 8
    /// The most requests a minute, evenly spread; `null` for any number.
    package var perMinute: Double?
    /// The time of the wall clock within which a whole answer must come.
    package var timeout = Duration.seconds(120)
    /// How often a request is sent at most, if it fails for a reason that may pass.
    package var attempts = 6
    package var budget = Budget()

    package init() {}

    /// What all calls to a server may cost together. A run that would go beyond ends, keeps what it has, and can be resumed.
    package struct Budget: SettingsSection {
      /// The most calls; `null` for any number.
      package var calls: Int?
      /// The most tokens of prompts and completions; `null` for any number.
      package var tokens: Int?
      /// The most money, in the unit of the prices; `null` for any amount.
      package var money: Double?
      /// The price of a million tokens of prompts.
      package var promptPrice = 0.0
      /// The price of a million tokens of completions.
      package var completionPrice = 0.0

      package init() {}

      mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
        try table.field("calls", &calls, .atLeast(0))
        try table.field("tokens", &tokens, .atLeast(0))
        try table.field("money", &money, .atLeast(0))
        try table.field("promptPrice", &promptPrice, .atLeast(0))
        try table.field("completionPrice", &completionPrice, .atLeast(0))
        table.require(
          money == nil || promptPrice > 0 || completionPrice > 0, at: "money",
          "a budget of money needs prices: promptPrice and completionPrice")
      }

      var limits: CallBudget {
        var budget = CallBudget()
        (budget.calls, budget.tokens, budget.money) = (calls, tokens, money)
        (budget.promptPrice, budget.completionPrice) = (promptPrice, completionPrice)
        return budget
      }
    }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("url", &url, required: true, .serverAddress)
      try table.field("model", &model, .notEmpty)
      try table.field("anyModel", &anyModel)
      try table.field("key", &key, .notEmpty)
      try table.field("interface", &interface)
      try table.field("grammar", &grammar)
      try table.field("logProbabilities", &logProbabilities)
      try table.field("seedBits", &seedBits, .within(0...64))
      try table.field("stream", &stream)
      try table.field("concurrency", &concurrency, .within(1...256))
      try table.field("perMinute", &perMinute, .within(0.01...1e6))
      try table.field("timeout", &timeout, .positive)
      try table.field("attempts", &attempts, .within(1...100))
      try table.field("budget", &budget)
      table.require(
        grammar != .schema || interface == .chat, at: "grammar", "a schema needs the interface \"chat\"")
    }

    fileprivate mutating func forgetLimits() {
      let initial = Server()
      (concurrency, perMinute, timeout) = (initial.concurrency, initial.perMinute, initial.timeout)
      (attempts, budget) = (initial.attempts, initial.budget)
    }

    /// - Throws: ``RemoteError`` if the address is none, which a scenario that was read rules out.
    func settings() throws(RemoteError) -> RemoteSettings {
      var settings = RemoteSettings(try ServerAddress(url))
      (settings.model, settings.acceptsOtherModels, settings.keyVariable) = (model, anyModel, key)
      (settings.interface, settings.grammar) = (interface, grammar)
      (settings.asksLogProbabilities, settings.seedBits, settings.streams) = (
        logProbabilities, seedBits, stream
      )
      (settings.concurrency, settings.perMinute) = (concurrency, perMinute)
      settings.timeout = timeout / .seconds(1)
      settings.retries.attempts = attempts
      settings.budget = budget.limits
      return settings
    }
  }
}

extension Rule where Value == String {
  /// The rule that a text is the address of a server.
  fileprivate static var serverAddress: Rule {
    Rule { (text, setting) throws(ScenarioError) in
      do throws(RemoteError) {
        _ = try ServerAddress(text)
      } catch {
        throw setting.failure(.impossibleValue, "\(error)")
      }
    }
  }
}
