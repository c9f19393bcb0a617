/// The recording of events. Nothing is recorded after the outcome.
extension EpisodeCore {
  func record(
    _ kind: EventRecord.Kind, _ seat: Int, _ name: String, peer: Int? = nil, payload: [UInt8] = [],
    call: Int = 0, units: Int = 0
  ) {
    guard !isOver else { return }
    guard isRecorded else { return happened() }
    begin(kind, seat, name, peer: peer)
    trail.write(content: payload)
    if kind == .call || kind == .completion { trail.write(call) }
    if kind == .completion { trail.write(units) }
    finishEvent()
  }

  /// Records what happened to a message.
  func record(_ kind: EventRecord.Kind, _ seat: Int, _ parcel: Parcel, from sender: Int) {
    guard !isOver else { return }
    guard isRecorded else { return happened() }
    guard eventCount >= provenEvents else { return repeatProven(kind, seat, parcel.name, from: sender) }
    // `scratch` is taken out, because the message's own code writes to it.
    var writer = CBORWriter()
    swap(&writer, &scratch)
    writer.bytes.removeAll(keepingCapacity: true)
    defer { scratch = writer }
    do {
      try parcel.encode(to: &writer)
    } catch {
      return fail(.unencodable(name: parcel.name, error: "\(error)"))
    }
    begin(kind, seat, parcel.name, peer: sender)
    trail.write(content: writer.bytes)
    finishEvent()
  }

  private func begin(_ kind: EventRecord.Kind, _ seat: Int, _ name: String, peer: Int?) {
    trail.begin(kind, at: now)
    trail.write(name: details[seat].path, number: &seats[seat].name)
    if let peer {
      trail.write(name: details[peer].path, number: &seats[peer].name)
    } else {
      trail.write(name: "")
    }
    trail.write(name: name)
  }

  /// Ends the event that was begun, or fails if the history has another one.
  private func finishEvent() {
    if let history, isReplay || isRepeating {
      guard isRepeating, trail.openEventMatches(history.trail, whole: true) else { return diverge() }
    }
    trail.end()
    happened()
  }

  /// Repeats the event of a message that is known to repeat, without encoding it.
  private func repeatProven(_ kind: EventRecord.Kind, _ seat: Int, _ name: String, from sender: Int) {
    guard let history else { return }
    begin(kind, seat, name, peer: sender)
    guard trail.openEventMatches(history.trail, whole: false) else {
      trail.write(content: [])
      return diverge()
    }
    trail.completeOpenEvent(from: history.trail)
    trail.end()
    happened()
  }

  private func happened() {
    eventCount += 1
    if nextSegment < segments.count { enterSegments() }
  }

  private func diverge() {
    let got = trail.openEvent()
    trail.cancel()
    let expected = history?.trail.event(eventCount)
    var divergence = ReplayDivergence(event: eventCount, expected: expected, got: got.description)
    if let expected, got.isMessage, expected.name != got.name,
      (expected.kind, expected.time, expected.subject, expected.peer) == (
        got.kind, got.time, got.subject, got.peer
      )
    {
      divergence.renamed = got.name
    }
    end(.failed(.diverged(divergence)))
  }
}
