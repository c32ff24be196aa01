import CKernels
import Foundation
import Testing

@Suite struct ActivationKernelTests {
  /// Bits, with every NaN the same one.
  private func bits(_ values: [Float]) -> [UInt32] {
    values.map { $0.isNaN ? Float.nan.bitPattern : $0.bitPattern }
  }

  /// What a loop leaves in `count` values and one beyond them is the same at every level; that of
  /// the scalar level.
  private func sameAtEveryLevel(
    _ count: Int, _ start: [Float], _ loop: (mmdit_level, inout [Float]) -> Void
  ) -> [Float] {
    var results: [[Float]] = []
    for level in levels {
      var values = start + [Float(bitPattern: 0xa5a5_a5a5)]
      loop(level, &values)
      #expect(values.last?.bitPattern == 0xa5a5_a5a5, "level \(level), \(count) values")
      results.append(Array(values.dropLast()))
    }
    #expect(results.allSatisfy { bits($0) == bits(results[0]) }, "\(count) values")
    return results[0]
  }

  /// Every 4099th number: some million of all magnitudes and both signs.
  @Test func exponentialsAreWithinTwoUnitsOfTheLastPlace() {
    let inputs = stride(from: UInt32(0), to: .max - 4099, by: 4099).map(Float.init(bitPattern:))
    let results = sameAtEveryLevel(inputs.count, inputs) { level, values in
      unsafe mmdit_exponentials(level, &values, values.count - 1)
    }
    var worst = 0.0
    for (input, result) in zip(inputs, results) {
      let exact = exp(Double(input))
      switch exact {
      case _ where exact.isNaN: #expect(result.isNaN)
      case _ where input > 88.73: #expect(result == .infinity)
      case _ where input < -104: #expect(result == 0)
      case ..<Double(Float.leastNormalMagnitude):
        // Rounded once as a normal number and once as a subnormal one.
        #expect(abs(Double(result) - exact) <= 2 * Double(Float.leastNonzeroMagnitude))
      case ...Double(Float.greatestFiniteMagnitude):
        worst = max(worst, abs(Double(result) - exact) / Double(Float(exact).ulp))
      default: break
      }
    }
    #expect(worst < 2 && worst > 0.5, "\(worst)")
  }

  @Test func softmaxFollowsItsDefinitionAtEveryLevelAndLength() {
    for count in lengths where count > 0 {
      var inputs = ordinaryValues(count, seed: UInt64(count))
      if count > 2 { inputs[count / 2] = -.infinity }
      let results = sameAtEveryLevel(count, inputs) { level, values in
        unsafe mmdit_softmax(level, &values, count)
      }
      let largest = inputs.reduce(-Float.infinity) { max($0, $1) }
      let exponentials = inputs.map { exp(Double($0) - Double(largest)) }
      let sum = exponentials.reduce(0, +)
      for (result, exponential) in zip(results, exponentials) {
        // The difference of two values below 4 in magnitude is off by half a unit of 4 … 8, 2^-22,
        // which e^x passes on; the exponential by 2 units, its product and factor by half each.
        let expected = exponential / sum
        #expect(abs(Double(result) - expected) <= (0x1p-22 + 4 * 0x1p-23) * expected)
      }
      if count > 2 { #expect(results[count / 2] == 0) }
    }
  }

  @Test func gatesFollowTheirDefinitionAtEveryLevelAndLength() {
    for count in lengths {
      let gates = ordinaryValues(count, seed: UInt64(count))
      let up = ordinaryValues(count, seed: UInt64(count) + 1000)
      let results = sameAtEveryLevel(count, [Float](repeating: 0, count: count)) { level, values in
        unsafe mmdit_gate(level, gates, up, count, &values)
      }
      for index in 0..<count {
        let (gate, up) = (Double(gates[index]), Double(up[index]))
        let expected = gate / (1 + exp(-gate)) * up
        // Two units of the exponential, half a unit each of sum, quotient and product.
        #expect(abs(Double(results[index]) - expected) <= 4 * 0x1p-23 * abs(expected))
      }
    }
    for level in levels {
      var values: [Float] = [0, 0, 0, 0]
      unsafe mmdit_gate(level, [-200, 200, .nan, -.infinity], [1, 1, 1, 1], 4, &values)
      #expect(values[0] == 0 && values[1] == 200 && values[2].isNaN && values[3].isNaN)
    }
  }

  @Test func normsFollowTheirDefinitionAtEveryLevelAndLength() {
    for count in lengths where count > 0 {
      let x = ordinaryValues(count, seed: UInt64(count)).map { $0 + 3 }
      let scale = ordinaryValues(count, seed: UInt64(count) + 1000)
      let shift = ordinaryValues(count, seed: UInt64(count) + 2000)
      let zeros = [Float](repeating: 0, count: count)
      let modulated = sameAtEveryLevel(count, zeros) { level, values in
        unsafe mmdit_modulated_norm(level, x, count, 0.01, scale, shift, &values)
      }
      let normed = sameAtEveryLevel(count, zeros) { level, values in
        unsafe mmdit_root_mean_square_norm(level, x, count, 0.01, scale, &values)
      }
      let wide = x.map(Double.init)
      let mean = wide.reduce(0, +) / Double(count)
      let variance = wide.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
      let square = wide.reduce(0) { $0 + $1 * $1 } / Double(count)
      for index in 0..<count {
        let normal = (wide[index] - mean) / (variance + 0.01).squareRoot()
        let expected = normal * (1 + Double(scale[index])) + Double(shift[index])
        // The mean, below 7, is rounded by 2^-22; what it is taken from is divided by 0.1 at least,
        // multiplied by 5 at most. Then five roundings of numbers below 71 · 5 + 4.
        #expect(
          abs(Double(modulated[index]) - expected)
            <= 50 * 0x1p-22 + 5 * 0x1p-24 * (abs(normal) * 5 + 4))
        let root = wide[index] / (square + 0.01).squareRoot() * Double(scale[index])
        #expect(abs(Double(normed[index]) - root) <= 3 * 0x1p-23 * abs(root))
      }
    }
  }

  @Test func anRMSNormMayBeWrittenOverItsInput() {
    for level in levels {
      let x = ordinaryValues(70, seed: 1)
      let scale = ordinaryValues(70, seed: 2)
      var (apart, over) = ([Float](repeating: 0, count: 70), x)
      unsafe mmdit_root_mean_square_norm(level, x, 70, 0.01, scale, &apart)
      unsafe over.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        unsafe mmdit_root_mean_square_norm(level, base, 70, 0.01, scale, base)
      }
      #expect(over == apart)
    }
  }

  @Test func pairsTurnAtEveryLevelAndLength() {
    for pairs in lengths {
      let x = ordinaryValues(2 * pairs, seed: UInt64(pairs))
      let cosines = ordinaryValues(pairs, seed: UInt64(pairs) + 1000)
      let sines = ordinaryValues(pairs, seed: UInt64(pairs) + 2000)
      let results = sameAtEveryLevel(2 * pairs, x) { level, values in
        unsafe mmdit_rotate_pairs(level, &values, cosines, sines, pairs)
      }
      for pair in 0..<pairs {
        let (even, odd) = (x[2 * pair], x[2 * pair + 1])
        #expect(results[2 * pair] == even * cosines[pair] - odd * sines[pair])
        #expect(results[2 * pair + 1] == even * sines[pair] + odd * cosines[pair])
      }
    }
  }

  @Test func productsAreAddedAtEveryLevelAndLength() {
    for count in lengths {
      let a = mixedValues(count, seed: UInt64(count))
      let b = ordinaryValues(count, seed: UInt64(count) + 1000)
      let start = ordinaryValues(count, seed: UInt64(count) + 2000)
      let results = sameAtEveryLevel(count, start) { level, values in
        unsafe mmdit_add_product(level, a, b, count, &values)
      }
      let expected = (0..<count).map { start[$0] + a[$0] * b[$0] }
      #expect(bits(results) == bits(expected))
    }
  }
}
