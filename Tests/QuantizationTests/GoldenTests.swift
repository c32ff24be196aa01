import Foundation
import Quantization
import Testing

private let rows = 7
private let columns = 37

private func golden(_ name: String) throws -> [UInt8] {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
  return try Array(Data(contentsOf: folder.appending(path: name)))
}

/// The bytes that an independent account in numpy gives; `Goldens/README.md` explains the inputs.
@Suite struct GoldenTests {
  private static let schemes = Scheme.all.filter {
    $0.clipping == .absoluteMaximum && ($0.group == .row || $0.group == .columns16)
  }

  private func values() throws -> [Float] {
    let bytes = try golden("values.f32")
    return stride(from: 0, to: bytes.count, by: 4).map { offset in
      Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) })
    }
  }

  @Test func everyCombinationHasAGoldenFile() {
    #expect(Self.schemes.count == 24)
  }

  @Test(arguments: schemes)
  func everyByteIsThatOfTheIndependentAccount(_ scheme: Scheme) throws {
    let name = scheme.description.split(separator: " ").joined(separator: "-") + ".bin"
    let expected = try golden(name)
    let found = try quantize(values(), columns: columns, scheme)
    let decoded = dequantize(found, rows: rows, columns: columns, scheme).flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * $0)) }
    }
    let codeEnd = found.codes.count
    let scaleEnd = codeEnd + found.scales.count
    let zeroPointEnd = scaleEnd + found.zeroPoints.count
    try #require(expected.count == zeroPointEnd + decoded.count)
    #expect(found.codes == Array(expected[..<codeEnd]))
    #expect(found.scales == Array(expected[codeEnd..<scaleEnd]))
    #expect(found.zeroPoints == Array(expected[scaleEnd..<zeroPointEnd]))
    #expect(decoded == Array(expected[zeroPointEnd...]))
  }
}
