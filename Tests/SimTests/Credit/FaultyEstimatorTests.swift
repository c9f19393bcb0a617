import Foundation
import Sim
import Testing

/// Which law catches which planted fault: the table of docs/credit.md.
@Suite("Planted faults of credit", .enabled(if: CreditTable.isRelease))
struct FaultyEstimatorTests {
  @Test("every planted fault breaks a law, and every law is broken by some fault")
  func caught() {
    let broken = CreditTable.broken
    for (estimator, laws) in broken { #expect(!laws.isEmpty, "\(estimator) keeps every law") }
    for law in CreditLaw.allCases {
      #expect(broken.contains { $0.laws.contains(law) }, "no fault breaks \(law)")
    }
    #expect(broken.count >= 30)
  }

  @Test("the table in docs/credit.md is what the laws find; `make credit-table` prints it")
  func table() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/credit.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    if let file = ProcessInfo.processInfo.environment["TROUPE_CREDIT_TABLE"] {
      try (CreditTable.text + "\n").write(to: URL(filePath: file), atomically: true, encoding: .utf8)
    }
    let isCurrent = text.contains(CreditTable.text)
    #expect(isCurrent, "run `make credit-table`, and put its table into the page")
  }
}

enum CreditTable {
  /// The table takes seconds in release, and minutes without.
  static var isRelease: Bool {
    #if DEBUG
      false
    #else
      true
    #endif
  }

  /// The laws that each planted fault breaks, on 100 random cases for each law.
  static let broken = FaultyEstimator.all.map { estimator in
    (estimator: estimator, laws: CreditLaw.allCases.filter { $0.violation(by: estimator, cases: 100) != nil })
  }

  /// A row for each fault, and a column for each law by its number.
  static var text: String {
    let laws = CreditLaw.allCases
    let head = "| planted fault | \(laws.indices.map { "\($0 + 1)" }.joined(separator: " | ")) |"
    let rule = "| --- |" + laws.map { _ in " --- |" }.joined()
    let rows = broken.map { estimator, broken in
      "| \(estimator) | " + laws.map { broken.contains($0) ? "x" : " " }.joined(separator: " | ") + " |"
    }
    return ([head, rule] + rows).joined(separator: "\n")
  }
}
