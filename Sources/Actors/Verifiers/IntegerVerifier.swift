/// An answer is right if it is the same whole number: `+7` and `7.0` are `7`, and `7.5` is none.
struct IntegerVerifier: Verifier {
  func reading(_ given: String) -> String? {
    guard let number = DecimalText(given), number.isWhole else { return nil }
    return number.text
  }
}
