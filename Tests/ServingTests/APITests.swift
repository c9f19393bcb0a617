import Foundation
import Messaging
import Testing

@testable import Serving

@Suite("The types of the API")
struct APITests {
  private func decoded<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }

  @Test("what another server leaves out, says as null, or says besides, is no error")
  func tolerant() throws {
    #expect(try decoded(ChatResponse.self, "{}").choices.isEmpty)
    let chat = try decoded(
      ChatResponse.self,
      #"{"id": null, "x": [1], "choices": [{"message": {"content": null, "refusal": null}, "logprobs": null}, {"message": {"content": "a"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3, "completion_tokens": 4, "prompt_tokens_details": {}}}"#
    )
    #expect(
      chat.choices.map(\.said.content) == [nil, "a"] && chat.choices.map(\.finishReason) == [nil, "stop"])
    #expect(chat.usage == TokenUsage(promptTokens: 3, completionTokens: 4))
    let chunk = try decoded(
      ChatChunk.self,
      #"{"choices": [{"index": 1, "delta": {"role": "assistant"}}], "usage": null, "created": 5}"#)
    #expect(chunk.choices[0].index == 1 && chunk.choices[0].said.message.content == nil && chunk.created == 5)
    let calls = try decoded(
      ChatChunk.self,
      #"{"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}]}}]}"#
    )
    #expect(calls.choices[0].said.message.toolCalls?.first?.function == .init(name: "f", arguments: "{}"))
    let completion = try decoded(
      CompletionResponse.self,
      #"{"choices": [{"text": "a", "logprobs": {"tokens": ["a"], "token_logprobs": [null]}}]}"#)
    #expect(completion.choices[0].logprobs?.tokenLogprobs == [nil] && completion.choices[0].said.text == "a")
    let logprobs = try decoded(
      TokenLogprobs.self,
      #"{"content": [{"token": "a", "logprob": -0.5, "id": 7, "bytes": null}], "refusal": null}"#)
    #expect(logprobs.content == [.init(token: "a", logprob: -0.5, bytes: nil, topLogprobs: nil)])
    #expect(try decoded(ErrorBody.self, #"{"error": {"message": "m", "code": 400}}"#).error.code == "400")
    #expect(try decoded(ModelList.self, #"{"data": [{"id": "m", "meta": {}}]}"#).data.map(\.id) == ["m"])
  }

  @Test("requests are read as they are written, and answers as well")
  func roundTrips() throws {
    func same<Value: Codable & Equatable>(_ value: Value) throws -> Bool {
      try JSONDecoder().decode(Value.self, from: Data(AnswerWriter.json(value))) == value
    }
    var chat = ChatRequest(
      model: "m", messages: [.init(role: "system", content: "é\n"), .init(role: "user", content: "x")])
    chat.messages[1].name = "n"
    chat.messages.append(.init(role: "assistant", content: nil))
    chat.messages[2].toolCalls = [.init(id: "c", function: .init(name: "f", arguments: "{}"))]
    (chat.logprobs, chat.topLogprobs, chat.toolChoice) = (true, 3, "auto")
    chat.tools = [.init(function: ["name": "f", "parameters": ["a": [1, nil, true, .number(0.5)]]])]
    chat.settings.maxTokens = 5
    (chat.settings.temperature, chat.settings.topP, chat.settings.topK, chat.settings.minP) = (
      0.5, 0.25, 3, 0
    )
    (chat.settings.seed, chat.settings.stop, chat.settings.n) = (.max, ["a", "b"], 2)
    (chat.settings.stream, chat.settings.streamOptions) = (true, StreamOptions(includeUsage: true))
    (chat.settings.grammar, chat.settings.returnTokenIDs) = ("root ::= \"a\"", true)
    chat.settings.responseFormat = ResponseFormat(type: "json_schema", jsonSchema: ["name": "s"])
    #expect(try same(chat))
    for prompt in [CompletionRequest.Prompt.text("x"), .tokens([1, 2])] {
      var request = CompletionRequest(model: "m", prompt: prompt)
      (request.logprobs, request.settings.maxCompletionTokens) = (2, 9)
      #expect(try same(request))
    }
    let token = TokenLogprobs.Token(token: "�", logprob: -1.5, bytes: [255], topLogprobs: [])
    var response = ChatResponse(
      id: "i", created: 0, model: "m",
      choices: [
        .init(
          index: 1, said: .init(role: "assistant", content: "a"), finishReason: nil,
          logprobs: TokenLogprobs(content: [token]), tokenIDs: [4])
      ], usage: TokenUsage(promptTokens: 1, completionTokens: 2))
    (response.systemFingerprint, response.promptTokenIDs) = ("f", [1])
    #expect(try same(response))
    #expect(try same(ErrorBody(.init(message: "m", type: nil, param: "p", code: "c"))))
  }

  @Test("numbers keep all their digits, and fields stand in the order of their names")
  func text() {
    let logprob: Float = -1.8827114
    let token = TokenLogprobs.Token(token: "a/\"b\u{2028}", logprob: logprob, bytes: nil, topLogprobs: nil)
    #expect(
      String(decoding: AnswerWriter.json(token), as: UTF8.self)
        == "{\"logprob\":-1.8827114,\"token\":\"a/\\\"b\u{2028}\"}")
  }
}
