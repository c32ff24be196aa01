internal import Families

extension Flux2Configuration {
  /// Throws unless the input has the sizes this network takes.
  func check(_ input: TransformerInput, index: Int, origin: String) throws(MMDiTFailure) {
    func fail(_ subject: String, expected: String, found: String) -> MMDiTFailure {
      .input(origin: origin, input: index, subject: subject, expected: expected, found: found)
    }
    func checkTokens(
      _ subject: String, _ values: [Float], _ grid: TokenGrid
    ) throws(MMDiTFailure) {
      guard let count = grid.tokenCount else {
        throw fail(
          "\(subject) grid", expected: "at least 1 × 1 tokens",
          found: "\(grid.height) × \(grid.width)")
      }
      let (expected, overflow) = count.multipliedReportingOverflow(by: inputChannels)
      guard !overflow, values.count == expected else {
        throw fail(
          subject,
          expected: "\(grid.height) × \(grid.width) tokens × \(inputChannels) channels",
          found: "\(values.count) values")
      }
    }
    try checkTokens("latents", input.latents, input.grid)
    for (number, reference) in input.references.enumerated() {
      try checkTokens("reference \(number)", reference.tokens, reference.grid)
    }
    guard !input.text.isEmpty, input.text.count.isMultiple(of: textSize) else {
      throw fail(
        "text", expected: "at least one token, \(textSize) values each",
        found: "\(input.text.count) values")
    }
    guard (input.guidance != nil) == hasGuidance else {
      throw fail(
        "guidance",
        expected: hasGuidance ? "a guidance strength" : "none: the model takes no guidance",
        found: input.guidance.map { "\($0)" } ?? "none")
    }
    guard input.sigma.isFinite, input.guidance?.isFinite ?? true else {
      throw fail("sigma and guidance", expected: "finite numbers", found: "\(input.sigma)")
    }
  }
}
