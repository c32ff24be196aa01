import Codecs
import Quantization
import Tensors
import TestSupport
import Testing

/// One of every codec and dialect.
struct AnyCodec: Sendable, CustomTestStringConvertible {
  let codec: any MatrixCodec
  var testDescription: String { "\(codec)" }

  static let levels: [any LevelCodec] =
    [
      LLMInt8Codec(), ScaledInt8Codec(.comfyUI), ScaledInt8Codec(.sdnq),
      ScaledInt8Codec(.sdnq, groupSize: 32), ScaledInt8Codec(.torchAO),
      ScaledInt8Codec(.torchAO, groupSize: 32), ScaledInt8Codec(.compressedTensors),
      ScaledInt8Codec(.compressedTensors, scaleType: .float16), ScaledInt8Codec(.quanto),
      ScaledInt4Codec(.sdnq, groupSize: nil, scaleType: .float32),
      ScaledInt4Codec(.sdnq, groupSize: 64, scaleType: .float32, clipping: .absoluteMaximum),
      ScaledInt4Codec(
        .compressedTensors, groupSize: 128, scaleType: .bfloat16, clipping: .absoluteMaximum),
      ScaledInt4Codec(.compressedTensors, groupSize: 32, scaleType: .float16),
    ]
    + [(4, 32), (4, 64), (8, 64), (8, 128)].map {
      AffineCodec(bits: $0.0, groupSize: $0.1, scaleType: .bfloat16)
    } + [AffineCodec(bits: 8, groupSize: 32, scaleType: .float16)]

  static let all: [AnyCodec] =
    (levels
    + [
      FourBitFloatCodec(kind: .nf4, isDouble: false, valueType: .bfloat16),
      FourBitFloatCodec(kind: .nf4, isDouble: true, valueType: .bfloat16),
      FourBitFloatCodec(kind: .fp4, isDouble: false, valueType: .float16),
      FourBitFloatCodec(kind: .fp4, isDouble: true, valueType: .float16),
      RotatedInt8Codec(groupSize: 16), RotatedInt8Codec(groupSize: 64),
      ScaledUInt4Codec(groupSize: nil), ScaledUInt4Codec(groupSize: 32),
      Float8Codec(.comfyUI, scale: .tensor), Float8Codec(.bfl, scale: .row),
      Float8Codec(.torchAO, scale: .row), NVFP4Codec(.bfl), NVFP4Codec(.comfyUI), MXFP8Codec(),
    ] + [2, 3, 4, 5, 6, 8].map { AffineCodec(bits: $0, groupSize: 64, scaleType: .float32) })
    .map(AnyCodec.init)
}

/// Weights as they are, among them a row of zeros, an outlier, rows of one sign, of tiny values and of
/// equal ones.
func weights(rows: Int, columns: Int, seed: UInt64 = 1) -> [Float] {
  var generator = SeededGenerator(seed: seed)
  return (0..<rows * columns).map { index in
    let sum = (0..<4).reduce(Float(0)) { sum, _ in
      sum + Float.random(in: -1..<1, using: &generator)
    }
    let weight = sum * 0.02
    switch (index / columns % 8, index % columns) {
    case (1, _): return 0
    case (2, 5): return -1.5
    case (3, _): return -weight.magnitude
    case (4, _): return weight.magnitude + 0.05
    case (5, _): return weight * 1e-7
    case (6, _): return 0.25
    default: return weight
    }
  }
}
