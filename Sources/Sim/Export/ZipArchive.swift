/// A writer of ZIP archives, whose members are stored without compression.
///
/// The layout is that of PKWARE's APPNOTE.TXT, version 6.3.10, sections 4.3 and 4.4: for each member a local header and its
/// bytes, then a central directory with a header for each member, then the end of the directory. An archive of more than
/// 65,535 members or 4 GiB has the records of ZIP64 (section 4.3.14 and 4.5.3). All members have the earliest date that ZIP
/// knows, so equal members give equal bytes (P1).
///
/// Memory grows by the name and 46 bytes for each member, because the directory comes at the end.
package struct ZipArchive {
  private let file: DraftFile
  private var directory: [UInt8] = []
  private var members = 0

  /// The longest member: a longer one would need sizes of 64 bits, which this writer does not write.
  private static let longestMember = Int(UInt32.max) - 1
  /// What stands in a field of 32 bits whose value is in the record of ZIP64.
  private static let elsewhere = Int(UInt32.max)
  /// 1980-01-01, as ZIP writes dates: the month and the day, the year being 0.
  private static let date = 1 << 5 | 1
  /// The bit that says that names are UTF-8.
  private static let isUTF8 = 1 << 11

  package init(_ file: DraftFile) { self.file = file }

  /// Adds a member with these bytes.
  /// - Throws: ``ExportError`` if the member or its name is too long, or the file cannot be written.
  package mutating func add(_ name: String, _ content: [UInt8]) throws {
    try add(name, count: content.count, checksum: CRC32.checksum(of: content)) { try $0.append(content) }
  }

  /// Adds a member of `count` bytes with a known CRC-32, which `write` appends to the file.
  package mutating func add(
    _ name: String, count: Int, checksum: UInt32, _ write: (DraftFile) throws -> Void
  ) throws {
    guard count <= Self.longestMember else {
      throw ExportError("\(name): has \(count) bytes; a member of the archive may have \(Self.longestMember)")
    }
    guard name.utf8.count <= UInt16.max else {
      throw ExportError("the name of a member has \(name.utf8.count) bytes; it may have \(UInt16.max)")
    }
    let start = file.length
    let isFar = start >= Self.elsewhere
    // What the local header and the directory's have in common, from the needed version to the length of the name.
    var common = FieldWriter()
    common.write(isFar ? 45 : 20, 2)
    common.write(Self.isUTF8, 2)
    common.write(0, 2)
    common.write(0, 2)
    common.write(Self.date, 2)
    common.write(Int(checksum), 4)
    common.write(count, 4)
    common.write(count, 4)
    common.write(name.utf8.count, 2)

    var local = FieldWriter()
    local.write(0x0403_4b50, 4)
    local.bytes += common.bytes
    local.write(0, 2)
    try file.append(local.bytes + name.utf8)
    try write(file)
    precondition(
      file.length - start == local.bytes.count + name.utf8.count + count, "a member of that length")

    var entry = FieldWriter()
    entry.write(0x0201_4b50, 4)
    // Written under Unix, by version 4.5 of the description.
    entry.write(3 << 8 | 45, 2)
    entry.bytes += common.bytes
    entry.write(isFar ? 12 : 0, 2)
    entry.write(0, 2)
    entry.write(0, 2)
    entry.write(0, 2)
    // A regular file that everybody may read.
    entry.write(0o100644 << 16, 4)
    entry.write(isFar ? Self.elsewhere : start, 4)
    entry.bytes += name.utf8
    if isFar {
      entry.write(1, 2)
      entry.write(8, 2)
      entry.write(start, 8)
    }
    directory += entry.bytes
    members += 1
  }

  /// Writes the directory. The archive is whole then.
  package mutating func finish() throws {
    let start = file.length
    let size = directory.count
    try file.append(directory)
    directory = []
    var end = FieldWriter()
    if members >= Int(UInt16.max) || start >= Self.elsewhere || size >= Self.elsewhere {
      let place = file.length
      end.write(0x0606_4b50, 4)
      // The length of the rest of this record.
      end.write(44, 8)
      end.write(3 << 8 | 45, 2)
      end.write(45, 2)
      end.write(0, 4)
      end.write(0, 4)
      end.write(members, 8)
      end.write(members, 8)
      end.write(size, 8)
      end.write(start, 8)
      // Where that record is.
      end.write(0x0706_4b50, 4)
      end.write(0, 4)
      end.write(place, 8)
      end.write(1, 4)
    }
    end.write(0x0605_4b50, 4)
    end.write(0, 2)
    end.write(0, 2)
    end.write(min(members, Int(UInt16.max)), 2)
    end.write(min(members, Int(UInt16.max)), 2)
    end.write(min(size, Self.elsewhere), 4)
    end.write(min(start, Self.elsewhere), 4)
    end.write(0, 2)
    try file.append(end.bytes)
  }
}

/// Bytes that are made of whole numbers, the lowest byte first.
private struct FieldWriter {
  var bytes: [UInt8] = []

  mutating func write(_ number: Int, _ count: Int) {
    for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * index))) }
  }
}
