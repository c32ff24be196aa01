import Foundation
import GGUF
import Storage
import Testing

@Suite struct BlockGoldenTests {
  /// Types whose scale follows from the extremes: there is one right encoding.
  private static let simple: [BlockType] = [.bf16, .q40, .q41, .q50, .q51, .q80]
  private static let blocks = BlockType.allCases.filter { $0.elementsPerBlock > 1 }
  private static let searched = blocks.filter { !simple.contains($0) }

  @Test(arguments: blocks)
  func randomBytesDecodeAsTheReferenceDecodesThem(_ type: BlockType) throws {
    let decoded = try decode(BlockGoldens.bytes("random-\(type.name).bin"), type)
    let expected = try BlockGoldens.floats("random-\(type.name).f32")
    try #require(decoded.count == expected.count)
    for (index, (value, other)) in zip(decoded, expected).enumerated() {
      let isSame = other.isNaN ? value.isNaN : value.bitPattern == other.bitPattern
      #expect(isSame, "value \(index): \(value), expected \(other)")
    }
  }

  @Test(arguments: simple)
  func simpleTypesHaveTheBytesOfTheReference(_ type: BlockType) throws {
    let encoded = try encode(BlockGoldens.floats("values.f32"), type)
    let expected = try BlockGoldens.bytes("encoded-\(type.name).bin")
    try #require(encoded.count == expected.count)
    let size = type.bytesPerBlock
    for block in 0..<encoded.count / size {
      let range = block * size..<(block + 1) * size
      #expect(encoded[range] == expected[range], "block \(block)")
    }
  }

  /// No tolerance: both errors are sums in double of the same decoding.
  @Test(arguments: searched)
  func searchedTypesLeaveNoMoreErrorThanTheReference(_ type: BlockType) throws {
    let values = try BlockGoldens.floats("values.f32")
    var begin = 0
    for set in try BlockGoldens.referenceErrors().sets {
      let part = Array(values[begin..<begin + 256 * set.blocks])
      begin += 256 * set.blocks
      let decoded = try decode(encode(part, type), type)
      let isApart = set.name == "adversarial"
      let reference = try #require(set.errors[type.name])
      let ones = [Double](repeating: 1, count: part.count)
      let plain = relativeError(part, decoded, weights: ones, isApart: isApart)
      #expect(plain <= reference.plain, "\(set.name)")
      let weights = referenceWeights(part, type)
      let weighted = relativeError(part, decoded, weights: weights, isApart: isApart)
      #expect(weighted <= reference.weighted, "\(set.name), weighted")
    }
  }

  /// The digests and errors of ggml's encoder for x[i] = 0.05 sin 0.37i + 0.02 cos 1.3i.
  @Test func aWaveHasTheDigestsAndAtMostTheErrorsOfTheReference() throws {
    let wave = (0..<256).map { (index: Int) -> Float in
      let time = Double(index)
      return Float(0.05 * sin(0.37 * time) + 0.02 * cos(1.3 * time))
    }
    let digests: [(BlockType, String)] = [
      (.q80, "9ea4e0f4a48e2561fd82b82b8618bfa9864c28a6f91b28ff8d1b27febb7d472f"),
      (.q40, "013f5f2c85d1f13acc99ae70ae9dbd89e44f5e99063853b194f92403f0163b34"),
    ]
    for (type, expected) in digests {
      let bytes = try encode(wave, type)
      #expect(digest(bytes) == expected)
    }
    let errors: [(BlockType, Double)] = [
      (.q6K, 0.01286), (.q5K, 0.02938), (.q4K, 0.06034), (.q3K, 0.13281), (.q2K, 0.24189),
      (.iq4XS, 0.06740),
    ]
    let ones = [Double](repeating: 1, count: 256)
    for (type, limit) in errors {
      let decoded = try decode(encode(wave, type), type)
      #expect(relativeError(wave, decoded, weights: ones, isApart: false) <= limit, "\(type)")
    }
  }
}

private func digest(_ bytes: [UInt8]) -> String {
  var digest = SHA256Digest()
  digest.update(bytes.rawBytes)
  return digest.hexadecimal
}

/// √(Σwe² / Σwx²), or the mean of it over the blocks.
private func relativeError(
  _ values: [Float], _ decoded: [Float], weights: [Double], isApart: Bool
) -> Double {
  var errors: [Double] = []
  var squares: [Double] = []
  for begin in stride(from: 0, to: values.count, by: 256) {
    var error: Double = 0
    var square: Double = 0
    for index in begin..<begin + 256 {
      let value = Double(values[index])
      let difference = value - Double(decoded[index])
      error += weights[index] * difference * difference
      square += weights[index] * value * value
    }
    errors.append(error)
    squares.append(square)
  }
  if isApart {
    let shares = zip(errors, squares).map { ($0 / ($1 == 0 ? 1 : $1)).squareRoot() }
    return shares.reduce(0, +) / Double(shares.count)
  }
  return (errors.reduce(0, +) / squares.reduce(0, +)).squareRoot()
}

/// The weights of the reference's own search.
private func referenceWeights(_ values: [Float], _ type: BlockType) -> [Double] {
  let values = values.map(Double.init)
  switch type {
  case .q2K: return values.map(\.magnitude)
  case .q4K, .q5K:
    return values.indices.map { index in
      let group = values[index / 32 * 32..<index / 32 * 32 + 32]
      let meanSquare = group.reduce(0) { $0 + $1 * $1 } / 32
      return meanSquare.squareRoot() + values[index].magnitude
    }
  default: return values.map { $0 * $0 }
  }
}
