import Foundation
import Policy

/// A GGUF file, every tensor in it, and the model with its tokenizer and template: an error or their values, never a crash, never
/// more memory than a few times the file's.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let url = URL(filePath: "/dev/shm/troupe-fuzz-\(getpid()).gguf")
  guard (try? Data(UnsafeRawBufferPointer(start: bytes, count: count)).write(to: url)) != nil else {
    return 0
  }
  guard let file = try? GGUFFile(reading: url) else { return 0 }
  for name in file.tensors.keys { _ = try? file.floats(of: name) }
  _ = try? Checkpoint.read(url)
  _ = try? Checkpoint.chatTemplate(url)
  return 0
}
