import Checkpoints
import Codecs
import Safetensors
import StrictJSON
import Tensors
import TestSupport
import Testing

/// The formats of other programs: what a layer `L` of them becomes.
@Suite struct CodeFormatTests {
  private let shape = Shape([3, 64])

  /// Values that no codec has a plain code for.
  private var values: [Float] { (0..<192).map { Float($0 % 37 - 18) / 16 } }

  /// The arrays of a codec as tensors, and what it decodes them to.
  private func encoded(
    _ codec: any MatrixCodec
  ) throws -> (tensors: [StoredTensor], values: [Float]) {
    let survey = MatrixSurvey(values.span, codec.survey)
    var whole = codec.wholeArrays(of: shape, after: survey).makeIterator()
    var units = try codec.encode(
      values.span, rows: 0..<3, of: shape, after: survey
    ).makeIterator()
    var arrays: [[UInt8]] = []
    var tensors: [StoredTensor] = []
    for array in codec.arrays(of: shape) {
      let bytes = try #require(array.extent == .whole ? whole.next() : units.next())
      arrays.append(bytes)
      tensors.append(
        StoredTensor(
          array.name(ofWeight: "L.weight"), array.elementType, array.shape.extents, bytes))
    }
    var decoded = [Float](repeating: 0, count: values.count)
    var span = decoded.mutableSpan
    try codec.decode(arrays, rows: 0..<3, of: shape, into: &span)
    return (tensors, decoded)
  }

  private static let sdnq =
    #"{"quantization_config": {"quant_method": "sdnq", "weights_dtype": "int4"}}"#
  private static let mlx = #"{"quantization": {"bits": 4, "group_size": 32}}"#

  /// Every codec whose files need one, with the document that its program writes.
  static let codecs: [(codec: any MatrixCodec, configuration: String?)] = [
    (FourBitFloatCodec(kind: .nf4, isDouble: false, valueType: .bfloat16), nil),
    (FourBitFloatCodec(kind: .nf4, isDouble: true, valueType: .float32), nil),
    (FourBitFloatCodec(kind: .fp4, isDouble: false, valueType: .float16), nil),
    (NVFP4Codec(.bfl), nil), (NVFP4Codec(.comfyUI), nil),
    (AffineCodec(bits: 4, groupSize: 32, scaleType: .bfloat16), mlx),
    (ScaledInt4Codec(.sdnq, groupSize: 32, scaleType: .float32), sdnq),
    (ScaledInt4Codec(.sdnq, groupSize: nil, scaleType: .float32), sdnq),
    (ScaledUInt4Codec(groupSize: 16), sdnq),
    (ScaledInt4Codec(.compressedTensors, groupSize: 32, scaleType: .bfloat16), nil),
    (ScaledInt4Codec(.compressedTensors, groupSize: nil, scaleType: .float32), nil),
  ]

  @Test(arguments: codecs.indices) func aWeightHasOneNameAndTheValuesOfItsCodec(
    index: Int
  ) throws {
    let (codec, configuration) = Self.codecs[index]
    let (tensors, expected) = try encoded(codec)
    try open(tensors, configuration) { (checkpoint) throws in
      let weight = try #require(checkpoint.weights.first)
      #expect(checkpoint.weights.count == 1 && weight.name == "L.weight")
      #expect(weight.shape == Shape(padded(codec)))
      #expect(weight.encoding == codec.description)
      #expect(weight.storedByteCount == tensors.reduce(0) { $0 + $1.bytes.count })
      #expect(checkpoint.companions.map(\.name) == tensors.dropFirst().map(\.name))
      #expect(checkpoint.companions.allSatisfy { $0.weight == "L.weight" })
      let found = try checkpoint.values(of: "L.weight")
      #expect(Array(found.prefix(192)) == expected)
      // Rows of which some begin inside a unit.
      #expect(try checkpoint.values(of: "L.weight", rows: 1..<2) == Array(expected[64..<128]))
      #expect(checkpoint.encodingOfCodes("L.weight") == codec.description)
      let noise = try #require(try checkpoint.statedNoise())
      #expect(noise.decibels == nil && !noise.hasFigure)
    }
  }

  /// ComfyUI's files do not say how many rows are padding.
  private func padded(_ codec: any MatrixCodec) -> [Int] {
    codec.arrays(of: shape)[0].shape.rows == 16 ? [16, 64] : [3, 64]
  }

  // MARK: Codes of eight bits

  /// Codes 1 2 3 4 | -1 -2 -3 -4 in groups of two columns.
  private let codes: [Int8] = [1, 2, 3, 4, -1, -2, -3, -4]

  @Test func groupsOfColumnsHaveTheirScales() throws {
    let scales: [Float] = [10, 100, 1000, 0.5]
    let expected: [Float] = [10, 20, 300, 400, -1000, -2000, -1.5, -2]
    let layers: [[StoredTensor]] = [
      [
        StoredTensor("L._weight_qdata", [2, 4], codes: codes),
        StoredTensor("L._weight_scale", [2, 2], float32: scales),
        StoredTensor("L._weight_zero_point", [2, 2], codes: [0, 0, 0, 0]),
      ],
      [
        StoredTensor("L.weight", [2, 2, 2], codes: codes),
        StoredTensor("L.scale", [2, 2, 1], float32: scales),
      ],
      [
        StoredTensor("L.weight", [2, 4], codes: codes),
        StoredTensor("L.weight_scale", [2, 2], float32: scales),
      ],
    ]
    for tensors in layers {
      try open(tensors, nil) { (checkpoint) throws in
        #expect(checkpoint.weights.map(\.name) == ["L.weight"])
        #expect(checkpoint.weights[0].shape == Shape([2, 4]))
        #expect(checkpoint.weights[0].encoding == "I8 with one scale a group of 2")
        #expect(try checkpoint.values(of: "L.weight") == expected)
        #expect(try checkpoint.values(of: "L.weight", rows: 1..<2) == Array(expected[4...]))
        // Σ value² is 10²·5 + 100²·25 + 1000²·5 + 0.5²·25, Σ step² twice the squares of the scales.
        let noise = try #require(try checkpoint.noise(of: "L.weight", rows: 0..<2))
        #expect(noise.signal == 500 + 250_000 + 5_000_000 + 6.25)
        #expect(abs(noise.noise - 2 * (100 + 10_000 + 1_000_000 + 0.25) / 12) < 1e-6)
      }
    }
  }

  @Test func quantoHasItsCodesInsideTheWeight() throws {
    try open(
      [
        StoredTensor("L.weight._data", [2, 4], codes: codes),
        StoredTensor("L.weight._scale", .bfloat16, [2, 1], [0x80, 0x3f, 0x00, 0x40]),
        StoredTensor("L.input_scale", [], float32: [1]),
        StoredTensor("L.output_scale", [], float32: [1]),
      ], nil
    ) { (checkpoint) throws in
      #expect(try checkpoint.values(of: "L.weight") == [1, 2, 3, 4, -2, -4, -6, -8])
      #expect(
        checkpoint.companions.map(\.role) == [.weightScale, .inputScale, .inputScale])
    }
  }

  @Test func theTermOfLowRankIsAdded() throws {
    try open(
      [
        StoredTensor("L.weight", [2, 4], codes: codes),
        StoredTensor("L.scale", [2, 1], float32: [1, 1]),
        StoredTensor("L.svd_up", [2, 1], float32: [1, 2]),
        StoredTensor("L.svd_down", [1, 4], float32: [0.5, 0, 0, 0.25]),
      ], nil
    ) { (checkpoint) throws in
      #expect(
        try checkpoint.values(of: "L.weight") == [1.5, 2, 3, 4.25, 0, -2, -3, -3.5])
      #expect(checkpoint.weights[0].encoding == "I8 with one scale a row + rank 1")
      #expect(try checkpoint.statedNoise()?.hasFigure == false)
    }
  }

  @Test func mfluxNamesBecomeThoseOfDiffusers() throws {
    let names = [
      "time_guidance_embed.linear_1.weight", "transformer_blocks.0.attn.to_out.weight",
      "single_transformer_blocks.0.attn.to_out.weight",
    ]
    let tensors = names.map { StoredTensor($0, [1], float32: [3]) }
    let metadata = #"{"mflux_version":"0.11","quantization_level":"None","a":"b"}"#
    try open(tensors, nil, metadata: metadata) { (checkpoint) throws in
      #expect(
        checkpoint.weights.map(\.name) == [
          "time_guidance_embed.timestep_embedder.linear_1.weight",
          "transformer_blocks.0.attn.to_out.0.weight",
          "single_transformer_blocks.0.attn.to_out.weight",
        ])
      #expect(try checkpoint.values(of: "transformer_blocks.0.attn.to_out.0.weight") == [3])
      #expect(checkpoint.metadata.map(\.key) == ["a"])
    }
    try open(tensors, nil) { #expect($0.weights.map(\.name) == names) }
  }
}

/// Opens tensors of one file with a `config.json`.
func open<Result>(
  _ tensors: [StoredTensor], _ configuration: String?, metadata: String? = nil,
  _ body: (DecodedCheckpoint) throws -> Result
) throws -> Result {
  try TemporaryFolder.with { folder in
    let path = try folder.write(
      "a.safetensors", SafetensorsBytes.file(stored: tensors, metadata: metadata))
    let document = try configuration.map {
      try JSONField.parse(Array($0.utf8), document: "config.json")
    }
    return try body(
      DecodedCheckpoint(SafetensorsCheckpoint.open(path), configuration: document))
  }
}
