import Messaging
import PropertyTesting
import Testing

@Suite("Log checksums")
struct LogChecksumTests {
  @Test(
    "SHA-256 gives the digests of NIST's examples (FIPS 180-4, SHA_All.pdf)",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
      ),
      (
        String(repeating: "a", count: 1_000_000),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      ),
    ])
  func sha256(message: String, digest: String) {
    #expect(SHA256.digest(of: Array(message.utf8)).hex == digest)
  }

  @Test("SHA-256 agrees with Python's hashlib at every length up to 256")
  func sha256Lengths() {
    // hashlib.sha256(b"".join(hashlib.sha256(bytes(range(n))).digest() for n in range(257))).hexdigest()
    var all = SHA256()
    for length in 0...256 {
      all.update(SHA256.digest(of: (0..<length).map { UInt8($0) }).bytes)
    }
    #expect(all.finalized().hex == "35970715cb0d62a006d72921e886dd4ea67151affe64b55164397fe5bb5c1730")
  }

  @Test("SHA-256 does not depend on the pieces the bytes come in")
  func sha256Pieces() {
    let pieces = Generator.array(of: Generator.array(of: .integer(in: UInt8.min...UInt8.max), count: 0...150))
    forAll("a digest of pieces is the digest of the whole", pieces) { pieces in
      var hash = SHA256()
      for piece in pieces { hash.update(piece) }
      return hash.finalized() == SHA256.digest(of: pieces.flatMap { $0 })
    }
  }

  @Test("CRC-32C gives the published check value")
  func crcCheckValue() {
    #expect(CRC32C.checksum(of: Array("123456789".utf8)) == 0xe306_9283)
    #expect(CRC32C.checksum(of: []) == 0)
  }

  @Test("CRC-32C gives the values of RFC 3720, appendix B.4")
  func crcRFC3720() {
    #expect(CRC32C.checksum(of: Array(repeating: 0, count: 32)) == 0x8a91_36aa)
    #expect(CRC32C.checksum(of: Array(repeating: 0xff, count: 32)) == 0x62a8_ab43)
    #expect(CRC32C.checksum(of: (0..<32).map { UInt8($0) }) == 0x46dd_794e)
    #expect(CRC32C.checksum(of: (0..<32).reversed().map { UInt8($0) }) == 0x113f_db5c)
    var readCommand: [UInt8] = Array(repeating: 0, count: 48)
    readCommand.replaceSubrange(0..<2, with: [0x01, 0xc0])
    (readCommand[16], readCommand[22], readCommand[27]) = (0x14, 0x04, 0x14)
    (readCommand[31], readCommand[32], readCommand[40]) = (0x18, 0x28, 0x02)
    #expect(CRC32C.checksum(of: readCommand) == 0xd996_3a56)
  }
}
