import Foundation

/// The names of functions in this program, by their addresses, for a reader.
///
/// The dynamic linker knows only what is exported, so the program's own table is read from its file.
struct SymbolTable {
  private struct Symbol {
    var start: UInt
    var size: UInt
    var name: Int
  }
  private var symbols: [Symbol] = []
  private var names = Data()
  private var base: UInt = 0

  /// Reads the table. It is empty if the program has none, as after `strip`.
  init() {
    guard let file = try? Data(contentsOf: URL(fileURLWithPath: "/proc/self/exe"), options: .alwaysMapped)
    else {
      return
    }
    base = Self.baseAddress
    try? read(ElfFile(file))
  }

  private mutating func read(_ file: ElfFile) throws(ElfFile.Unreadable) {
    guard let table = try file.sections.first(where: { $0.type == 2 }) else { return }
    let strings = try file.sections[Int(table.link)]
    names = file.bytes(strings)
    for entry in stride(from: table.offset, to: table.offset + table.size, by: 24) {
      // A symbol: name 4 bytes, kind 1, visibility 1, section 2, address 8, size 8.
      guard try file.byte(entry + 4) & 15 == 2 else { continue }
      symbols.append(
        Symbol(
          start: UInt(try file.word(entry + 8)), size: UInt(try file.word(entry + 16)),
          name: Int(try file.half(entry))))
    }
    symbols.sort { $0.start < $1.start }
  }

  /// Where the program lies in memory: the address of its first mapping.
  private static var baseAddress: UInt {
    let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
    return maps.split(separator: "-").first.flatMap { UInt($0, radix: 16) } ?? 0
  }

  /// Returns the mangled name of the function at an address; `nil` if it is not in the program.
  func name(at address: UInt) -> String? {
    guard address >= base else { return nil }
    let place = address - base
    var (low, high) = (0, symbols.count)
    while low < high {
      let middle = (low + high) / 2
      if symbols[middle].start <= place { low = middle + 1 } else { high = middle }
    }
    guard low > 0, place < symbols[low - 1].start + max(1, symbols[low - 1].size) else { return nil }
    let start = names.startIndex + symbols[low - 1].name
    guard start < names.endIndex, let end = names[start...].firstIndex(of: 0) else { return nil }
    return String(decoding: names[start..<end], as: UTF8.self)
  }
}

/// The sections of a file in ELF, 64 bits, little-endian.
struct ElfFile {
  struct Unreadable: Error {}
  struct Section {
    var type: UInt32
    var offset: Int
    var size: Int
    var link: UInt32
  }
  private let data: Data

  init(_ data: Data) { self.data = data }

  func byte(_ offset: Int) throws(Unreadable) -> UInt8 { UInt8(try number(offset, 1)) }
  func half(_ offset: Int) throws(Unreadable) -> UInt32 { UInt32(try number(offset, 4)) }
  func word(_ offset: Int) throws(Unreadable) -> UInt64 { try number(offset, 8) }

  private func number(_ offset: Int, _ count: Int) throws(Unreadable) -> UInt64 {
    guard offset >= 0, offset <= data.count - count else { throw Unreadable() }
    return (0..<count).reversed().reduce(0) { $0 << 8 | UInt64(data[data.startIndex + offset + $1]) }
  }

  var sections: [Section] {
    get throws(Unreadable) {
      guard try half(0) == 0x464c_457f, try byte(4) == 2 else { throw Unreadable() }
      let table = Int(truncatingIfNeeded: try word(40))
      let count = Int(try number(60, 2))
      var sections: [Section] = []
      for index in 0..<count {
        let start = table + 64 * index
        sections.append(
          Section(
            type: try half(start + 4), offset: Int(truncatingIfNeeded: try word(start + 24)),
            size: Int(truncatingIfNeeded: try word(start + 32)), link: try half(start + 40)))
      }
      return sections
    }
  }

  func bytes(_ section: Section) -> Data {
    guard section.offset >= 0, section.size >= 0, section.offset <= data.count - section.size else {
      return Data()
    }
    return data[data.startIndex + section.offset..<data.startIndex + section.offset + section.size]
  }
}
