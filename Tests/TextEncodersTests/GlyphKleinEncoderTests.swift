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

  /// Tolerance: both sides round. With u = 2⁻²⁴, a sum of K terms is off by about √K · u of its size;
  /// the longest rows have 256 terms, the 27 layers add to the stream twice each, which adds up like
  /// a random walk, and there are two independent sides: √256 · u · √54 · √2 = 9.9e-6.
  @Test func promptEmbeddingsEqualTheRecordedOnes() throws {
    #expect(prompts.count == 24)
    let found = try encoder.hiddenStates(prompts.map(\.input), layers: [9, 18, 27])
    for (name, states) in zip(prompts.map(\.tensor), found) {
      // Of every entry of every token, padding included.
      let error = largestRelativeError(
        states, try recorded.values(of: name), columns: encoder.configuration.width)
      print("\(name): \(error)")
      #expect(error < 1e-5, "\(name)")
    }
  }
}
