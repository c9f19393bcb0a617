/// An answer is right if it has the same words, in small letters or capitals.
struct ExactVerifier: Verifier {
  func reading(_ given: String) -> String? {
    let words = given.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return words.isEmpty ? nil : words
  }
}
