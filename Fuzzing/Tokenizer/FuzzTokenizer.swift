import Foundation
import Policy

/// A `tokenizer.json`, and the rest of the input as text: an error, or ids that give the text again.
///
/// Input: the file, a zero byte, the text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: bytes, count: count)
  let parts = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
  guard let json = parts.first,
    let tokenizer = try? Checkpoint.tokenizer(
      json: Data(json), settings: Data(#"{"eos_token": "<|im_end|>"}"#.utf8))
  else { return 0 }
  let text = String(decoding: parts.count > 1 ? Array(parts[1]) : [], as: UTF8.self)
  guard let ids = try? tokenizer.encode(text) else { return 0 }
  let decoded = (tokenizer as? BytePairTokenizer)?.decode(ids, keepingSpecial: true)
  if let decoded, let pairs = tokenizer as? BytePairTokenizer {
    let wanted = pairs.isNormalized ? text.precomposedStringWithCanonicalMapping : text
    let found = pairs.isNormalized ? decoded.precomposedStringWithCanonicalMapping : decoded
    precondition(found.unicodeScalars.elementsEqual(wanted.unicodeScalars), "the text does not come back")
  }
  return 0
}
