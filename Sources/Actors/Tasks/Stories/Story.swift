/// A story of someone whose number of things changes, sentence by sentence:
/// `Ann has 7 pens. She buys 5 more. She loses 3. How many pens does Ann have?`
struct Story: Hashable {
  struct Change: Hashable {
    var operation: Calculation.Operator
    var number: Int
    /// The words that tell the change: the index of a wording of the operation.
    var wording: Int
  }

  var person: Int
  var thing: Int
  var first: Int
  var changes: [Change]

  static let people = [
    ("Ann", "She"), ("Ben", "He"), ("Clara", "She"), ("David", "He"), ("Emma", "She"), ("Frank", "He"),
    ("Grace", "She"), ("Henry", "He"),
  ]
  static let things = ["apples", "books", "cards", "coins", "marbles", "pens", "shells", "stamps"]
  /// What someone does, by operation: before the number, and after it.
  static let wordings: [Calculation.Operator: [(before: String, after: String)]] = [
    .plus: [("buys", " more"), ("finds", " more"), ("is given", " more")],
    .minus: [("loses", ""), ("sells", ""), ("gives away", "")],
    .times: [("then has", " times as many")],
  ]

  static func wordings(of operation: Calculation.Operator) -> [(before: String, after: String)] {
    wordings[operation] ?? []
  }

  /// The numbers and operations without the words around them.
  var numbers: String {
    changes.reduce("\(first)") { "\($0) \($1.operation.rawValue) \($1.number)" }
  }

  /// The number of things after all changes; `nil` if it is too large.
  var value: Int? {
    changes.reduce(Int?.some(first)) { value, change in value.flatMap { change.operation($0, change.number) }
    }
  }

  var text: String {
    let (name, pronoun) = Self.people[person]
    var sentences = ["\(name) has \(first) \(Self.things[thing])."]
    for change in changes {
      let wording = Self.wordings(of: change.operation)[change.wording]
      sentences.append("\(pronoun) \(wording.before) \(change.number)\(wording.after).")
    }
    sentences.append("How many \(Self.things[thing]) does \(name) have?")
    return sentences.joined(separator: " ")
  }

  init(person: Int, thing: Int, first: Int, changes: [Change]) {
    (self.person, self.thing, self.first, self.changes) = (person, thing, first, changes)
  }

  /// Reads a story back from its text; `nil` if it is none.
  /// - Complexity: O(length of the text).
  init?(parsing text: some StringProtocol) {
    var sentences = text.split(separator: ".").map { Substring($0).trimmed }
    guard sentences.count >= 2, let question = sentences.popLast() else { return nil }
    let beginning = sentences.removeFirst().split(separator: " ")
    guard beginning.count == 4, beginning[1] == "has", let first = Int(beginning[2]),
      let person = Self.people.firstIndex(where: { $0.0 == beginning[0] }),
      let thing = Self.things.firstIndex(of: String(beginning[3])),
      question == "How many \(Self.things[thing]) does \(Self.people[person].0) have?"
    else { return nil }
    var changes: [Change] = []
    for sentence in sentences {
      guard let change = Self.change(String(sentence), pronoun: Self.people[person].1) else { return nil }
      changes.append(change)
    }
    self.init(person: person, thing: thing, first: first, changes: changes)
    guard self.text == text else { return nil }
  }

  private static func change(_ sentence: String, pronoun: String) -> Change? {
    for operation in Calculation.Operator.allCases {
      for (index, wording) in wordings(of: operation).enumerated() {
        let (before, after) = ("\(pronoun) \(wording.before) ", wording.after)
        guard sentence.hasPrefix(before), sentence.hasSuffix(after) else { continue }
        if let number = Int(sentence.dropFirst(before.count).dropLast(after.count)) {
          return Change(operation: operation, number: number, wording: index)
        }
      }
    }
    return nil
  }
}
