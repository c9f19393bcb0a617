/// Decides what a request asks for. It has no state and no effects.
struct Router: Sendable {
  enum Route: Sendable {
    case health
    case models
    case model(String)
    case metrics
    case generate(GenerationPlan)
    case failure(RequestFailure, lines: [String])
  }

  let planner: RequestPlanner

  /// The name under which a path is counted.
  static func label(_ path: String) -> String {
    if path.hasPrefix("/v1/models/") { return "/v1/models" }
    return ["/v1/chat/completions", "/v1/completions", "/v1/models", "/health", "/metrics"].contains(path)
      ? path : "other"
  }

  func route(_ request: HTTPRequest) -> Route {
    let isPost = ["/v1/chat/completions", "/v1/completions"].contains(request.path)
    guard Self.label(request.path) != "other" else {
      return failure(404, "there is no \(request.path) here", code: "not_found")
    }
    let methods = isPost ? ["POST"] : ["GET", "HEAD"]
    guard methods.contains(request.method) else {
      return failure(
        405, "\(request.path) takes \(methods.joined(separator: " and ")), not \(request.method)",
        code: "method_not_allowed", lines: ["Allow: \(methods.joined(separator: ", "))"])
    }
    let types =
      isPost
      ? ["application/json", "text/event-stream"]
      : request.path == "/metrics" ? ["text/plain"] : ["application/json"]
    guard request.accepts(types) else {
      return failure(
        406, "the answer is \(types.joined(separator: " or ")), which the client does not accept",
        code: "not_acceptable")
    }
    switch request.path {
    case "/health": return .health
    case "/metrics": return .metrics
    case "/v1/models": return .models
    case "/v1/chat/completions": return plan { () throws(RequestFailure) in try planner.chat(request.body) }
    case "/v1/completions": return plan { () throws(RequestFailure) in try planner.completion(request.body) }
    default: return .model(String(request.path.dropFirst("/v1/models/".count)))
    }
  }

  private func plan(_ make: () throws(RequestFailure) -> GenerationPlan) -> Route {
    do throws(RequestFailure) {
      return .generate(try make())
    } catch {
      return .failure(error, lines: [])
    }
  }

  private func failure(_ status: Int, _ message: String, code: String, lines: [String] = []) -> Route {
    .failure(
      RequestFailure(status, .init(message: message, type: "invalid_request_error", code: code)), lines: lines
    )
  }
}
