import Foundation
import Policy

/// A package to begin with: an actor of a user's own, a program that registers it, a scenario that uses it, and a test.
struct PackageTemplate {
  /// How `troupe new --kind` names it.
  static let kind = "own-actors"
  let what = "a package with an actor of your own, in Sources/ShopActors, and the scenario shop.json5"
  /// The dependency of Package.swift on Troupe, and the name of Troupe among dependencies.
  let dependency: String, troupe: String

  /// Makes the package depend on Troupe at a path or a URL; without one, on the checkout in which this program was built.
  /// - Throws: ``UsageError`` if there is no such checkout.
  init(troupe place: String?) throws(UsageError) {
    if let place, place.contains("://") || place.hasPrefix("git@") {
      dependency = ".package(url: \(Self.quoted(place)), branch: \"main\")"
      // The name of a package that is at a URL is the URL's last word.
      let word = place.split { "/:".contains($0) }.last.map(String.init) ?? ""
      troupe = word.hasSuffix(".git") ? String(word.dropLast(4)) : word
      return
    }
    let found = place.map { URL(filePath: $0) } ?? Self.checkout
    guard let found, Self.isTroupe(found) else {
      throw UsageError(
        "new: \(place.map { "\($0) is no checkout of Troupe" } ?? "this program is not in a checkout of Troupe");"
          + " give its path or URL: --package PATH|URL")
    }
    troupe = "Troupe"
    dependency = ".package(name: \"Troupe\", path: \(Self.quoted(found.standardizedFileURL.path)))"
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  private static func isTroupe(_ directory: URL) -> Bool {
    ["Package.swift", "Sources/TroupeCLI"].allSatisfy {
      FileManager.default.fileExists(atPath: directory.appending(path: $0).path)
    }
  }

  /// The checkout in which this program was built; `nil` if the program was taken elsewhere.
  private static var checkout: URL? {
    guard var place = Bundle.main.executableURL?.resolvingSymlinksInPath() else { return nil }
    while place.path != "/" {
      place.deleteLastPathComponent()
      if isTroupe(place) { return place }
    }
    return nil
  }

  /// The command that runs the package's scenario.
  func command(_ path: String) -> String {
    let quoted = path.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./".contains($0)) }
    return "cd \(quoted ? path : ShellCommand.quoted(path)) && swift run -c release shop run shop.json5"
  }

  /// Writes the package into a directory that does not exist yet, or that is empty.
  func write(to directory: URL) throws(UsageError) {
    let found = try? FileManager.default.contentsOfDirectory(atPath: directory.path)
    guard !FileManager.default.fileExists(atPath: directory.path) || found == [] else {
      throw UsageError("\(directory.relativePath): exists; name a directory that does not, or that is empty")
    }
    for (path, text) in files {
      let file = directory.appending(path: path)
      do {
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file, options: .withoutOverwriting)
      } catch {
        throw UsageError("\(file.relativePath): \(FileFailure(error, .written))")
      }
    }
  }
}
