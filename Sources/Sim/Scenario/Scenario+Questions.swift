extension Scenario {
  /// How the file of a family that has one is read, and how its answers are judged.
  package struct QuestionSettings: SettingsSection {
    /// Which fields of the file hold what, where they have other names.
    package var fields = Fields()
    /// The verifier of questions that name none.
    package var verifier: String?
    /// How far numbers may be from the right one, for the verifiers `number` and `math`.
    package var tolerance = 0.0
    /// The command of the verifier `command`, and its arguments. It is run in the sandbox, and gets the answer on standard input.
    package var command: [String] = []
    /// The files that the command finds in `/work`; their paths are relative to the working directory.
    package var files: [String] = []

    package init() {}

    /// The names of the fields in a file.
    package struct Fields: SettingsSection {
      package var question: String?
      package var answer: String?
      package var level: String?
      package var verifier: String?
      /// The field with the tests of the verifier `code`.
      package var tests: String?
      /// The field with the assertions that agents may see.
      package var examples: String?
      /// The field with the name of the function that is asked for.
      package var entry: String?

      package init() {}

      mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
        try table.field("question", &question, .notEmpty)
        try table.field("answer", &answer, .notEmpty)
        try table.field("level", &level, .notEmpty)
        try table.field("verifier", &verifier, .notEmpty)
        try table.field("tests", &tests, .notEmpty)
        try table.field("examples", &examples, .notEmpty)
        try table.field("entry", &entry, .notEmpty)
      }

      /// The names that are given, by what the fields hold.
      var names: [String: String] {
        let all = [
          "question": question, "answer": answer, "level": level, "verifier": verifier, "tests": tests,
          "examples": examples,
          "entry": entry,
        ]
        return all.compactMapValues(\.self)
      }
    }

    /// Whether lines are read as they are.
    var isPlain: Bool { fields == Fields() && verifier == nil }

    /// A table that writes leaves out what is as it is by default, so that scenarios of before are written as before.
    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      let initial = Self()
      func says(_ isChanged: Bool) -> Bool { table.isReading || isChanged }
      if says(fields != initial.fields) { try table.field("fields", &fields) }
      if says(verifier != nil) {
        try table.field("verifier", &verifier, .known("verifier", table.catalogue.verifiers))
      }
      if says(tolerance != 0) { try table.field("tolerance", &tolerance, .within(0...1e9)) }
      if says(!command.isEmpty) { try table.field("command", &command) }
      if says(!files.isEmpty) { try table.field("files", &files) }
      table.require(
        verifier != "command" || !command.isEmpty, at: "verifier", kind: .missingKey,
        "the verifier \"command\" needs a command, which the family's `command` gives")
    }
  }
}
