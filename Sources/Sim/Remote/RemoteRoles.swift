import Actors
import Foundation
import Messaging
import Policy
import Serving
import Synchronization

/// The roles that servers behind a network play, and the clients that ask them.
///
/// Nothing is asked before an agent has a question, so that a replay, or a fork whose answers are all recorded, needs no server.
package struct RemoteRoles: Sendable {
  private let designer: LazyClient?
  private let executor: LazyClient?
  private let language: SpokenLanguage
  private let grammar: ScriptGrammar
  /// What of the executors' answers needs log-probabilities.
  private let need: String?

  /// A client that is made when it is first needed.
  private final class LazyClient: Sendable {
    let settings: RemoteSettings
    private let journal: URL?
    private let made = Mutex<Result<RemoteClient, RemoteError>?>(nil)

    init(_ settings: RemoteSettings, journal: URL?) {
      self.settings = settings
      self.journal = journal
    }

    func client() throws(RemoteError) -> RemoteClient {
      let result = made.withLock { made in
        let result =
          made
          ?? Result { () throws(RemoteError) in
            var kept: AnswerJournal?
            if let journal { kept = try AnswerJournal(journal) }
            return try RemoteClient(settings, journal: kept)
          }
        made = result
        return result
      }
      return try result.get()
    }

    var existing: RemoteClient? { made.withLock { try? $0?.get() } }
  }

  /// The roles that `scenario` gives to servers; `nil` if it gives none.
  ///
  /// A `name` such as `openai:URL` is that of a server that plays both roles, whatever the scenario says. `journals` is a directory in
  /// which every answer is kept, so that nothing is asked twice.
  package init?(
    _ scenario: Scenario, named name: String = "", _ registry: Registry, journals: URL? = nil
  ) throws {
    let all = try RemoteSettings(named: name)
    let designers = try all ?? scenario.servers.designer?.settings()
    let executors = try all ?? scenario.servers.executor?.settings()
    guard designers != nil || executors != nil else { return nil }
    func client(_ settings: RemoteSettings?, _ name: String) -> LazyClient? {
      settings.map { LazyClient($0, journal: journals?.appending(path: "answers-\(name).jsonl")) }
    }
    executor = client(executors, designers == executors ? "server" : "executor")
    // Roles with the same server share its limits.
    designer = designers == executors ? executor : client(designers, "designer")
    let families = try registry.families(of: scenario)
    let words = registry.tokenizer(of: scenario)
    grammar = try scenario.grammar()
    language = SpokenLanguage(grammar: grammar, families: families, words: words)
    let weighs = scenario.script.nodes.contains(.ensemble) && scenario.script.votes.contains(.weighted)
    need = weighs ? "the weighted vote" : nil
  }

  /// Whether servers play both roles.
  package var areAll: Bool { designer != nil && executor != nil }

  /// Refuses servers whose keys the environment lacks, before anything is asked.
  /// - Throws: ``RemoteError/missingKey(variable:)``.
  package func requireKeys(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(RemoteError) {
    for case let variable? in [designer, executor].map({ $0?.settings.keyVariable })
    where environment[variable]?.isEmpty != false {
      throw .missingKey(variable: variable)
    }
  }

  /// What a log's header says of the servers.
  package var conditions: [LogHeader.Condition] {
    let roles = [("designer", designer), ("executor", executor)]
    return roles.compactMap { name, role in
      role.map {
        let model = $0.settings.model.map { ", model \($0)" } ?? ""
        return .init(
          name: name,
          value: "\($0.settings.address)\(model); recorded, and may answer otherwise when it is asked again")
      }
    }
  }

  /// Returns `servers` with those of this type in the place of the roles that they play.
  package func replacing(
    _ servers: @autoclosure () throws -> HierarchicalRollout.Servers
  ) rethrows -> HierarchicalRollout.Servers {
    func server(_ role: LazyClient?, neededFor need: String?) -> RemoteServer? {
      guard let role else { return nil }
      return RemoteServer(language: language, scripts: grammar, as: role.settings.grammar, neededFor: need) {
        () throws(RemoteError) in try role.client()
      }
    }
    let designing = server(designer, neededFor: designer === executor ? need : nil)
    if let designing, designer === executor { return .both(designing) }
    let executing = server(executor, neededFor: need)
    if let designing, let executing { return .init(designer: designing, executor: executing) }
    let inProcess = try servers()
    return .init(
      designer: designing ?? inProcess.designer, executor: executing ?? inProcess.executor,
      earlierDesigner: designing ?? inProcess.earlierDesigner)
  }

  /// What each server was asked so far, and what it costs.
  package var spent: [(server: String, spent: CallBudget.Spent, price: Double)] {
    let clients = designer === executor ? [designer] : [designer, executor]
    return clients.compactMap { role in
      role?.existing.map {
        let spent = $0.spent
        return ($0.settings.address.text, spent, $0.settings.budget.price(of: spent))
      }
    }
  }
}

extension RemoteSettings {
  /// The settings of the server that `openai:URL` or `openai:URL#MODEL` names; `nil` for the name of another policy. Its key is that of
  /// OPENAI_API_KEY, if the environment has it.
  fileprivate init?(named name: String) throws(RemoteError) {
    guard name.hasPrefix("openai:") else { return nil }
    let parts = name.dropFirst("openai:".count).split(separator: "#", maxSplits: 1)
    self.init(try ServerAddress(String(parts.first ?? "")))
    model = parts.count == 2 ? String(parts[1]) : nil
    let variable = "OPENAI_API_KEY"
    if ProcessInfo.processInfo.environment[variable]?.isEmpty == false { keyVariable = variable }
  }
}
