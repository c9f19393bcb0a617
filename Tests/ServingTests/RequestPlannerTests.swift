import Foundation
import Policy
import Testing

@testable import Serving

@Suite("Requests are planned, or the field that is wrong is named")
struct RequestPlannerTests {
  private let planner: RequestPlanner
  private static let chat = #"{"model": "small", "messages": [{"role": "user", "content": "hi"}]"#
  private static let text = #"{"model": "small", "prompt": "hi""#

  init() throws { planner = RequestPlanner(try #require(ServingFixture.served)) }

  private func failure(_ make: () throws(RequestFailure) -> GenerationPlan) -> RequestFailure? {
    do throws(RequestFailure) {
      _ = try make()
      return nil
    } catch { return error }
  }

  private func chat(_ body: String) -> RequestFailure? {
    failure { () throws(RequestFailure) in try planner.chat(Array(body.utf8)) }
  }

  private func completion(_ body: String) -> RequestFailure? {
    failure { () throws(RequestFailure) in try planner.completion(Array(body.utf8)) }
  }

  @Test(
    "each field of both endpoints, wrong in its type or its value, is a 400 that names it",
    arguments: [
      ("max_tokens", "0"), ("max_tokens", "1.5"), ("max_tokens", "\"x\""), ("max_tokens", "-1"),
      ("max_completion_tokens", "0"), ("temperature", "-1"), ("temperature", "101"),
      ("temperature", "0.0001"),
      ("temperature", "\"hot\""), ("top_p", "0"), ("top_p", "1.1"), ("top_p", "[]"), ("top_k", "-2"),
      ("top_k", "1.5"),
      ("min_p", "-0.1"), ("min_p", "1.1"), ("seed", "1.5"), ("seed", "\"1\""),
      ("seed", "99999999999999999999"),
      ("stop", "5"), ("stop", "[\"\"]"), ("stop", "\"\""), ("stop[0]", "[1]"),
      ("stop", "[\(Array(repeating: "\"x\"", count: 17).joined(separator: ", "))]"),
      ("stop", "\"\(String(repeating: "x", count: 1_025))\""),
      ("stream", "1"), ("stream_options", "{}"), ("stream_options.include_usage", "{\"include_usage\": 1}"),
      ("stream_options.other", "{\"other\": 1}"), ("n", "0"), ("n", "17"), ("n", "true"), ("grammar", "1"),
      ("grammar", "\"root ::= x\""), ("response_format.type", "{}"),
      ("response_format.type", "{\"type\": \"xml\"}"),
      ("response_format.type", "{\"type\": \"json_schema\", \"json_schema\": {}}"),
      ("response_format", "\"json\""),
      ("return_token_ids", "1"), ("presence_penalty", "0.5"), ("frequency_penalty", "1"),
      ("logit_bias", "{\"5\": 1}"),
      ("best_of", "2"), ("echo", "true"), ("suffix", "\"x\""), ("store", "true"),
      ("repetition_penalty", "1.1"),
      ("unknown", "1"),
    ])
  func fields(name: String, value: String) {
    let field = name.split { ".[".contains($0) }.first.map(String.init) ?? name
    for failure in [
      chat("\(Self.chat), \"\(field)\": \(value)}"), completion("\(Self.text), \"\(field)\": \(value)}"),
    ] {
      #expect(
        failure?.status == 400 && failure?.details.param == name,
        "\(name): \(value): \(String(describing: failure))")
      #expect(failure?.details.message.hasPrefix(name + ": ") == true)
    }
  }

  @Test(
    "a conversation that is none names the turn and what is wrong in it",
    arguments: [
      ("[]", "messages"), ("5", "messages"), ("[5]", "messages[0]"),
      ("[{\"content\": \"x\"}]", "messages[0].role"),
      ("[{\"role\": \"user\"}]", "messages[0].content"),
      ("[{\"role\": \"user\", \"content\": null}]", "messages[0].content"),
      (
        "[{\"role\": \"user\", \"content\": \"x\"}, {\"role\": \"king\", \"content\": \"x\"}]",
        "messages[1].role"
      ),
      ("[{\"role\": \"user\", \"content\": 5}]", "messages[0].content"),
      (
        "[{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\": {}}]}]",
        "messages[0].content[0].type"
      ),
      ("[{\"role\": \"user\", \"content\": [{\"type\": \"text\"}]}]", "messages[0].content[0].text"),
      ("[{\"role\": \"user\", \"content\": \"x\", \"who\": 1}]", "messages[0].who"),
      ("[{\"role\": \"user\", \"content\": \"x\", \"tool_calls\": []}]", "messages[0].tool_calls"),
      (
        "[{\"role\": \"assistant\", \"tool_calls\": [{\"function\": {\"name\": \"f\", \"arguments\": \"{\"}}]}]",
        "messages[0].tool_calls[0].function.arguments"
      ),
    ])
  func conversations(messages: String, field: String) {
    let failure = chat("{\"model\": \"small\", \"messages\": \(messages)}")
    #expect(failure?.status == 400 && failure?.details.param == field, "\(String(describing: failure))")
  }

  @Test("what only one endpoint has is checked there, and is unknown at the other")
  func own() {
    for (name, value, field) in [
      ("logprobs", "1", "logprobs"), ("logprobs", "\"yes\"", "logprobs"),
      ("top_logprobs", "2", "top_logprobs"),
      ("tools", "[{\"type\": \"function\", \"function\": {}}]", "tools"),
      ("tool_choice", "\"required\"", "tool_choice"),
      ("prompt", "\"x\"", "prompt"),
    ] { #expect(chat("\(Self.chat), \"\(name)\": \(value)}")?.details.param == field, "\(name)") }
    #expect(chat("\(Self.chat), \"logprobs\": true, \"top_logprobs\": 21}")?.details.param == "top_logprobs")
    #expect(chat("\(Self.chat), \"logprobs\": true, \"top_logprobs\": 20}") == nil)
    #expect(completion("\(Self.text), \"logprobs\": 21}")?.details.param == "logprobs")
    #expect(completion("\(Self.text), \"logprobs\": true}")?.details.param == "logprobs")
    #expect(completion("\(Self.text), \"messages\": []}")?.details.param == "messages")
    for prompt in ["5", "[]", "\"\"", "[\"a\", \"b\"]", "[100000]", "[-1]", "[[1], [2]]", "null", "[1.5]"] {
      #expect(
        completion("{\"model\": \"small\", \"prompt\": \(prompt)}")?.details.param == "prompt", "\(prompt)")
    }
    for prompt in ["[1, 2]", "[\"a\"]", "[[1, 2]]"] {
      #expect(completion("{\"model\": \"small\", \"prompt\": \(prompt)}") == nil, "\(prompt)")
    }
    let both = "\"max_tokens\": 3, \"max_completion_tokens\": 4}"
    #expect(chat("\(Self.chat), \(both)")?.details.param == "max_completion_tokens")
    let grammars = "\"grammar\": \"root ::= \\\"a\\\"\", \"response_format\": {\"type\": \"json_object\"}}"
    #expect(chat("\(Self.chat), \(grammars)")?.details.param == "response_format")
  }

  @Test("what clients send besides, and asks for nothing, is taken")
  func neutral() {
    let fields = """
      "user": "me", "metadata": {"a": 1}, "presence_penalty": 0, "frequency_penalty": 0.0, "logit_bias": null, "store": false,
      "service_tier": "auto", "max_tokens": null, "stop": null, "temperature": null, "seed": null, "top_k": 0, "n": 1,
      "response_format": {"type": "text"}
      """
    #expect(chat("\(Self.chat), \(fields), \"tools\": [], \"tool_choice\": \"none\"}") == nil)
    #expect(completion("\(Self.text), \(fields), \"best_of\": 1, \"echo\": false, \"suffix\": \"\"}") == nil)
  }

  @Test("a body that is no JSON, no object or not UTF-8, another model, and a prompt that fills the context")
  func bodies() throws {
    for body in ["", "{", "5", "[]", "{\"model\": 5}", String(repeating: "[", count: 2_000)] {
      #expect(chat(body)?.status == 400, "\(body)")
    }
    #expect(chat("{\"messages\": []}")?.details.param == "model")
    let latin = Array("{\"model\": \"small\", \"prompt\": \"".utf8) + [0xE9] + Array("\"}".utf8)
    #expect(
      failure { () throws(RequestFailure) in try planner.completion(latin) }?.details.message
        == "the body is not UTF-8")
    let other = completion("{\"model\": \"large\", \"prompt\": \"hi\"}")
    #expect(
      other?.status == 404 && other?.details.code == "model_not_found" && other?.details.param == "model")
    let long = "[\(Array(repeating: "7", count: 512).joined(separator: ","))]"
    let full = completion("{\"model\": \"small\", \"prompt\": \(long)}")
    #expect(full?.status == 400 && full?.details.code == "context_length_exceeded")
    #expect(
      full?.details.message.contains("512 tokens or more, which leaves no room in the context of 512") == true
    )
    let text = completion(
      "{\"model\": \"small\", \"prompt\": \"\(String(repeating: "ab, ", count: 4_000))\"}")
    #expect(text?.details.code == "context_length_exceeded" && text?.details.param == "prompt")
    let words = RequestPlanner(try #require(ServingFixture.servedWords))
    let spoken = failure { () throws(RequestFailure) in
      try words.chat(Array(#"{"model": "words", "messages": [{"role": "user", "content": "x"}]}"#.utf8))
    }
    #expect(spoken?.status == 400 && spoken?.details.message.contains("/v1/completions") == true)
    let grammar = failure { () throws(RequestFailure) in
      try words.completion(Array(#"{"model": "words", "prompt": "one", "grammar": "root ::= \"a\""}"#.utf8))
    }
    #expect(grammar?.details.param == "grammar" && grammar?.details.message.contains("byte-pair") == true)
  }

  @Test(
    "the id and the seed are functions of what is asked; how it is told does not count, nor, for the seed, how much"
  )
  func identity() throws {
    func plan(_ fields: String) throws -> GenerationPlan {
      try planner.completion(Array("\(Self.text)\(fields)}".utf8))
    }
    let plain = try plan("")
    for fields in [
      ", \"stream\": true", ", \"logprobs\": 3", ", \"user\": \"x\"", ", \"return_token_ids\": true",
    ] {
      #expect(try plan(fields).id == plain.id && plan(fields).requests[0].seed == plain.requests[0].seed)
    }
    for fields in [", \"max_tokens\": 5", ", \"n\": 2", ", \"stop\": \"x\""] {
      #expect(try plan(fields).id != plain.id && plan(fields).requests[0].seed == plain.requests[0].seed)
    }
    for fields in [", \"temperature\": 0.5", ", \"top_p\": 0.5", ", \"grammar\": \"root ::= \\\"a\\\"\""] {
      #expect(try plan(fields).id != plain.id && plan(fields).requests[0].seed != plain.requests[0].seed)
    }
    #expect(try plan(", \"seed\": 9, \"n\": 3").requests.map(\.seed) == [9, 10, 11])
    #expect(try plan(", \"seed\": -1").requests[0].seed == .max)
    #expect(try plan(", \"seed\": 18446744073709551615").requests[0].seed == .max)
    #expect(plain.requests[0].maximumTokens == 16)
    #expect(try planner.chat(Array("\(Self.chat)}".utf8)).requests[0].maximumTokens > 400)
  }
}
