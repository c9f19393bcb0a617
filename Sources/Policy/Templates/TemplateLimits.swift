/// The bounds on reading and rendering a chat template.
///
/// The templates of published models have up to 17 kilobytes and nest up to a dozen levels deep.
package struct TemplateLimits: Sendable {
  /// The most bytes of a template.
  package var templateSize = 1 << 20
  /// The most blocks in each other, and the most expressions in each other.
  package var nesting = 64
  /// The most bytes of the rendered text.
  package var outputSize = 1 << 24
  /// The most steps: one for each expression, and one for each byte that an operation reads or makes.
  package var steps = 1 << 26
  /// The most lists and objects in each other.
  package var valueDepth = 64

  package init() {}

  /// The most numbers in a `range`, which is the bound of Jinja's sandbox.
  static let range = 100_000
  /// The widest indentation of `tojson`.
  static let indentation = 16
}
