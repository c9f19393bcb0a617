import Policy

/// A policy that answers what a log recorded as it was recorded, and asks another one what is new.
///
/// So a fork of an episode whose answers came from outside asks nobody about what both have in common. Only one thread may use a
/// server at a time.
package final class RememberingServer: GenerationServer {
  private let recording: RecordedServer.Recording
  private let server: any GenerationServer
  private var ready: [Decoder.Update] = []
  /// The handles of this server by those of the other one.
  private var asked: [Int: Int] = [:]
  private var count = 0

  package init(_ recording: RecordedServer.Recording, otherwise server: any GenerationServer) {
    self.recording = recording
    self.server = server
  }

  package var statistics: Decoder.Statistics { server.statistics }

  package func submit(_ request: GenerationRequest) throws -> Int {
    count += 1
    if let known = recording.answer(to: request) {
      ready.append(.init(handle: count, tokenCount: known.unitCount, finished: known))
    } else {
      asked[try server.submit(request)] = count
    }
    return count
  }

  package func step() throws -> [Decoder.Update] {
    let updates = ready
    ready = []
    guard !asked.isEmpty else { return updates }
    return try updates
      + server.step().compactMap { update in
        guard let handle = asked[update.handle] else { return nil }
        if update.finished != nil { asked[update.handle] = nil }
        return .init(handle: handle, tokenCount: update.tokenCount, finished: update.finished)
      }
  }
}
