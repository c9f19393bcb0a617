/// A request that is being answered by generations.
struct Exchange: Sendable {
  let plan: GenerationPlan
  let writer: AnswerWriter
  var answers: [Answer]
  /// The keys of the generations; empty while the request waits for room.
  var keys: [Int] = []
  let began: Duration
  let path: String
  /// Whether the connection stays open afterwards.
  let isPersistent: Bool
  /// Whether a stream is sent in chunks, which HTTP/1.0 does not know.
  let isChunked: Bool
  /// Whether the head of a stream has been sent.
  var hasBegun = false

  init(_ plan: GenerationPlan, _ model: ServedModel, _ request: HTTPRequest, began: Duration) {
    self.plan = plan
    writer = AnswerWriter(plan: plan, model: model)
    answers = plan.requests.map { _ in Answer(plan, model) }
    (self.began, path, isPersistent) = (began, Router.label(request.path), request.isPersistent)
    isChunked = request.minorVersion >= 1
  }

  var isFinished: Bool { answers.allSatisfy(\.isFinished) }

  /// The bytes of a piece of a stream.
  func framed(_ bytes: [UInt8]) -> [UInt8] {
    bytes.isEmpty ? [] : isChunked ? HTTPResponse.chunk(bytes) : bytes
  }
}
