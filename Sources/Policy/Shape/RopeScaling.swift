/// How Llama 3.1 and later stretch RoPE's wavelengths for a context longer than the one of pretraining.
///
/// Short wavelengths stay, long ones become `factor` times as long, and those between are interpolated.
///
/// Source: "The Llama 3 Herd of Models" (arXiv 2407.21783), and `rope_type: "llama3"` of `transformers`, whose operations and
/// roundings are repeated here.
package struct RopeScaling: Sendable, Hashable {
  /// By how much long wavelengths are stretched.
  package var factor: Double
  /// A wavelength is long if it is more than `originalPositions / lowFrequencyFactor`.
  package var lowFrequencyFactor: Double
  /// A wavelength is short if it is less than `originalPositions / highFrequencyFactor`.
  package var highFrequencyFactor: Double
  /// The length of the context of pretraining.
  package var originalPositions: Int

  package init(
    factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalPositions: Int
  ) {
    self.factor = factor
    self.lowFrequencyFactor = lowFrequencyFactor
    self.highFrequencyFactor = highFrequencyFactor
    self.originalPositions = originalPositions
  }

  /// Makes the scaling of Llama 3.1, 3.2 and 3.3 whose divisors of `frequencies` are `divisors`; `nil` if it has others.
  ///
  /// llama.cpp stores these divisors, and not the numbers that they come from. All of the published models have 1, 4 and 8,192 beside
  /// the factor, which is the divisor of the lowest frequency.
  init?(divisors: [Float], of frequencies: [Float]) {
    guard let factor = divisors.last, factor >= 1, divisors.count == frequencies.count else { return nil }
    self.init(
      factor: Double(factor), lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositions: 8192)
    for (divisor, frequency) in zip(divisors, frequencies) {
      let own = frequency / self.frequency(frequency)
      guard abs(own - divisor) <= 1e-5 * divisor else { return nil }
    }
  }

  /// Returns the angle by which one position turns a pair, given the angle without scaling; both in radians.
  func frequency(_ frequency: Float) -> Float {
    let (length, low, high) = (
      Float(originalPositions), Float(lowFrequencyFactor), Float(highFrequencyFactor)
    )
    let wavelength = Float(2 * Double.pi) / frequency
    if wavelength < length / high { return frequency }
    let stretched = frequency / Float(factor)
    if wavelength > length / low { return stretched }
    let smooth = (length / wavelength - low) / (high - low)
    return (1 - smooth) * stretched + smooth * frequency
  }
}
