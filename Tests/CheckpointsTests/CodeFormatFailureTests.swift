import Checkpoints
import Tensors
import TestSupport
import Testing

/// Layers of other programs that are damaged, or of a kind that is not read: what is said of them.
@Suite struct CodeFormatFailureTests {
  private func zeros(_ name: String, _ type: ElementType, _ extents: [Int]) -> StoredTensor {
    let count = extents.reduce(1, *)
    return StoredTensor(
      name, type, extents, [UInt8](repeating: 0, count: count * type.bitWidth / 8))
  }

  /// What opening the tensors says, or else decoding the first row.
  private func message(_ tensors: [StoredTensor], _ configuration: String? = nil) -> String {
    CheckpointsTests.message {
      try open(tensors, configuration) { (checkpoint) throws in
        _ = try checkpoint.values(of: "L.weight", rows: 0..<1)
      }
    }
  }

  private func expect(
    _ tensors: [StoredTensor], _ configuration: String? = nil, says parts: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let found = message(tensors, configuration)
    for part in parts {
      #expect(found.contains(part), "\(found)", sourceLocation: sourceLocation)
    }
  }

  // MARK: bitsandbytes

  private func nf4(_ state: String, codeBytes: Int = 32) -> [StoredTensor] {
    [
      zeros("L.weight", .uint8, [codeBytes, 1]), zeros("L.weight.absmax", .float32, [1]),
      zeros("L.weight.quant_map", .float32, [16]),
      StoredTensor("L.weight.quant_state.bitsandbytes__nf4", text: state),
    ]
  }

  private func state(
    kind: String = "nf4", blockSize: String = "64", type: String = "bfloat16",
    shape: String = "[2, 32]", more: String = ""
  ) -> String {
    "{\"quant_type\": \"\(kind)\", \"blocksize\": \(blockSize), \"dtype\": \"\(type)\", "
      + "\"shape\": \(shape)\(more)}"
  }

  @Test func aStateThatContradictsItsNameBlocksOrBytesIsNamed() {
    let tensor = "tensor \"L.weight.quant_state.bitsandbytes__nf4\""
    for (text, parts) in [
      (state(kind: "fp4"), ["quant_type", "nf4", "fp4"]),
      (state(blockSize: "128"), ["blocksize", "64", "128"]),
      (state(type: "float8"), ["dtype", "bfloat16, float16 or float32"]),
      (state(shape: "[2, 33]"), ["shape", "32 bytes", "[2, 33]"]),
      (state(shape: "[0, 32]"), ["shape[0]", "found 0"]),
      (state(shape: "[4611686018427387904, 4]"), ["shape", "32 bytes"]),
      (state(shape: "[64]"), ["a matrix"]),
      (state(more: ", \"nested_blocksize\": 128"), ["nested_blocksize", "256"]),
      ("{", ["JSON"]), ("{}", ["quant_type"]),
    ] {
      expect(nf4(text), says: parts)
      if !parts.contains("a matrix") { expect(nf4(text), says: [tensor]) }
    }
  }

  @Test func arraysOfAnotherShapeOrTypeAreNamed() {
    var tensors = nf4(state())
    tensors[1] = zeros("L.weight.absmax", .float32, [2])
    expect(tensors, says: ["\"L.weight.absmax\" of weight \"L.weight\"", "F32 [1]", "F32 [2]"])
    tensors = nf4(state())
    tensors[1] = zeros("L.weight.absmax", .uint8, [1])
    expect(tensors, says: ["\"L.weight.absmax\"", "F32 [1]", "U8 [1]"])
    tensors = nf4(state())
    tensors.remove(at: 1)
    expect(tensors, says: ["\"L.weight.absmax\"", "beside the codes, found none"])
    // What the codec finds has the tensor's name.
    tensors = nf4(state())
    tensors[1] = StoredTensor("L.weight.absmax", [1], float32: [.nan])
    expect(tensors, says: ["\"L.weight.absmax\" of weight \"L.weight\""])
  }

  // MARK: torchao, quanto

  @Test func pointsOfZeroThatAreNoneAreFoundWhereTheirRowIsRead() {
    let codes = StoredTensor("L._weight_qdata", [2, 4], codes: [1, 2, 3, 4, 5, 6, 7, 8])
    let scales = StoredTensor("L._weight_scale", [2, 1], float32: [1, 1])
    expect(
      [codes, scales, StoredTensor("L._weight_zero_point", [2, 1], codes: [-3, 0])],
      says: ["\"L._weight_zero_point\"", "0 in element 0", "found -3"])
    expect(
      [codes, scales, StoredTensor("L._weight_zero_point", [1], codes: [0])],
      says: ["\"L._weight_zero_point\"", "[2, 1]", "[1]"])
    expect([codes], says: ["\"L._weight_scale\"", "found none"])
    expect([scales], says: ["torchao codes", "are missing"])
    expect(
      [codes, StoredTensor("L._weight_scale", [2, 3], float32: [1, 1, 1, 1, 1, 1])],
      says: ["\"L._weight_scale\"", "a divisor of 4", "[2, 3]"])
    expect(
      [zeros("L._weight_qdata", .int32, [2, 4]), scales],
      says: ["torchao codes of I32", "in the order of a processor"])
    expect(
      [codes, scales, zeros("L.weight", .float32, [2, 4])],
      says: ["codes of one format", "\"L.weight\" too"])
  }

  @Test func quantoOfFourBitsAndScalesOfColumnsAreRefused() {
    expect(
      [
        zeros("L.weight._data._data", .uint8, [2, 4]), zeros("L.weight._scale", .float32, [4, 1]),
      ],
      says: ["quanto codes of 2 or 4 bits"])
    expect(
      [zeros("L.weight._data", .int8, [2, 4]), zeros("L.weight._scale", .float32, [1, 4])],
      says: ["\"L.weight._scale\"", "[1, 4]"])
  }

  // MARK: compressed-tensors

  private func packed(
    shape: [UInt8], scales: StoredTensor? = nil, more: [StoredTensor] = []
  ) -> [StoredTensor] {
    let extents = shape.flatMap { [$0] + [UInt8](repeating: 0, count: 7) }
    return [
      zeros("L.weight_packed", .int32, [2, 4]),
      StoredTensor("L.weight_shape", .int64, [2], extents),
      scales ?? StoredTensor("L.weight_scale", [2, 2], float32: [1, 1, 1, 1]),
    ] + more
  }

  @Test func packedCodesThatDoNotFitTheirShapeOrAreOfAnotherKindAreRefused() {
    expect(packed(shape: [2, 99]), says: ["\"L.weight_shape\"", "[2, 32]", "[2, 99]"])
    expect(packed(shape: [3, 32]), says: ["\"L.weight_shape\"", "[3, 32]"])
    expect(packed(shape: [2, 16]), says: ["packed codes of 8 bits"])
    expect(
      packed(shape: [2, 32], scales: zeros("L.weight_scale", .float32, [2, 3])),
      says: ["\"L.weight_scale\"", "divides 32 columns", "[2, 3]"])
    expect(
      packed(shape: [2, 32], scales: zeros("L.weight_scale", .float32, [2, 8])),
      says: ["\"L.weight_scale\"", "multiple of 8 columns"])
    expect(
      packed(shape: [2, 32], more: [zeros("L.weight_zero_point", .int32, [1, 2])]),
      says: ["zero points", "only symmetric codes are"])
    expect(
      packed(shape: [2, 32], more: [zeros("L.weight_global_scale", .float32, [1])]),
      says: ["NVFP4 codes of compressed-tensors"])
    expect(
      packed(shape: [2, 32], more: [zeros("L.weight_g_idx", .int32, [32])]),
      says: ["in the order of activations"])
    expect(
      packed(shape: [2, 32], more: [zeros("L.weight_g_idx", .int32, [31])]),
      says: ["\"L.weight_g_idx\"", "I32 [32]", "I32 [31]"])
  }

  // MARK: MLX, SDNQ, NVFP4

  private func mlx(_ words: Int, _ groups: Int) -> [StoredTensor] {
    [
      zeros("L.weight", .uint32, [2, words]), zeros("L.scales", .bfloat16, [2, groups]),
      zeros("L.biases", .bfloat16, [2, groups]),
    ]
  }

  @Test func widthsThatShapesDoNotTellAreAskedFor() {
    expect(
      mlx(16, 2),
      says: [
        "config.json", "\"group_size\"", "2 bits in groups of 128 and 4 bits in groups of 64",
      ])
    expect(mlx(7, 2), says: ["a shape that fits none"])
    expect(
      mlx(16, 2), #"{"quantization": {"bits": 7, "group_size": 64}}"#,
      says: ["config.json: quantization.bits", "2, 3, 4, 5, 6, 8", "7"])
    expect(
      mlx(16, 2), #"{"quantization": {"bits": 8, "group_size": 64}}"#,
      says: ["\"L.scales\"", "[2, 1], as 8-bit codes in groups of 64 have", "[2, 2]"])
    expect(
      mlx(16, 2), #"{"quantization": {"bits": 4, "group_size": 64, "mode": "nvfp4"}}"#,
      says: ["MLX codes of mode nvfp4"])
    expect(
      Array(mlx(16, 2).dropLast()), says: ["MLX codes without biases", "only affine codes are"])
  }

  @Test func rowsOfBytesWithoutADocumentAreNoCodes() {
    let tensors = [
      zeros("L.weight", .uint8, [64]), StoredTensor("L.scale", [2, 1], float32: [1, 1]),
    ]
    func settings(_ more: String) -> String {
      "{\"quantization_config\": {\"quant_method\": \"sdnq\", \(more)}}"
    }
    expect(tensors, says: ["SDNQ codes of U8 [64]", "config.json"])
    expect(tensors, settings(#""weights_dtype": "uint2""#), says: ["SDNQ codes of U8 [64]"])
    expect(
      tensors, settings(#""weights_dtype": "int4", "use_hadamard": true"#),
      says: ["SDNQ rotated codes"])
    expect(
      tensors,
      settings(#""weights_dtype": "int4", "modules_dtype_dict": {"int2": ["a"]}"#),
      says: ["SDNQ codes of U8 [64]"])
    expect(
      [tensors[0], zeros("L.scale", .float32, [3, 1])], settings(#""weights_dtype": "int4""#),
      says: ["\"L.scale\"", "128 codes", "[3, 1]"])
    let int8 = [
      zeros("L.weight", .int8, [2, 4]), StoredTensor("L.scale", [2, 1], float32: [1, 1]),
    ]
    expect(
      int8 + [zeros("L.svd_up", .float32, [2, 3]), zeros("L.svd_down", .float32, [2, 4])],
      says: ["\"L.svd_down\"", "[3, 4]", "[2, 4]"])
    expect(int8 + [zeros("L.svd_up", .float32, [2, 3])], says: ["\"L.svd_down\"", "found none"])
  }

  @Test func scalesOfAnotherProgramDoNotFitNVFP4() {
    let tensors = [
      zeros("L.weight", .uint8, [2, 16]), zeros("L.weight_scale", .float8E4M3, [2, 2]),
      StoredTensor("L.weight_scale_2", [], float32: [1]),
    ]
    let marker = StoredTensor("L.comfy_quant", text: #"{"format":"nvfp4"}"#)
    // BFL's scales are in rows, ComfyUI's in tiles of 128 rows.
    expect(tensors + [marker], says: ["\"L.weight\"", "U8 [16, 16]", "U8 [2, 16]"])
    expect(
      tensors + [zeros("L.pre_quant_scale", .float32, [32])],
      says: ["NVFP4 codes of scaled columns"])
    expect(Array(tensors.dropLast()), says: ["weight_scale_2, is missing"])
    expect(
      [tensors[0], zeros("L.weight_scale", .float8E4M3, [2, 1]), tensors[2]],
      says: ["\"L.weight_scale\"", "F8_E4M3 [2, 2]", "F8_E4M3 [2, 1]"])
  }
}
