/// An answer is right if all of it matches the regular expression that is expected, in the notation of Swift's `Regex`.
struct RegexVerifier: Verifier {
  /// The most characters of an answer that is matched, because matching may take long.
  private static let longest = 1024

  func reading(_ given: String) -> String? {
    let text = given[...].trimmed
    return text.isEmpty || text.count > Self.longest ? nil : String(text)
  }

  func reads(expectation expected: String) -> Bool { (try? Regex(expected)) != nil }

  func accepts(_ given: String, expected: String) -> Bool {
    guard let text = reading(given), let pattern = try? Regex(expected) else { return false }
    return (try? pattern.wholeMatch(in: text)) != nil
  }
}
