/// The program in what an agent of text says: the last block between lines of three backticks, or else all of it.
package enum ProgramText {
  /// The most bytes of a program.
  package static let longest = 1 << 16

  private static let fence = "```"

  /// Returns the program without white space at its end; `nil` if there is none, or if it is too long.
  package static func read(_ text: String) -> String? {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    let fences = lines.indices.filter { lines[$0].trimmed.hasPrefix(fence) }
    if let last = fences.last {
      // A block that was begun and not ended goes to the end of the text.
      let isEnded = fences.count.isMultiple(of: 2)
      let begin = isEnded ? fences[fences.count - 2] : last
      lines = lines[(begin + 1)..<(isEnded ? last : lines.endIndex)]
    }
    while let line = lines.last, line.allSatisfy(\.isWhitespace) { lines.removeLast() }
    let program = lines.joined(separator: "\n")
    return program.isEmpty || program.utf8.count > longest ? nil : program
  }

  /// The program as an agent says it.
  package static func said(_ program: String) -> String { "\(fence)python\n\(program)\n\(fence)" }
}
