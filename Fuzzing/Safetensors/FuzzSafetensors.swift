import Foundation
import Policy

/// A safetensors file, and every tensor in it: an error or its values, never a crash, never more memory than the file asks for.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let url = URL(filePath: "/dev/shm/troupe-fuzz-\(getpid()).safetensors")
  guard (try? Data(UnsafeRawBufferPointer(start: bytes, count: count)).write(to: url)) != nil else {
    return 0
  }
  guard let file = try? SafetensorsFile(reading: url) else { return 0 }
  for name in file.tensors.keys { _ = try? file.floats(of: name) }
  return 0
}
