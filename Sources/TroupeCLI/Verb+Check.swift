import Actors
import Foundation
import Sim

extension Verb {
  /// Says what a file is, or what is wrong with it and where.
  static let check = Verb(
    name: "check", operands: ["FILE"], summary: "says what a scenario or script is, or what is wrong where",
    options: []
  ) { arguments in
    let path = arguments.positional[0]
    let url = URL(filePath: path)
    if ["json5", "json"].contains(url.pathExtension) {
      let scenario = try Scenario(contentsOf: url)
      Console.print("\(path): a scenario, \"\(scenario.name)\", digest \(String(scenario.digest, radix: 16))")
      return 0
    }
    let text = try readScript(path)
    let grammar = try ScriptGrammar()
    do {
      let script = try grammar.parse(text)
      let cost = script.worstCase { _ in Scenario.Executor().maximumTokens }
      Console.print(
        "\(path): a script of \(script.statements.count) statements; at most \(cost.calls) executor calls and "
          + "\(cost.tokens) tokens")
      return 0
    } catch {
      throw UsageError("\(path):\(error)")
    }
  }

  private static func readScript(_ path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw UsageError("\(path): cannot be read")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw UsageError("\(path): neither a scenario (.json5) nor a script: it is not text")
    }
    return text
  }
}
