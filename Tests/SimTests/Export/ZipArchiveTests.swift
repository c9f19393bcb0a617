import Foundation
import Testing

@testable import Sim

@Suite("ZIP archives")
struct ZipArchiveTests {
  private func archive(_ members: [(String, [UInt8])]) throws -> [UInt8] {
    let url = FileManager.default.temporaryDirectory.appending(path: "archive-\(UUID()).zip")
    defer { try? FileManager.default.removeItem(at: url) }
    let file = try DraftFile(url)
    var archive = ZipArchive(file)
    for (name, content) in members { try archive.add(name, content) }
    try archive.finish()
    #expect(!FileManager.default.fileExists(atPath: url.path))
    try file.commit()
    return Array(try Data(contentsOf: url))
  }

  @Test("CRC-32 of the check text is that of the catalogue of parametrised CRC algorithms")
  func checksum() {
    // Greg Cook, "Catalogue of parametrised CRC algorithms", CRC-32/ISO-HDLC: check = 0xcbf43926.
    #expect(CRC32.checksum(of: Array("123456789".utf8)) == 0xcbf4_3926)
    #expect(CRC32.checksum(of: []) == 0)
    var pieces = CRC32()
    pieces.update("12345".utf8)
    pieces.update("6789".utf8)
    #expect(pieces.value == 0xcbf4_3926)
  }

  @Test("members are read back in their order, with their names and their checksums")
  func members() throws {
    let members: [(String, [UInt8])] = [
      ("a", []), ("samples/ü 中 👩‍👩‍👧.json", Array("{}".utf8)), ("b", (0..<100_000).map { UInt8($0 & 0xff) }),
    ]
    let bytes = try archive(members)
    let read = try ZipMembers(bytes)
    #expect(read.names == members.map(\.0) && read.contents == members.map(\.1) && !read.isLarge)
    #expect(read.checksums == members.map { CRC32.checksum(of: $0.1) })
    #expect(try archive(members) == bytes)
  }

  @Test("an archive without members, and one with more than the end of the directory can count")
  func counts() throws {
    #expect(try ZipMembers(archive([])).names.isEmpty)
    let names = (0..<65_536).map { "\($0)" }
    let read = try ZipMembers(archive(names.map { ($0, [7]) }))
    #expect(read.isLarge && read.names == names && read.contents.allSatisfy { $0 == [7] })
    #expect(try ZipMembers(archive(names.dropLast(2).map { ($0, []) })).isLarge == false)
  }

  @Test("a name that is too long is refused, and a file that is given up leaves nothing")
  func refused() throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "draft-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let url = directory.appending(path: "x.zip")
    do {
      var archive = ZipArchive(try DraftFile(url))
      #expect(throws: ExportError.self) { try archive.add(String(repeating: "x", count: 70_000), []) }
      #expect(throws: ExportError.self) {
        try archive.add("x", count: 1 << 32, checksum: 0) { _ in Issue.record("nothing is written") }
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
    try Data("kept".utf8).write(to: url)
    #expect(throws: ExportError.self) { try DraftFile(url) }
    #expect(try Data(contentsOf: url) == Data("kept".utf8))
  }
}
