/// A reader of ZIP archives for tests, which trusts nothing: every header is compared with the one it repeats.
struct ZipMembers {
  struct Damage: Error { var what: String }

  private(set) var names: [String] = []
  private(set) var contents: [[UInt8]] = []
  /// The checksums that the archive has.
  private(set) var checksums: [UInt32] = []
  /// Whether the end has the records of ZIP64.
  private(set) var isLarge = false

  subscript(name: String) -> [UInt8]? { names.firstIndex(of: name).map { contents[$0] } }

  init(_ bytes: [UInt8]) throws {
    func number(_ offset: Int, _ count: Int) throws -> Int {
      guard offset >= 0, offset + count <= bytes.count else { throw Damage(what: "the archive is too short") }
      return (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
    func expect(_ holds: Bool, _ what: String) throws { if !holds { throw Damage(what: what) } }
    let end = bytes.count - 22
    try expect(try number(end, 4) == 0x0605_4b50, "the end of the directory")
    var (count, size, start) = (try number(end + 10, 2), try number(end + 12, 4), try number(end + 16, 4))
    var directoryEnd = end
    if count == 0xffff || start == 0xffff_ffff {
      isLarge = true
      try expect(try number(end - 20, 4) == 0x0706_4b50, "the place of the large end")
      let large = try number(end - 12, 8)
      try expect(try number(large, 4) == 0x0606_4b50 && number(large + 4, 8) == 44, "the large end")
      (count, size, start) = (
        try number(large + 32, 8), try number(large + 40, 8), try number(large + 48, 8)
      )
      try expect(try number(large + 24, 8) == count, "two equal counts")
      directoryEnd = large
    }
    var entry = start
    for _ in 0..<count {
      try expect(try number(entry, 4) == 0x0201_4b50, "an entry")
      let nameLength = try number(entry + 28, 2)
      let length = try number(entry + 20, 4)
      let local = try number(entry + 42, 4)
      try expect(try number(entry + 10, 2) == 0, "stored")
      try expect(try number(entry + 24, 4) == length, "equal sizes")
      try expect(try number(local, 4) == 0x0403_4b50, "a local header")
      // From the version to the length of the name, both headers have the same.
      try expect(bytes[(local + 4)..<(local + 28)] == bytes[(entry + 6)..<(entry + 30)], "equal headers")
      let name = bytes[(entry + 46)..<(entry + 46 + nameLength)]
      try expect(bytes[(local + 30)..<(local + 30 + nameLength)] == name, "equal names")
      let content = local + 30 + nameLength + (try number(local + 28, 2))
      try expect(content + length <= start, "a member before the directory")
      names.append(String(decoding: name, as: UTF8.self))
      contents.append(Array(bytes[content..<(content + length)]))
      checksums.append(UInt32(try number(entry + 16, 4)))
      entry += 46 + nameLength + (try number(entry + 30, 2))
    }
    try expect(entry == directoryEnd && entry == start + size, "the size of the directory")
  }
}
