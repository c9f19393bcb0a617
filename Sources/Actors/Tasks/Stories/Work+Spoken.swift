extension Work {
  /// The work with the answer that `output` says, in the form that `reading` makes of it.
  /// - Throws: ``WorkFault/malformed(_:)`` if it says none.
  package func answering(
    spoken output: String, _ reading: (String) -> String? = { $0 }
  ) throws(WorkFault) -> Work {
    guard let answer = SpokenAnswer.read(output).flatMap(reading) else {
      throw .malformed("an answer ends with a line as in `\(SpokenAnswer.line("12"))`")
    }
    return answering(answer)
  }

  /// The work with the answer that `output` says, or with one more line if it says none.
  /// - Throws: ``WorkFault/malformed(_:)`` if there is nothing in it.
  package func answeringOrNoting(_ output: String) throws(WorkFault) -> Work {
    SpokenAnswer.read(output) == nil ? try noting(output) : try answering(spoken: output)
  }

  /// The work with one more line, which others then read.
  /// - Throws: ``WorkFault/malformed(_:)`` if there is nothing in it.
  package func noting(_ output: String) throws(WorkFault) -> Work {
    let note = output.split(whereSeparator: \.isNewline).joined(separator: " ")
    guard !note.isEmpty else { throw .malformed("nothing was said") }
    return Work(state: "\(state)\n\(note)", answer: answer, verdict: verdict)
  }
}
