import Families
import Safetensors
import Storage
import StrictJSON
import Tensors
import TestSupport
import Testing
import TextEncoders

@Suite struct TextEncoderFailureTests {
  private let folder = "\(EncoderCases.goldens)/qwen3"

  private func description(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no failure"
    } catch {
      return "\(error)"
    }
  }

  /// What is said of a prompt after a good one, or of layers.
  private func failure(_ prompt: TextInput, layers: [Int] = [1]) throws -> String {
    let weights = try encoderWeights(folder)
    let encoder = try TextEncoder(configuration: weights.configuration, weights: weights)
    let text = description {
      _ = try encoder.hiddenStates([TextInput(identifiers: [1]), prompt], layers: layers)
    }
    #expect(text.hasPrefix("\(weights.origin): "))
    return String(text.dropFirst(weights.origin.count + 2))
  }

  @Test func identifiersOutsideTheVocabularyAreNamed() throws {
    #expect(
      try failure(TextInput(identifiers: [1, 128]))
        == "prompt 1: token 1: expected an identifier from 0 to 127, found 128")
    #expect(
      try failure(TextInput(identifiers: [-1]))
        == "prompt 1: token 0: expected an identifier from 0 to 127, found -1")
    #expect(try failure(TextInput(identifiers: [.max])).contains("found 9223372036854775807"))
  }

  @Test func emptyPromptsAreRefused() throws {
    #expect(
      try failure(TextInput(identifiers: [])) == "prompt 1: tokens: expected 1 to 512, found 0")
  }

  @Test func promptsBeyondTheLastPositionAreRefused() throws {
    #expect(
      try failure(TextInput(identifiers: [Int](repeating: 1, count: 513)))
        == "prompt 1: tokens: expected 1 to 512, found 513")
  }

  @Test func masksOfAnotherLengthAreRefused() throws {
    #expect(
      try failure(TextInput(identifiers: [1, 2], mask: [true]))
        == "prompt 1: mask: expected one value for each of 2 tokens, found 1")
  }

  @Test func layersOutsideTheStackAreRefused() throws {
    let prompt = TextInput(identifiers: [1])
    #expect(
      try failure(prompt, layers: [1, 5])
        == "layers: expected at least one, from 0 (the embedding) to 4, found [1, 5]")
    #expect(try failure(prompt, layers: [-1]).hasSuffix("found [-1]"))
    #expect(try failure(prompt, layers: []).hasSuffix("found none"))
  }

  @Test func missingAndMisshapenWeightsAreAllNamed() throws {
    let whole = try encoderWeights(folder)
    let few = SelectedWeights(whole) { $0 != "model.layers.1.self_attn.k_norm.weight" }
    #expect(
      description {
        _ = try TextEncoder(configuration: whole.configuration, weights: few)
      }.split(separator: "\n").first
        == """
        \(whole.origin): tensor "model.layers.1.self_attn.k_norm.weight": expected shape [16], \
        found no such tensor
        """)
    let described = WeightsInMemory(
      described: whole.weights.map {
        WeightDescription(
          name: $0.name, shape: $0.name.contains("o_proj") ? Shape([48, 63]) : $0.shape,
          encoding: "F32", storedByteCount: 0)
      })
    let lines = description {
      _ = try TextEncoder(configuration: whole.configuration, weights: described)
    }.split(separator: "\n")
    #expect(lines.count == 5)
    #expect(
      lines.first
        == """
        memory: tensor "model.layers.0.self_attn.o_proj.weight": expected shape [48, 64], found \
        [48, 63]
        """)
    let nothing = SelectedWeights(whole) { _ in false }
    // The table, 11 weights of each of 4 layers and the last norm; 8 are shown.
    #expect(
      description { _ = try TextEncoder(configuration: whole.configuration, weights: nothing) }
        .contains("and 38 more"))
  }

  @Test func headsAndVisionAreNotMissed() throws {
    let published = try PublishedComponent("mistral-small-3.2-24b")
    let weights = try WeightsInMemory(shapes: published.tensors).component(
      stated: published.config)
    let tower = SelectedWeights(weights) { $0.hasPrefix("language_model.model.") }
    #expect(tower.weights.count < weights.weights.count)
    let encoder = try TextEncoder(configuration: weights.configuration, weights: tower)
    #expect(encoder.configuration.layerCount == 40)
  }

  @Test func otherFamiliesAreRefused() throws {
    let weights = try SafetensorsCheckpoint.open(Fixture.kleinTransformer).component()
    #expect(
      description {
        _ = try TextEncoder(configuration: weights.configuration, weights: weights)
      }.contains("expected a Qwen3 or Mistral 3 text encoder, found a FLUX.2"))
  }

  @Test(arguments: [
    ("qwen3", #""rope_type": "default""#, #""rope_type": "yarn""#, "rope_type"),
    ("qwen3", #""use_cache": true"#, #""rope_scaling": {"type": "linear"}"#, "rope_scaling"),
    (
      "qwen3", #""use_sliding_window": false"#, #""use_sliding_window": true"#, "use_sliding_window"
    ),
    ("mistral3", #""sliding_window": null"#, #""sliding_window": 4096"#, "sliding_window"),
  ])
  func configurationsOfOtherNetworksAreRefused(
    kind: String, said: String, changed: String, subject: String
  ) throws {
    let folder = "\(EncoderCases.goldens)/\(kind)"
    let path = "\(folder)/config.json"
    let text = String(decoding: try FileReader.contents(of: path, limit: 1 << 20), as: UTF8.self)
    #expect(text.contains(said))
    let document = try JSONField.parse(
      Array(text.replacing(said, with: changed).utf8), document: path)
    let checkpoint = try SafetensorsCheckpoint.open(folder)
    #expect(description { _ = try checkpoint.component(stated: document) }.contains(subject))
  }

  @Test func queryHeadsThatCannotShareTheKeysAreRefused() throws {
    // Three query heads, two heads of keys.
    let described = WeightsInMemory(
      described: try encoderWeights(folder).weights.map { weight in
        let isQuery = ["q_proj", "o_proj"].contains { weight.name.contains($0) }
        return WeightDescription(
          name: weight.name, shape: isQuery ? Shape([48, 48]) : weight.shape, encoding: "F32",
          storedByteCount: 0)
      })
    let weights = try described.component()
    #expect(
      description {
        _ = try TextEncoder(configuration: weights.configuration, weights: weights)
      }.contains("expected as many query heads for each of 2 key heads, found 3 query heads"))
  }

  @Test(arguments: [
    ("rope_theta", "1.0"), ("rope_theta", "1e39"), ("rms_norm_eps", "0.0"), ("rms_norm_eps", "1.0"),
    ("max_position_embeddings", "0"),
  ])
  func settingsThatNoNetworkHasAreRefused(key: String, value: String) throws {
    let path = "\(folder)/config.json"
    let text = String(decoding: try FileReader.contents(of: path, limit: 1 << 20), as: UTF8.self)
    let changed = text.split(separator: "\n").map { line in
      guard line.contains("\"\(key)\"") else { return String(line) }
      return "\"\(key)\": \(value)" + (line.hasSuffix(",") ? "," : "")
    }.joined(separator: "\n")
    let document = try JSONField.parse(Array(changed.utf8), document: path)
    let weights = try SafetensorsCheckpoint.open(folder).component(stated: document)
    #expect(
      description {
        _ = try TextEncoder(configuration: weights.configuration, weights: weights)
      }.contains("expected "), "\(key)")
  }
}
