import Quantization
import Tensors
import Testing

@Suite struct SchemeTests {
  @Test func everyDescriptionReadsBackAsItsScheme() {
    #expect(Scheme.all.count == 2 * 5 * 2 * 3 * 2)
    #expect(Set(Scheme.all.map(\.description)).count == Scheme.all.count)
    for scheme in Scheme.all { #expect(Scheme(scheme.description) == scheme) }
  }

  @Test func descriptionsAreWordedAsDocumented() {
    let grouped = Scheme(
      .int4, group: .columns64, scaleType: .bfloat16, clipping: .meanSquaredError)
    #expect(grouped.description == "int4 group 64 symmetric bf16 mse")
    let row = Scheme(.int8, group: .row, symmetry: .asymmetric, scaleType: .float32)
    #expect(row.description == "int8 row asymmetric f32 absmax")
  }

  @Test(arguments: [
    "", "int4", "int4 group 64 symmetric bf16 mse ", "int4 group 48 symmetric bf16 mse",
  ])
  func otherTextIsNoScheme(_ text: String) {
    #expect(Scheme(text) == nil)
  }

  @Test func bytesOfARowFollowTheLayout() {
    let scheme = Scheme(.int4, group: .columns16, symmetry: .asymmetric, scaleType: .bfloat16)
    #expect(
      [0, 1, 2, 15, 16, 17].map { scheme.codeBytesPerRow(columns: $0) } == [0, 1, 1, 8, 8, 9])
    #expect([0, 1, 16, 17, 32].map { scheme.scaleBytesPerRow(columns: $0) } == [0, 2, 2, 4, 4])
    #expect([0, 1, 16, 17].map { scheme.zeroPointBytesPerRow(columns: $0) } == [0, 1, 1, 2])
    let row = Scheme(.int8, group: .row, scaleType: .float32)
    #expect([0, 1, 77].map { row.codeBytesPerRow(columns: $0) } == [0, 1, 77])
    #expect([0, 1, 77].map { row.scaleBytesPerRow(columns: $0) } == [0, 4, 4])
    #expect(row.zeroPointBytesPerRow(columns: 77) == 0)
  }

  @Test func bitsPerWeightCountScalesAndZeroPoints() {
    let scheme = Scheme(.int4, group: .columns64, scaleType: .bfloat16)
    #expect(scheme.bitsPerWeight(of: Shape([10, 128])) == 4.25)
    let asymmetric = Scheme(.int4, group: .columns32, symmetry: .asymmetric, scaleType: .float16)
    #expect(asymmetric.bitsPerWeight(of: Shape([3, 64])) == 4.75)
    let row = Scheme(.int8, group: .row, scaleType: .float32)
    #expect(row.bitsPerWeight(of: Shape([5, 32])) == 9)
    #expect(row.bitsPerWeight(of: Shape([0, 32])) == 0)
  }

  @Test func segmentsBeyondTheAddressSpaceHaveNoByteCounts() {
    let scheme = Scheme(.int8, group: .columns16, symmetry: .asymmetric, scaleType: .float32)
    #expect(
      scheme.segmentByteCounts(rows: 3, columns: 20)
        == SegmentByteCounts(codes: 60, scales: 24, zeroPoints: 6))
    #expect(scheme.segmentByteCounts(rows: .max, columns: 2) == nil)
    // Each count fits, their sum does not.
    #expect(scheme.segmentByteCounts(rows: .max / 4, columns: 3) == nil)
    #expect(scheme.segmentByteCounts(rows: 0, columns: .max)?.codes == 0)
    _ = scheme.bitsPerWeight(of: Shape([1, .max]))
  }
}
