extension Work {
  /// The work with the answer that `output` says, in the form that `reading` makes of it.
  /// - Throws: ``WorkFault/malformed(_:)`` if it says none.
  func answering(
    spoken output: String, _ reading: (String) -> String? = { $0 }
  ) throws(WorkFault) -> Work {
    guard let answer = SpokenAnswer.read(output).flatMap(reading) else {
      throw .malformed("an answer ends with a line as in `\(SpokenAnswer.line("12"))`")
    }
    return answering(answer)
  }

  /// The same, but what says no answer becomes a line of the state if `isNoted`: others then read it.
  func answering(spoken output: String, orNoting isNoted: Bool) throws(WorkFault) -> Work {
    guard isNoted, SpokenAnswer.read(output) == nil else { return try answering(spoken: output) }
    let note = output.split(whereSeparator: \.isNewline).joined(separator: " ")
    guard !note.isEmpty else { throw .malformed("nothing was said") }
    return Work(state: "\(state)\n\(note)", answer: answer, verdict: verdict)
  }
}
