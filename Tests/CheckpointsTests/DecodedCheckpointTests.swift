import Checkpoints
import Safetensors
import Tensors
import TestSupport
import Testing

@Suite struct DecodedCheckpointTests {
  private func open<Result>(
    _ tensors: [StoredTensor], metadata: String? = nil,
    _ body: (DecodedCheckpoint) throws -> Result
  ) throws -> Result {
    try TemporaryFolder.with { folder in
      let path = try folder.write(
        "a.safetensors", SafetensorsBytes.file(stored: tensors, metadata: metadata))
      return try body(DecodedCheckpoint(SafetensorsCheckpoint.open(path)))
    }
  }

  /// 0x38 is 1, 0x40 is 2, 0xb8 is −1 in E4M3.
  private let float8 = StoredTensor("L.weight", .float8E4M3, [2, 2], [0x38, 0x40, 0xb8, 0])

  // MARK: Values

  @Test(arguments: ["scale_weight", "weight_scale"], [[], [1]])
  func oneScaleCountsForTheTensor(name: String, extents: [Int]) throws {
    try open([StoredTensor("L.\(name)", extents, float32: [3]), float8]) { (checkpoint) throws in
      #expect(try checkpoint.values(of: "L.weight") == [3, 6, -3, 0])
      #expect(checkpoint.weights.map(\.encoding) == ["F8_E4M3 with one scale"])
      #expect(checkpoint.weights[0].storedByteCount == 8)
      #expect(checkpoint.companions.map(\.role) == [.weightScale])
    }
  }

  @Test(arguments: [[2], [2, 1]])
  func aScaleARowFollowsItsRow(extents: [Int]) throws {
    try open([float8, StoredTensor("L.weight_scale", extents, float32: [3, 5])]) {
      (checkpoint) throws in
      #expect(try checkpoint.values(of: "L.weight") == [3, 6, -5, 0])
      #expect(try checkpoint.values(of: "L.weight", rows: 1..<2) == [-5, 0])
      #expect(checkpoint.codes(of: "L.weight")?.scaleLayout == .row)
    }
  }

  @Test func theProductIsRoundedOnce() throws {
    let scale: Float = 0x1.234566p-5
    try open([
      StoredTensor("L.weight", [1, 3], codes: [127, -128, 3]),
      StoredTensor("L.weight_scale", [], float32: [scale]),
    ]) { (checkpoint) throws in
      let values = try checkpoint.values(of: "L.weight")
      #expect(values == [127 * scale, -128 * scale, 3 * scale])
    }
  }

  @Test func theLargestMagnitudeOfLLMInt8IsDividedBy127() throws {
    try open([
      StoredTensor("L.weight", [2, 1], codes: [127, -2]),
      StoredTensor("L.SCB", [2], float32: [254, 127]),
      StoredTensor("L.weight_format", .uint8, [], [0]),
    ]) { (checkpoint) throws in
      #expect(try checkpoint.values(of: "L.weight") == [254, -2])
      #expect(checkpoint.companions.map(\.role) == [.weightScale, .marker])
    }
  }

  /// Columns of H₁₆ = H₄ ⊗ H₄, which has 1 and −1 only, over √16.
  @Test func rotatedColumnsAreTurnedBack() throws {
    let h4: [[Int8]] = [[1, 1, 1, -1], [1, 1, -1, 1], [1, -1, 1, 1], [-1, 1, 1, 1]]
    var codes = [Int8](repeating: 0, count: 64)
    codes[6] = 8
    codes[16 + 9] = 4
    codes[48 + 16 - 1] = 100
    try open([
      StoredTensor("L.weight", [2, 32], codes: codes),
      StoredTensor("L.weight_scale", [2, 1], float32: [3, 5]),
      StoredTensor(
        "L.comfy_quant",
        text: #"{"format":"int8_tensorwise","convrot":true,"convrot_groupsize":16}"#),
    ]) { (checkpoint) throws in
      var expected = [Float](repeating: 0, count: 64)
      for column in 0..<16 {
        func sign(_ row: Int) -> Float {
          Float(h4[row / 4][column / 4] * h4[row % 4][column % 4])
        }
        expected[column] = 3 * 8 / 4 * sign(6)
        expected[16 + column] = 3 * 4 / 4 * sign(9)
        expected[48 + column] = 5 * 100 / 4 * sign(15)
      }
      #expect(try checkpoint.values(of: "L.weight") == expected)
      #expect(checkpoint.weights[0].encoding == "I8 rotated by 16 with one scale a row")
    }
  }

  @Test func bytesAreFloatsWhereTheHeaderSaysSo() throws {
    let layers = #"{\"layers\":{\"L\":{\"format\":\"float8_e5m2\"}}}"#
    try open(
      [
        StoredTensor("L.weight", .uint8, [1, 2], [0x3c, 0xc0]),
        StoredTensor("L.weight_scale", [], float32: [10]),
      ], metadata: #"{"_quantization_metadata":"\#(layers)","a":"b"}"#
    ) { (checkpoint) throws in
      #expect(try checkpoint.values(of: "L.weight") == [10, -20])
      #expect(checkpoint.metadata.map(\.key) == ["a"])
    }
  }

  @Test func plainValuesAreWhatTheyWere() throws {
    try open([
      StoredTensor("x.scale", [2], float32: [1, 2]),
      StoredTensor("p.scaled_fp8", .float8E4M3, [0], []),
      StoredTensor("y.weight", [1, 1], float32: [3]),
      StoredTensor("y.input_scale", [], float32: [4]),
    ]) { (checkpoint) throws in
      #expect(checkpoint.weights.map(\.name) == ["x.scale", "y.weight"])
      #expect(checkpoint.weights.map(\.encoding) == ["F32", "F32"])
      #expect(checkpoint.codes(of: "y.weight") == nil)
      #expect(checkpoint.companions.map(\.name) == ["p.scaled_fp8", "y.input_scale"])
      #expect(checkpoint.companions.map(\.weight) == [nil, "y.weight"])
      #expect(checkpoint.companions.map(\.role) == [.marker, .inputScale])
      #expect(try checkpoint.statedNoise() == nil)
    }
  }

  // MARK: What does not fit

  @Test func aScaleThatIsNoneIsFoundWhereItsRowIsRead() throws {
    for (scale, expected) in [
      (Float.nan, "a finite scale of at least 0 in element 1"), (-1, "found -1.0"),
      (.infinity, "found inf"), (0, "a scale above 0 for row 1, which has codes"),
    ] {
      try open([float8, StoredTensor("L.weight_scale", [2], float32: [1, scale])]) {
        (checkpoint) throws in
        _ = try checkpoint.values(of: "L.weight", rows: 0..<1)
        let found = message { _ = try checkpoint.values(of: "L.weight", rows: 1..<2) }
        #expect(found.contains("tensor \"L.weight_scale\" of weight \"L.weight\""), "\(found)")
        #expect(found.contains(expected), "\(found)")
      }
    }
  }

  @Test func codesWithoutTheirScaleAndScalesWithoutTheirCodesAreErrors() throws {
    let path = "a.safetensors"
    try TemporaryFolder.with { (folder: TemporaryFolder) throws in
      func failure(_ tensors: [StoredTensor]) throws -> CheckpointFailure? {
        try folder.write(path, SafetensorsBytes.file(stored: tensors))
        let stored = try SafetensorsCheckpoint.open(folder.path(path))
        return #expect(throws: CheckpointFailure.self) { _ = try DecodedCheckpoint(stored) }
      }
      let file = folder.path(path)
      let codes = StoredTensor("L.weight", [1, 1], codes: [1])
      let scale = StoredTensor("L.weight_scale", [], float32: [1])
      #expect(
        try failure([codes])
          == .withoutScale(
            file: file, tensor: "L.weight", type: "I8", expected: ["L.weight_scale"]))
      #expect(
        try failure([scale])
          == .withoutWeight(file: file, tensor: "L.weight_scale", weight: "L.weight"))
      let second = StoredTensor("L.scale_weight", [], float32: [1])
      #expect(
        try failure([codes, scale, second])
          == .badCompanion(
            file: file, tensor: "L.scale_weight", weight: "L.weight", expected: "one scale",
            found: "\"L.weight_scale\" too"))
      let nested = StoredTensor("L.weight.absmax", [1], float32: [1])
      #expect(
        try failure([codes, scale, nested])
          == .unsupportedFormat(
            file: file, tensor: "L.weight.absmax", format: "bitsandbytes 4-bit codes (NF4, FP4)",
            reason: "the quant_state that describes them is missing", tensorCount: 1))
    }
  }

  // MARK: At best

  /// Σ q² = 100² + 50², and two steps of one scale: both squared scales cancel.
  @Test func theFigureOfIntegersIsThatOfTheirStep() throws {
    try open([
      StoredTensor("L.weight", [1, 2], codes: [100, -50]),
      StoredTensor("L.weight_scale", [], float32: [4]),
    ]) { (checkpoint) throws in
      let noise = try #require(try checkpoint.noise(of: "L.weight", rows: 0..<1))
      #expect(noise.signal == 12500 * 16)
      #expect(noise.noise == 2 * 16.0 / 12)
    }
  }

  /// 1 has the step 1/8, 448 (the largest) 32, the least subnormal and 0 have 2⁻⁹; NaN has none.
  @Test func theStepOfAFloatIsItsSpacing() throws {
    for (code, value, step) in [
      (UInt8(0x38), 1.0, 0x1p-3), (0xfe, 448, 32), (0x01, 0x1p-9, 0x1p-9), (0x80, 0, 0x1p-9),
      (0x37, 0x1.ep-1, 0x1p-4), (0x7f, 0, 0),
    ] {
      var noise = CodeNoise()
      let codes = [code]
      noise.add(codes.span, of: CodeLattice(.float8E4M3), scale: 2)
      #expect(noise.signal == 4 * value * value, "\(code)")
      #expect(noise.noise == 4 * step * step / 12, "\(code)")
    }
  }

  /// 40 rows of which 4 are read, each with its own figure: rows 0, 13, 26 and 39.
  @Test func aSampleIsSpreadAndCountsForAllRows() throws {
    var codes = [Int8](repeating: 1, count: 80)
    for (row, value) in zip([0, 13, 26, 39], [10, 20, 30, 40]) { codes[2 * row] = Int8(value) }
    try open([
      StoredTensor("L.weight", [40, 2], codes: codes),
      StoredTensor("L.weight_scale", [], float32: [1]),
    ]) { (checkpoint) throws in
      let sampled = try #require(try checkpoint.statedNoise(limit: 8))
      #expect(sampled.isSampled)
      var expected = CodeNoise()
      for row in [0, 13, 26, 39] {
        expected.merge(
          try #require(try checkpoint.noise(of: "L.weight", rows: row..<row + 1)), times: 10)
      }
      #expect(sampled.decibels == expected.decibels)
      let whole = try #require(try checkpoint.statedNoise())
      #expect(!whole.isSampled)
      #expect(whole.decibels == (try checkpoint.noise(of: "L.weight", rows: 0..<40))?.decibels)
      #expect(whole.encodings.map(\.tensorCount) == [1])
    }
  }

  @Test func codesThatAreAllZeroHaveNoFigure() throws {
    try open([StoredTensor("w", .float8E4M3, [1, 2], [0, 0x80])]) { (checkpoint) throws in
      let noise = try #require(try checkpoint.statedNoise())
      #expect(noise.decibels == nil)
      #expect(noise.tensors.map(\.encoding) == ["F8_E4M3"])
    }
  }
}
