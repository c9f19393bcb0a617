import Foundation

/// What the operating system refused to do with a file, as the end of a sentence that begins with the file's name, with what
/// to do: `cannot be read, because there is no such file; check the path`.
package struct FileFailure: CustomStringConvertible {
  /// What was to be done with the file.
  package enum Deed: String {
    case read, written, made
  }

  package let description: String

  /// Makes the text for an error that Foundation, or anything else, threw.
  package init(_ error: any Error, _ deed: Deed) {
    description =
      Self.code(of: error).map { FileFailure(code: $0, deed).description } ?? "cannot be \(deed): \(error)"
  }

  /// Makes the text for an error of the operating system, by its number (`errno`).
  package init(code: Int32, _ deed: Deed) {
    let (reason, remedy) = Self.reason(code, deed)
    description = "cannot be \(deed), because \(reason)" + (remedy.map { "; \($0)" } ?? "")
  }

  /// The line for an error of Foundation that names its file; `nil` for any other error.
  package static func line(of error: any Error) -> String? {
    guard let code = code(of: error) else { return nil }
    let path = (error as NSError).userInfo[NSFilePathErrorKey] as? String
    let deed: Deed =
      [NSFileReadNoSuchFileError, NSFileReadUnknownError, NSFileReadNoPermissionError]
        .contains((error as NSError).code) ? .read : .written
    return "\(path ?? "a file") \(FileFailure(code: code, deed))"
  }

  /// The number of the operating system's error behind an error of Foundation.
  private static func code(of error: any Error) -> Int32? {
    let error = error as NSError
    if error.domain == NSPOSIXErrorDomain { return Int32(error.code) }
    guard error.domain == NSCocoaErrorDomain else { return nil }
    if let cause = error.userInfo[NSUnderlyingErrorKey] as? any Error { return code(of: cause) }
    switch error.code {
    case NSFileReadNoSuchFileError, NSFileNoSuchFileError: return ENOENT
    case NSFileReadNoPermissionError, NSFileWriteNoPermissionError: return EACCES
    case NSFileWriteOutOfSpaceError: return ENOSPC
    case NSFileWriteFileExistsError: return EEXIST
    default: return nil
    }
  }

  private static func reason(_ code: Int32, _ deed: Deed) -> (reason: String, remedy: String?) {
    switch (code, deed) {
    case (ENOENT, .read): ("there is no such file", "check the path")
    case (ENOENT, _): ("its directory does not exist", "make the directory first")
    case (EACCES, .read), (EPERM, .read): ("you may not read it", "change its permissions")
    case (EACCES, _), (EPERM, _): ("you may not write there", "change the permissions, or name another place")
    case (EISDIR, _): ("it is a directory", "name a file")
    case (ENOTDIR, _): ("a part of its path is a file and no directory", "check the path")
    case (EEXIST, _): ("there is such a file already", "name another, or remove it")
    case (ENOSPC, _), (EDQUOT, _): ("the disk is full", "make room on it, or name a place on another disk")
    case (EROFS, _): ("its disk can only be read", "name another place")
    case (ENAMETOOLONG, _): ("its name is too long", "name another")
    default: ("of this: \(String(cString: strerror(code)))", nil)
    }
  }
}
