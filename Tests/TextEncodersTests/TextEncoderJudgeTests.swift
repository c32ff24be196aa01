import Bundles
import Families
import Glibc
import Storage
import Tensors
import Testing
import TextEncoders

/// The folder of cases that `scripts/judges/text-encoders` made, nil without it.
private let judgedFolder: String? = getenv("MMDIT_TEXT_ENCODER_CASES").map { String(cString: $0) }

@Suite struct TextEncoderJudgeTests {
  /// The bound that the suite promises: 10⁻⁴ of the size of every entry of every token.
  @Test(.enabled(if: judgedFolder != nil))
  func hiddenStatesEqualThoseOfTheCases() throws {
    let cases = try EncoderCases(try #require(judgedFolder))
    for each in cases.cases {
      let weights = try weights("\(cases.folder)/\(each.model)")
      let encoder = try TextEncoder(configuration: weights.configuration, weights: weights)
      let found = try encoder.hiddenStates(each.prompts, layers: each.layers)
      for (index, states) in found.enumerated() {
        let error = largestRelativeError(
          states, try cases.states(of: each.id, prompt: index),
          columns: encoder.configuration.width)
        // The judge reads these lines.
        print("ENCODED \(each.id) \(index) \(error)")
        #expect(error < 1e-4, "\(each.id), prompt \(index)")
      }
    }
  }

  /// The weights of a bundle, or of a folder in safetensors.
  private func weights(_ path: String) throws -> CanonicalWeights {
    guard FileSystem.kind(of: path) == .file else { return try encoderWeights(path) }
    return try Bundle.open(path).canonicalWeights()
  }
}
