internal import Families

extension Flux2Configuration {
  /// Throws unless the numbers describe a network this core can run.
  func check(origin: String) throws(MMDiTFailure) {
    func require(
      _ holds: Bool, _ field: String, _ expected: String, _ found: String
    ) throws(MMDiTFailure) {
      guard holds else {
        throw .configuration(origin: origin, field: field, expected: expected, found: found)
      }
    }
    // The bounds keep the product of two of them, times nine, far inside an Int.
    let sizes = [
      ("attention heads", headCount), ("head size", headSize), ("text width", textSize),
      ("input channels", inputChannels), ("output channels", outputChannels),
      ("feed-forward width", feedForwardSize), ("timestep channels", timestepChannels),
    ]
    for (field, size) in sizes {
      try require((1...1 << 24).contains(size), field, "1 to \(1 << 24)", "\(size)")
    }
    try require(
      width <= 1 << 24, "width (attention heads × head size)", "1 to \(1 << 24)", "\(width)")
    for (field, count) in [
      ("double blocks", doubleBlockCount), ("single blocks", singleBlockCount),
    ] {
      try require((0...1 << 12).contains(count), field, "0 to \(1 << 12)", "\(count)")
    }
    try require(
      timestepChannels.isMultiple(of: 2), "timestep channels", "an even number",
      "\(timestepChannels)")
    try require(
      rotaryAxes.count == 4 && rotaryAxes.allSatisfy { (0...headSize).contains($0) && $0 % 2 == 0 }
        && rotaryAxes.reduce(0, +) == headSize,
      "rotary axes", "4 even numbers whose sum is the head size \(headSize)", "\(rotaryAxes)")
    try require(
      rotaryBase.isFinite && rotaryBase > 0, "rotary base", "a positive number", "\(rotaryBase)")
    try require(
      epsilon.isFinite && epsilon > 0, "norm epsilon", "a positive number", "\(epsilon)")
  }

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
