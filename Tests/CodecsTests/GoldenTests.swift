import Codecs
import Tensors
import Testing

/// A codec and the file of what its library makes.
struct GoldenCase: Sendable, CustomTestStringConvertible {
  let name: String
  let codec: any MatrixCodec
  /// An array that is another for a group of zeros: 0 is its scale here.
  let exception: String?
  var testDescription: String { name }

  /// Those whose encoder gives the library's bytes.
  static let exact: [GoldenCase] =
    [
      .init("nf4", FourBitFloatCodec(kind: .nf4, isDouble: false, valueType: .float32)),
      .init("llm-int8", LLMInt8Codec()),
      .init("comfy-int8", ScaledInt8Codec(.comfyUI), except: "weight_scale"),
      .init("comfy-convrot-64", RotatedInt8Codec(groupSize: 64), except: "weight_scale"),
      .init("comfy-float8", Float8Codec(.comfyUI, scale: .tensor)),
      .init("comfy-nvfp4", NVFP4Codec(.comfyUI)),
      .init("comfy-mxfp8", MXFP8Codec()),
      .init("bfl-fp8r", Float8Codec(.bfl, scale: .row)),
      .init("bfl-nvfp4", NVFP4Codec(.bfl)),
      .init("sdnq-int8-row", ScaledInt8Codec(.sdnq)),
      .init("sdnq-int8-32", ScaledInt8Codec(.sdnq, groupSize: 32)),
      .init("sdnq-uint4-32", ScaledUInt4Codec(groupSize: 32)),
      .init(
        "compressed-tensors-int8-row", ScaledInt8Codec(.compressedTensors),
        except: "weight_scale"),
      .init("torchao-float8", Float8Codec(.torchAO, scale: .row)),
    ]
    + [2, 3, 4, 5, 6, 8].map {
      .init(
        "mlx-\($0)-64-float32", AffineCodec(bits: $0, groupSize: 64, scaleType: .float32))
    }
    + [
      .init("mlx-4-32-bfloat16", AffineCodec(bits: 4, groupSize: 32, scaleType: .bfloat16)),
      .init("mlx-8-128-bfloat16", AffineCodec(bits: 8, groupSize: 128, scaleType: .bfloat16)),
      .init("mlx-4-64-float16", AffineCodec(bits: 4, groupSize: 64, scaleType: .float16)),
    ]

  /// Those whose encoder chooses other codes.
  static let other: [GoldenCase] = [
    .init("fp4", FourBitFloatCodec(kind: .fp4, isDouble: false, valueType: .float32)),
    .init("nf4-double", FourBitFloatCodec(kind: .nf4, isDouble: true, valueType: .float32)),
    .init("fp4-double", FourBitFloatCodec(kind: .fp4, isDouble: true, valueType: .float32)),
    .init("comfy-convrot-256", RotatedInt8Codec(groupSize: 256)),
    .init("torchao-int8-row", ScaledInt8Codec(.torchAO)),
    .init("torchao-int8-32", ScaledInt8Codec(.torchAO, groupSize: 32)),
    .init("sdnq-int4-row", ScaledInt4Codec(.sdnq, groupSize: nil, scaleType: .float32)),
    .init("sdnq-int4-32", ScaledInt4Codec(.sdnq, groupSize: 32, scaleType: .float32)),
    .init(
      "compressed-tensors-int4-row",
      ScaledInt4Codec(.compressedTensors, groupSize: nil, scaleType: .float32)),
    .init(
      "compressed-tensors-int4-32",
      ScaledInt4Codec(.compressedTensors, groupSize: 32, scaleType: .float32)),
  ]

  init(_ name: String, _ codec: any MatrixCodec, except exception: String? = nil) {
    self.name = name
    self.codec = codec
    self.exception = exception
  }
}

@Suite struct GoldenTests {
  @Test(arguments: GoldenCase.exact)
  func everyByteIsThatOfTheLibrary(_ item: GoldenCase) throws {
    let golden = try Golden(item.name)
    let encoded = try encode(golden.values, golden.shape, item.codec)
    for (array, bytes) in zip(item.codec.arrays(of: golden.shape), encoded)
    where array.ending != item.exception {
      #expect(try golden.array(array.ending).bytes == bytes, "\(array.ending)")
    }
  }

  @Test(arguments: GoldenCase.exact + GoldenCase.other)
  func arraysHaveTheTypesAndShapesOfTheLibrary(_ item: GoldenCase) throws {
    let golden = try Golden(item.name)
    for array in item.codec.arrays(of: golden.shape) {
      let stored = try golden.array(array.ending)
      #expect(stored.type == array.elementType, "\(array.ending)")
      // The state of double quantization is followed by spaces here.
      if array.ending.contains("quant_state") { continue }
      #expect(stored.shape == array.shape, "\(array.ending)")
    }
  }

  @Test(arguments: GoldenCase.exact + GoldenCase.other)
  func theLibrarysBytesDecodeToItsValues(_ item: GoldenCase) throws {
    let golden = try Golden(item.name)
    let decoded = try decode(golden.bytes(of: item.codec), golden.shape, item.codec)
    let last = Array(decoded.suffix(golden.decoded.count))
    if item.codec is LLMInt8Codec {
      // The library multiplies with a rounded 1/127: three roundings and that of the constant here,
      // two there.
      for (own, library) in zip(last, golden.decoded) {
        #expect((own - library).magnitude <= library.magnitude * 0x1p-22)
      }
    } else if let codec = item.codec as? RotatedInt8Codec {
      try expectTurnedBack(last, golden, codec)
    } else {
      // 0 and −0 are one weight.
      #expect(last == golden.decoded)
    }
  }

  /// bitsandbytes on the CPU has FP4's two zeros the other way round.
  @Test(arguments: ["fp4", "fp4-double"])
  func codesOfFP4DifferInZerosOnly(_ name: String) throws {
    let golden = try Golden(name)
    let codec = FourBitFloatCodec(
      kind: .fp4, isDouble: name == "fp4-double", valueType: .float32)
    func withOneZero(_ bytes: [UInt8]) -> [UInt8] {
      bytes.map { $0 & 0x0f == 8 ? $0 & 0xf0 : $0 }.map { $0 & 0xf0 == 0x80 ? $0 & 0x0f : $0 }
    }
    let encoded = try encode(golden.values, golden.shape, codec)
    #expect(try withOneZero(encoded[0]) == withOneZero(golden.array("weight").bytes))
    #expect(try encoded[1] == golden.array("weight.absmax").bytes)
  }

  /// The offset, a mean that the library sums in float32, may be another by roundings; here it is not.
  ///
  /// Of the codes of magnitudes bitsandbytes' code for the CPU takes a neighbour where the middle of
  /// two entries is near (5 of 260); its code for other devices compares with middles, as is done here.
  @Test(arguments: ["nf4-double", "fp4-double"])
  func doubleQuantizationIsThatOfTheLibrary(_ name: String) throws {
    let golden = try Golden(name)
    let kind = name == "nf4-double" ? FourBitFloatCodec.Kind.nf4 : .fp4
    let codec = FourBitFloatCodec(kind: kind, isDouble: true, valueType: .float32)
    let encoded = try encode(golden.values, golden.shape, codec)
    for (array, bytes) in zip(codec.arrays(of: golden.shape), encoded).dropFirst() {
      let stored = try golden.array(array.ending).bytes
      if array.ending == "weight.absmax" {
        let apart = zip(bytes, stored).filter { $0 != $1 }
        #expect(apart.allSatisfy { $0 + 1 == $1 } && apart.count <= 5)
        continue
      }
      let own = array.ending.contains("quant_state") ? Array(bytes.prefix(stored.count)) : bytes
      #expect(own == stored, "\(array.ending)")
    }
    if kind == .nf4 { #expect(try encoded[0] == golden.array("weight").bytes) }
  }

  @Test func theStateOfSingleQuantizationIsThatOfTheLibrary() throws {
    let golden = try Golden("nf4")
    let codec = FourBitFloatCodec(kind: .nf4, isDouble: false, valueType: .float32)
    #expect(
      try encode(golden.values, golden.shape, codec).last
        == golden.array("weight.quant_state.bitsandbytes__nf4").bytes)
  }
}
