import Families
import Safetensors
import Storage
import StrictJSON
import Tensors
import TestSupport
import Testing
import TextEncoders

@Suite struct GlyphKleinEncoderTests {
  let encoder: TextEncoder
  let recorded: SafetensorsCheckpoint
  let prompts: [(tensor: String, input: TextInput)]

  init() throws {
    let weights = try encoderWeights("\(Fixture.klein)/text_encoder")
    encoder = try TextEncoder(configuration: weights.configuration, weights: weights)
    recorded = try SafetensorsCheckpoint.open("\(Fixture.goldens)/glyph-klein.safetensors")
    let path = "\(EncoderCases.goldens)/glyph-klein.json"
    let document = try JSONField.parse(
      FileReader.contents(of: path, limit: 1 << 20), document: path)
    let padding = try document["padding"].integer()
    prompts = try document["prompts"].array().map { prompt in
      let identifiers = try prompt["identifiers"].array().map { try $0.integer() }
      let length = try prompt["length"].integer(in: identifiers.count...4096)
      return (
        try prompt["tensor"].string(),
        TextInput(
          identifiers: identifiers
            + [Int](repeating: padding, count: length - identifiers.count),
          mask: (0..<length).map { $0 < identifiers.count })
      )
    }
  }

  @Test func promptEmbeddingsEqualTheRecordedOnes() throws {
    #expect(prompts.count == 24)
    let found = try encoder.hiddenStates(prompts.map(\.input), layers: [9, 18, 27])
    for ((name, input), states) in zip(prompts, found) {
      let expected = try recorded.values(of: name)
      let columns = 3 * encoder.configuration.width
      let count = input.mask.count { $0 } * columns
      let text = largestRelativeError(
        Array(states.prefix(count)), Array(expected.prefix(count)), columns: columns)
      let all = largestRelativeError(states, expected, columns: columns)
      print("\(name): \(text) of text, \(all) of all")
      #expect(all < 1e-4, "\(name)")
    }
  }
}
