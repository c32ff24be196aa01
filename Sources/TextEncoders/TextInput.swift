/// A prompt as an encoder sees it: tokens, and which of them are padding.
public struct TextInput: Hashable, Sendable {
  /// The tokens: rows of the embedding table, L ≥ 1 of them.
  public var identifiers: [Int]
  /// For each token whether others may attend to it; false is padding, on either side.
  public var mask: [Bool]

  /// Checked where it is encoded, not here.
  public init(identifiers: [Int], mask: [Bool]) {
    self.identifiers = identifiers
    self.mask = mask
  }

  /// A prompt without padding.
  public init(identifiers: [Int]) {
    self.init(
      identifiers: identifiers, mask: [Bool](repeating: true, count: identifiers.count))
  }
}
