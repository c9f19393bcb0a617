import CTaskHooks
import Foundation

/// Names of functions as a reader of the code knows them.
///
/// Each address is looked up once, because a schedule may have a hundred thousand parts at a few places.
final class FunctionNames {
  private let table = SymbolTable()
  private var names: [UInt: String?] = [:]
  /// The number of addresses that were looked up.
  var lookups: Int { names.count }

  /// Returns the name of the function whose code is at an address, such as `Account.add(_:)`; `nil` if it has no name.
  func name(at address: UInt) -> String? {
    if let known = names[address] { return known }
    let name = table.name(at: address).map { Self.readable(Self.demangled($0) ?? $0) }
    names[address] = .some(name)
    return name
  }

  private typealias Demangle =
    @convention(c) (
      UnsafePointer<CChar>?, Int, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<Int>?, UInt32
    ) -> UnsafeMutablePointer<CChar>?

  private static let demangle: Demangle? = troupe_function("swift_demangle").map {
    // The runtime's function has this type.
    unsafeBitCast($0, to: Demangle.self)
  }

  static func demangled(_ name: String) -> String? {
    guard let text = demangle?(name, name.utf8.count, nil, nil, 0) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  /// Shortens a demangled name: parts of it that say how the compiler divided a function are left out.
  static func readable(_ name: String) -> String {
    var name = name
    var before: String
    repeat {
      before = name
      name.trimPrefix(#/\([0-9]+\) (suspend|await) resume partial function for /#)
      name.trimPrefix(#/async function pointer to /#)
      name.trimPrefix(#/(merged|specialized|partial apply forwarder for|partial apply for|thunk for) /#)
      name.trimPrefix(#/(generic|function signature|closure|existential)[a-z ]* specialization <.*?> of /#)
      name.trimPrefix(#/reabstraction thunk helper .* to /#)
    } while name != before
    let closure = name.prefixMatch(of: #/(implicit )?closure \#([0-9]+) /#)
    repeat {
      before = name
      name.trimPrefix(#/(implicit )?closure \#[0-9]+ .*? in /#)
    } while name != before
    name = name.replacing(#/ (async )?(throws )?-> .*$/#, with: "").replacing(/\(in _[0-9A-F]+\)/, with: "")
    name = name.replacing(/\b[A-Za-z_][A-Za-z0-9_]*\.(?=[A-Z(])/, with: "", maxReplacements: 1)
    name.trimPrefix(#/static /#)
    // The types of parameters: what stands between a label and the next comma or parenthesis.
    name = name.replacing(#/: [^,()]*(, )?/#, with: ":")
    return String(name.prefix(100)) + (closure.map { ", closure \($0.2)" } ?? "")
  }
}
