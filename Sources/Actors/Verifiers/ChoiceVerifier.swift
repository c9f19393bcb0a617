/// An answer is right if it begins with the same letter, in brackets or not: `(b)` is `B`.
struct ChoiceVerifier: Verifier {
  func reading(_ given: String) -> String? {
    let words = given.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let letters = words.drop { $0 == "(" }
    guard let first = letters.first, first.isLetter, letters.dropFirst().first?.isLetter != true else {
      return nil
    }
    return String(first)
  }
}
