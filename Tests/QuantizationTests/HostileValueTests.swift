import Failures
import Quantization
import Testing

@Suite struct HostileValueTests {
  @Test(arguments: Scheme.all)
  func aValueThatIsNotFiniteIsNamed(_ scheme: Scheme) {
    for (value, text) in [(Float.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf")] {
      for index in [0, 40, 73, 147] {
        var values = normalValues(148, seed: 1)
        values[index] = value
        #expect(
          throws: QuantizationFailure.notFinite(row: index / 74, column: index % 74, value: text)
        ) {
          try quantize(values, columns: 74, scheme)
        }
      }
    }
  }

  @Test func aScaleBeyondItsTypeIsNamed() throws {
    let values = [Float](repeating: 0, count: 20) + [1e7]
    let half = Scheme(.int8, group: .columns16, scaleType: .float16)
    let failure = #expect(throws: QuantizationFailure.self) {
      try quantize(values, columns: 21, half)
    }
    #expect(
      failure
        == .scaleOverflow(row: 0, columns: 16..<21, scale: "\(Float(1e7) / 127)", type: .float16))
    let brain = Scheme(.int8, group: .columns16, scaleType: .bfloat16)
    #expect(storedScales(try quantize(values, columns: 21, brain), brain)[1] > 78000)
  }

  /// Values that pass decode to finite ones, however large.
  @Test(arguments: Scheme.all)
  func theLargestValuesThrowOrDecodeToFiniteOnes(_ scheme: Scheme) {
    for scale in [Float.greatestFiniteMagnitude, 3e38, 1e38, 1e37] {
      let values: [Float] = [scale, -scale / 3, scale / 2, 0, -scale / 5]
      if let found = try? quantize(values, columns: 5, scheme) {
        #expect(dequantize(found, rows: 1, columns: 5, scheme).allSatisfy { $0.isFinite })
      } else {
        #expect(scale > 2e38 || scheme.scaleType == .float16)
      }
    }
  }

  /// A scale that underflows is raised to the least of its type, and values are off by half of it
  /// at most. Where a scale is more than the least it is at most 2 |w| / 15 (int4 asymmetric), and
  /// a value off by one and a half of it at most, as `everyWeightIsNearItsCode` derives.
  @Test(arguments: Scheme.all.filter { $0.clipping == .absoluteMaximum })
  func theSmallestValuesStayWithinHalfTheLeastScale(_ scheme: Scheme) throws {
    let least: Float = scheme.scaleType == .float16 ? 0x1p-24 : 0x1p-126
    for value in [Float.leastNonzeroMagnitude, 0x1p-139, .leastNormalMagnitude, 1e-37, 1e-7] {
      let values: [Float] = [value, -value, 0]
      let found = try quantize(values, columns: 3, scheme)
      let scale = abs(storedScales(found, scheme)[0])
      #expect(scale >= least)
      let bound = scale == least ? least / 2 : 1.5 * scale
      for (value, decoded) in zip(values, dequantize(found, rows: 1, columns: 3, scheme)) {
        #expect(abs(value - decoded) <= bound)
      }
    }
  }

  @Test func failuresSayWhatToDo() {
    let failure = QuantizationFailure.scaleOverflow(
      row: 3, columns: 64..<128, scale: "1e6", type: .float16)
    #expect(
      failure.description == """
        row 3, columns 64..<128: expected a scale that f16 can hold, found 1e6
        Choose bf16 or f32 scales.
        """)
    #expect(failure.kind == .badData)
  }

  @Test func segmentsOfAnotherSizeTrap() async {
    await #expect(processExitsWith: .failure) {
      let scheme = Scheme(.int4, group: .row, scaleType: .float32)
      let segments = Segments(codes: [0], scales: [0, 0, 0, 0], zeroPoints: [])
      _ = dequantize(segments, rows: 1, columns: 3, scheme)
    }
  }

  @Test(arguments: Scheme.all)
  func anyBytesDecode(_ scheme: Scheme) {
    var generator = SplitMix64(state: 5)
    func bytes(_ count: Int) -> [UInt8] {
      (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
    let segments = Segments(
      codes: bytes(2 * scheme.codeBytesPerRow(columns: 35)),
      scales: bytes(2 * scheme.scaleBytesPerRow(columns: 35)),
      zeroPoints: bytes(2 * scheme.zeroPointBytesPerRow(columns: 35)))
    #expect(dequantize(segments, rows: 2, columns: 35, scheme).count == 70)
  }
}
