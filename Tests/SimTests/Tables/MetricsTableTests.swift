import PropertyTesting
import Sim
import Testing

@Suite("metrics.csv")
struct MetricsTableTests {
  @Test("any finite value reads back to the bit (P1)")
  func roundTrip() throws {
    let anyBits = Generator<UInt64>.integer().map(Double.init(bitPattern:)).filter(\.isFinite)
    let row = Generator.zip(.integer(in: 0...999), .bool, .optional(anyBits), .optional(.double(in: -1...1)))
      .map {
        step, isExecutor, a, b in
        var values: [String: Double] = [:]
        values["a"] = a
        values[MetricsTable.Column.heldOut("x")] = b
        return MetricsRow(
          step: step, stage: step / 30, role: isExecutor ? .executor : .designer, values: values)
      }
    forAll("reads back", .array(of: row)) { rows in
      let table = MetricsTable(columns: ["a", MetricsTable.Column.heldOut("x")], rows: rows)
      return try MetricsTable(csv: table.csv) == table
    }
    forAll(
      "a Float survives as well", Generator<UInt32>.integer().map(Float.init(bitPattern:)).filter(\.isFinite)
    ) {
      Double(Double($0).description).map { Float($0) } == $0
    }
  }

  @Test("the text is the one written down here")
  func golden() {
    let table = MetricsTable(
      columns: ["executor_reward", "held_out.arithmetic"],
      rows: [
        MetricsRow(step: 0, stage: 0, role: .executor, values: ["executor_reward": 0.1]),
        MetricsRow(
          step: 1, stage: 1, role: .designer, values: ["executor_reward": -1e-10, "held_out.arithmetic": 1]),
      ])
    #expect(
      table.csv == """
        step,stage,role,executor_reward,held_out.arithmetic
        0,0,executor,0.1,
        1,1,designer,-1e-10,1.0

        """)
  }

  @Test(
    "a damaged file is one line that says where",
    arguments: [
      ("", "m:1: the last line is cut short"),
      ("step,stage,role,a\n0,0,exec", "m:2: the last line is cut short"),
      ("a,b\n", "m:1: the header does not begin with step,stage,role"),
      ("step,stage,role,a,a\n", "m:1: the header has an empty, malformed or repeated column"),
      ("step,stage,role,a\n0,0,executor\n", "m:2: 3 cells under 4 columns"),
      ("step,stage,role,a\n0,0,nobody,1\n", "m:2: step, stage or role is malformed"),
      ("step,stage,role,a\n0,0,executor,x\n", "m:2: a is not a number"),
    ])
  func damaged(csv: String, line: String) {
    let error = #expect(throws: MetricsError.self) { try MetricsTable(csv: csv, file: "m") }
    #expect(error?.description == line)
  }
}
