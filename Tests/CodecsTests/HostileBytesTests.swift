import Codecs
import Tensors
import Testing

/// Bytes that mean nothing are refused, with the name of their array.
@Suite struct HostileBytesTests {
  private let shape = Shape([2, 128])

  /// Decodes a matrix after one array of it was changed.
  private func decodeChanged(
    _ codec: some MatrixCodec, _ ending: String, _ change: (inout [UInt8]) -> Void
  ) throws {
    var bytes = try encode(weights(rows: 2, columns: 128), shape, codec)
    let index = try #require(codec.arrays(of: shape).firstIndex { $0.ending == ending })
    change(&bytes[index])
    _ = try decode(bytes, shape, codec)
  }

  private func expectRefusal(
    _ codec: some MatrixCodec, _ ending: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout [UInt8]) -> Void
  ) {
    let failure = #expect(throws: CodecFailure.self, sourceLocation: sourceLocation) {
      try decodeChanged(codec, ending, change)
    }
    guard case .badArray(let found, _, _) = failure else {
      Issue.record("expected a bad array, found \(String(describing: failure))")
      return
    }
    #expect(found == ending, sourceLocation: sourceLocation)
  }

  /// NaN as the first number of an array.
  private func nan32(_ bytes: inout [UInt8]) {
    bytes.replaceSubrange(0..<4, with: [0, 0, 0xc0, 0x7f])
  }
  /// −1 as the first.
  private func minus32(_ bytes: inout [UInt8]) {
    bytes.replaceSubrange(0..<4, with: [0, 0, 0x80, 0xbf])
  }
  /// 3 · 10³⁸ as the first: finite, but not times a level.
  private func huge32(_ bytes: inout [UInt8]) {
    bytes.replaceSubrange(0..<4, with: [0, 0, 0x70, 0x7f])
  }

  @Test func scalesThatAreNotFinite() {
    expectRefusal(ScaledInt8Codec(.comfyUI), "weight_scale", nan32)
    expectRefusal(ScaledInt8Codec(.torchAO), "_weight_scale", huge32)
    expectRefusal(RotatedInt8Codec(groupSize: 16), "weight_scale", nan32)
    expectRefusal(ScaledInt4Codec(.sdnq, groupSize: 32, scaleType: .float32), "scale", nan32)
    expectRefusal(ScaledUInt4Codec(groupSize: 32), "zero_point", nan32)
    expectRefusal(AffineCodec(bits: 4, groupSize: 64, scaleType: .float32), "biases", nan32)
    expectRefusal(Float8Codec(.bfl, scale: .row), "weight_scale", huge32)
    expectRefusal(MXFP8Codec(), "weight_scale") { $0[0] = 255 }
  }

  @Test func magnitudesThatAreNegative() {
    let nf4 = FourBitFloatCodec(kind: .nf4, isDouble: false, valueType: .float32)
    expectRefusal(nf4, "weight.absmax", minus32)
    expectRefusal(
      FourBitFloatCodec(kind: .nf4, isDouble: true, valueType: .float32), "weight.nested_absmax",
      minus32)
    expectRefusal(LLMInt8Codec(), "SCB", minus32)
    expectRefusal(RotatedInt8Codec(groupSize: 16), "weight_scale", minus32)
    expectRefusal(Float8Codec(.comfyUI, scale: .tensor), "weight_scale", minus32)
    expectRefusal(NVFP4Codec(.bfl), "weight_scale_2", minus32)
    expectRefusal(NVFP4Codec(.bfl), "weight_scale") { $0[0] |= 0x81 }
  }

  @Test func codesThatAreNoNumbers() {
    expectRefusal(Float8Codec(.torchAO, scale: .row), "_weight_qdata") { $0[3] = 0xff }
    expectRefusal(MXFP8Codec(), "weight") { $0[3] = 0x7f }
  }

  @Test func aFormatOfOtherHardware() {
    expectRefusal(LLMInt8Codec(), "weight_format") { $0 = [1] }
  }

  @Test func zeroPointsOfSymmetricLevels() {
    expectRefusal(ScaledInt8Codec(.torchAO), "_weight_zero_point") { $0[1] = 1 }
  }

  @Test func anotherShape() {
    expectRefusal(
      ScaledInt4Codec(.compressedTensors, groupSize: 32, scaleType: .float32), "weight_shape"
    ) { $0[0] = 3 }
  }

  @Test func markersOfOtherFormats() {
    func text(_ text: String) -> (inout [UInt8]) -> Void { { $0 = Array(text.utf8) } }
    let codec = ScaledInt8Codec(.comfyUI)
    expectRefusal(codec, "comfy_quant", text("{\"format\": \"nvfp4\"}"))
    expectRefusal(
      codec, "comfy_quant", text("{\"format\": \"int8_tensorwise\", \"convrot\": true}"))
    expectRefusal(codec, "comfy_quant", text("{"))
    #expect(throws: Never.self) {
      try decodeChanged(codec, "comfy_quant", text("{\"format\": \"int8_tensorwise\", \"x\": 1}"))
    }
    let rotated = RotatedInt8Codec(groupSize: 64)
    expectRefusal(rotated, "comfy_quant", text("{\"format\": \"int8_tensorwise\"}"))
    // Without a size it is 256.
    expectRefusal(
      rotated, "comfy_quant", text("{\"format\": \"int8_tensorwise\", \"convrot\": true}"))
  }

  @Test func tablesAndStatesOfOtherCodes() {
    let codec = FourBitFloatCodec(kind: .fp4, isDouble: true, valueType: .float32)
    let state = "weight.quant_state.bitsandbytes__fp4"
    func replace(_ old: String, _ new: String) -> (inout [UInt8]) -> Void {
      {
        let text = String(decoding: $0, as: UTF8.self)
        #expect(text.contains(old))
        $0 = Array(
          text.split(separator: old, omittingEmptySubsequences: false)
            .joined(separator: new).utf8)
      }
    }
    expectRefusal(codec, state, replace("\"blocksize\": 64", "\"blocksize\": 128"))
    expectRefusal(codec, state, replace("[2, 128]", "[128, 2]"))
    expectRefusal(codec, state, replace("\"nested_offset\"", "\"offset\""))
    expectRefusal(codec, state, replace("\"fp4\"", "\"nf4\""))
    expectRefusal(codec, "weight.quant_map") { $0.removeLast(4) }
    expectRefusal(codec, "weight.quant_map", huge32)
    expectRefusal(codec, "weight.nested_quant_map") { $0.removeLast(4) }
    expectRefusal(codec, "weight.nested_absmax") { $0 = [] }
  }

  @Test func aWeightThatFloat16DoesNotHold() {
    var values = weights(rows: 2, columns: 128)
    values[130] = 65519
    #expect(throws: Never.self) { try encode(values, shape, LLMInt8Codec()) }
    values[130] = 65520
    #expect(throws: CodecFailure.self) { try encode(values, shape, LLMInt8Codec()) }
  }

  /// Steps of 10⁻⁷ are infinitely many up to 10³².
  @Test func aGroupOfOneHugeValueIsThatValue() throws {
    let values = [Float](repeating: 1e32, count: 256)
    let codec = AffineCodec(bits: 4, groupSize: 64, scaleType: .float32)
    #expect(try decode(try encode(values, shape, codec), shape, codec) == values)
  }

  @Test func aGroupWhoseScaleIsInfinite() {
    var values = weights(rows: 2, columns: 128)
    values[128] = 3.4e38
    values[129] = -3.4e38
    #expect(throws: CodecFailure.self) {
      try encode(values, shape, ScaledUInt4Codec(groupSize: nil))
    }
    for type in [.float32, .float16, .bfloat16] as [ElementType] {
      let affine = AffineCodec(bits: 8, groupSize: 64, scaleType: type)
      #expect(throws: CodecFailure.self) { try encode(values, shape, affine) }
    }
  }
}
