extension Duration {
  /// The seconds as the nearest number: 0.44, and not 0.44000000000000006.
  package var inSeconds: Double {
    let (seconds, attoseconds) = components
    guard attoseconds % 1_000_000_000 == 0, abs(seconds) < 9_000_000 else { return self / .seconds(1) }
    return Double(seconds * 1_000_000_000 + attoseconds / 1_000_000_000) / 1e9
  }
}
