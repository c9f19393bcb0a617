import Foundation
import Policy
import Sim
import TroupeCLI

extension Verb {
  private static let work = Option(
    "--work", "NAME", "policy: only this work, such as `decode` or `decode 64`")

  /// The verb that measures this machine. Its wall-clock figures can be compared within one run only.
  package static let bench = Verb(
    name: "bench", operands: ["[NAME]", "[MODEL]"],
    summary:
      "measures this machine: `policy` (of nano, micro, published or smollm2), `products`, `messages` or `asks`",
    options: [.threads, .products, .kernel, .inexact, work, .json]
  ) { arguments in
    switch arguments.positional.first ?? "policy" {
    case "policy": try benchPolicy(arguments)
    case "products": try benchProducts()
    case "messages": try MessageBenchmark.run(asJSON: arguments.has(.json))
    case "asks": MessageBenchmark.runAsks()
    case let other: throw unknown(other, "benchmark", ["policy", "products", "messages", "asks"])
    }
    return 0
  }

  private static func benchPolicy(_ arguments: Arguments) throws {
    let names = arguments.positional.dropFirst()
    for name in names where PolicyBenchmark.shapes[name] == nil {
      throw unknown(name, "model", PolicyBenchmark.shapes.keys.sorted())
    }
    let isJSON = arguments.has(.json)
    let benchmark = PolicyBenchmark(
      threads: try arguments.integer(.threads, in: 1...64) ?? 2, products: try arguments.products(),
      work: arguments.string(work) ?? ""
    ) { if !isJSON { Console.print($0) } }
    let report = try benchmark.run(names.isEmpty ? ["nano", "micro"] : Array(names))
    guard isJSON else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    Console.print(String(decoding: try encoder.encode(report), as: UTF8.self))
  }

  private static func benchProducts() throws {
    // One side of the comparison is OpenBLAS, whatever `--products` says.
    try BLAS.checkEnvironment()
    Console.print(
      "\(Products.openBLAS.description ?? "") and panels by \(InstructionSet.current.rawValue), one thread, GFLOP/s"
    )
    Console.print("rows x inner x columns   OpenBLAS   panels, packed   packed on the way   bfloat16")
    func cell(_ value: Double, _ width: Int) -> String {
      let text = "\((value * 10).rounded() / 10)"
      return String(repeating: " ", count: max(1, width - text.count)) + text
    }
    for (rows, inner, columns) in [
      (1, 128, 768), (8, 128, 768), (32, 128, 768), (64, 384, 128), (512, 128, 768), (16, 576, 1536),
      (512, 576, 1536), (512, 1536, 576), (256, 1024, 3072), (1, 1024, 65_536),
    ] {
      let shape = "\(rows) x \(inner) x \(columns)"
      let rates = ProductRate.compared(rows: rows, inner: inner, columns: columns)
      Console.print(
        shape + cell(rates.openBLAS, 33 - shape.count) + cell(rates.packed, 17) + cell(rates.unpacked, 20)
          + cell(rates.bfloat16, 11))
    }
  }

  private static func unknown(_ name: String, _ what: String, _ known: [String]) -> UsageError {
    let near = Spelling.nearest(to: name, among: known)
    return UsageError("bench: unknown \(what) '\(name)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
  }
}
