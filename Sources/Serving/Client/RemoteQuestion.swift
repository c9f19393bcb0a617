import Messaging
import Policy

/// A question to a server's model.
package struct RemoteQuestion: Sendable, Hashable {
  /// The conversation that is to be gone on with.
  package var messages: [ChatMessage]
  /// What `completions` are asked; `nil` for the texts of the messages.
  package var text: String?
  /// The most tokens of the answer.
  package var maximumTokens: Int
  package var sampling: SamplingParameters
  package var seed: UInt64
  /// What the answer must obey: a grammar in GBNF, or a JSON schema, as the server takes it; `nil` for nothing.
  package var grammar: String?

  package init(
    messages: [ChatMessage], text: String? = nil, maximumTokens: Int, sampling: SamplingParameters,
    seed: UInt64, grammar: String? = nil
  ) {
    self.messages = messages
    self.text = text
    self.maximumTokens = maximumTokens
    self.sampling = sampling
    self.seed = seed
    self.grammar = grammar
  }

  /// The body of the request to a server, whose model is `model`.
  func body(_ settings: RemoteSettings, model: String) -> JSONValue {
    var body: JSONValue = ["model": .text(model)]
    if settings.interface == .chat {
      body.append(
        "messages",
        .array(messages.map { ["role": .text($0.role.rawValue), "content": .text($0.text)] }))
    } else {
      body.append(
        "prompt", .text(text ?? messages.map(\.text).joined(separator: "\n\n") + "\n"))
    }
    body.append("max_tokens", .integer(maximumTokens))
    body.append("temperature", .verbatim("\(sampling.temperature)"))
    if let topP = sampling.topP { body.append("top_p", .verbatim("\(topP)")) }
    if let topK = sampling.topK { body.append("top_k", .integer(topK)) }
    if let minP = sampling.minP { body.append("min_p", .verbatim("\(minP)")) }
    if settings.seedBits > 0 {
      body.append("seed", .verbatim("\(seed & (.max >> (64 - settings.seedBits)))"))
    }
    if settings.asksLogProbabilities {
      body.append("logprobs", settings.interface == .chat ? .bool(true) : 1)
    }
    if let grammar {
      switch settings.grammar {
      case .none: break
      case .gbnf: body.append("grammar", .text(grammar))
      case .guided: body.append("guided_grammar", .text(grammar))
      case .schema:
        let schema: JSONValue = ["name": "script", "strict": .bool(true), "schema": .verbatim(grammar)]
        body.append("response_format", ["type": "json_schema", "json_schema": schema])
      }
    }
    if settings.streams {
      body.append("stream", .bool(true))
      body.append("stream_options", ["include_usage": .bool(true)])
    }
    return body
  }
}

/// How a server is asked.
package struct RemoteSettings: Sendable, Hashable {
  /// The services that answer.
  package enum Interface: String, Sendable, CaseIterable {
    /// `chat/completions`: the server puts the conversation into its model's template.
    case chat
    /// `completions`: the messages are one text, for models without a template.
    case completions
  }
  /// How a server takes a grammar.
  package enum Grammar: String, Sendable, CaseIterable {
    case none
    /// In GBNF, as llama.cpp's server and Troupe's do, in the field `grammar`.
    case gbnf
    /// In GBNF, as vLLM does, in the field `guided_grammar`.
    case guided
    /// As a JSON schema, as OpenAI's server and many others do, in the field `response_format`.
    case schema
  }

  package var address: ServerAddress
  /// The model's name; `nil` for the only one that the server has.
  package var model: String?
  /// Whether an answer by a model of another name counts.
  package var acceptsOtherModels = false
  /// The environment variable that holds the key; `nil` if the server takes none.
  package var keyVariable: String?
  package var interface = Interface.chat
  package var grammar = Grammar.none
  package var asksLogProbabilities = true
  /// How many bits of a seed are sent; 0 for no seeds. Some servers read no more than 31.
  package var seedBits = 31
  package var streams = false
  /// The most requests at a time.
  package var concurrency = 8
  /// The most requests a minute, evenly spread; `nil` for any number.
  package var perMinute: Double?
  /// The seconds of the wall clock within which a whole answer must come.
  package var timeout = 120.0
  /// The most bytes of an answer.
  package var maximumBytes = 16 << 20
  package var retries = RetryRule()
  package var budget = CallBudget()

  package init(_ address: ServerAddress) { self.address = address }
}
