/// The rows of a file of comma-separated values (RFC 4180): a value may stand in quotation marks, and then hold commas, line ends
/// and doubled quotation marks. Lines end with CR LF or LF.
struct CommaSeparatedValues {
  /// The names of the columns.
  let names: [String]
  /// The rows behind the first line, with the number of the line at which each begins.
  private(set) var rows: [(line: Int, values: [String])] = []

  /// Why a text is none.
  struct Flaw: Error, Hashable {
    var line: Int
    var what: String
  }

  /// - Complexity: O(length of the text).
  init(_ text: String) throws(Flaw) {
    var rows: [(line: Int, values: [String])] = []
    var (row, value, line, begin) = ([String](), [UInt8](), 1, 1)
    var (isQuoted, wasQuoted) = (false, false)
    let bytes = Array(text.utf8)
    let (quote, comma, lineFeed, carriageReturn) = (
      UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")
    )
    func endValue() {
      row.append(String(decoding: value, as: UTF8.self))
      (value, wasQuoted) = ([], false)
    }
    func endRow() {
      endValue()
      // A line without anything is none.
      if row != [""] { rows.append((begin, row)) }
      row = []
    }
    var place = 0
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      if byte == lineFeed { line += 1 }
      if isQuoted {
        guard byte == quote else {
          value.append(byte)
          continue
        }
        if place < bytes.count, bytes[place] == quote {
          value.append(quote)
          place += 1
        } else {
          (isQuoted, wasQuoted) = (false, true)
        }
        continue
      }
      switch byte {
      case quote where value.isEmpty && !wasQuoted: isQuoted = true
      case comma: endValue()
      case lineFeed:
        endRow()
        begin = line
      case carriageReturn where place < bytes.count && bytes[place] == lineFeed: break
      case _ where wasQuoted:
        throw Flaw(line: line, what: "a value goes on behind its closing quotation mark")
      case quote:
        throw Flaw(line: line, what: "a quotation mark stands within a value that does not begin with one")
      default: value.append(byte)
      }
    }
    guard !isQuoted else { throw Flaw(line: begin, what: "a quotation mark is not closed") }
    if !row.isEmpty || !value.isEmpty || wasQuoted { endRow() }
    guard let head = rows.first else {
      throw Flaw(line: 1, what: "has no line with the names of the columns")
    }
    names = head.values
    if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
      throw Flaw(line: head.line, what: "the column \"\(names[twice])\" is named twice")
    }
    for row in rows.dropFirst() where row.values.count != names.count {
      throw Flaw(line: row.line, what: "has \(row.values.count) values, and there are \(names.count) columns")
    }
    self.rows = Array(rows.dropFirst())
  }
}
