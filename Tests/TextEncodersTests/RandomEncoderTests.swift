import Families
import TestSupport
import Testing
import TextEncoders

@Suite struct RandomEncoderTests {
  let cases: EncoderCases

  init() throws { cases = try .committed() }

  @Test func hiddenStatesEqualThoseOfTransformers() throws {
    #expect(cases.cases.count == 4)
    for each in cases.cases {
      let weights = try encoderWeights("\(cases.folder)/\(each.model)")
      let encoder = try TextEncoder(configuration: weights.configuration, weights: weights)
      let found = try encoder.hiddenStates(each.prompts, layers: each.layers)
      #expect(found.count == each.prompts.count)
      for (index, states) in found.enumerated() {
        let error = largestRelativeError(
          states, try cases.states(of: each.id, prompt: index),
          columns: encoder.configuration.width)
        print("\(each.id), prompt \(index): \(error)")
        #expect(error < 1e-4, "\(each.id), prompt \(index)")
      }
    }
  }
}
