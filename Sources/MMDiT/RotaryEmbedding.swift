internal import Families
internal import Glibc
package import Operations

/// Where a token stands on the four position axes: time, row, column, text index.
package typealias Position = [Int]

/// The positions of one input's sequence: text token l is (0, 0, 0, l), a latent token
/// (0, row, column, 0), a token of reference n (10 + 10n, row, column, 0).
package func positions(of input: TransformerInput, textCount: Int) -> [Position] {
  var positions = (0..<textCount).map { [0, 0, 0, $0] }
  func append(_ grid: TokenGrid, time: Int) {
    for row in 0..<grid.height {
      for column in 0..<grid.width { positions.append([time, row, column, 0]) }
    }
  }
  append(input.grid, time: 0)
  for (index, reference) in input.references.enumerated() {
    append(reference.grid, time: 10 + 10 * index)
  }
  return positions
}

/// The rotation of each pair of head dimensions, for every row of a stacked matrix.
///
/// Axis a with A dimensions rotates A/2 adjacent pairs; pair p of a token at position x turns by
/// x · base^(−2p/A). Angles and their sine and cosine are computed in Double: positions are exact,
/// and at some hundred radians a Float angle would be off by 10⁻⁵.
package struct RotaryEmbedding: Sendable {
  /// `[N, K/2]`.
  package let cosines: Matrix
  /// `[N, K/2]`.
  package let sines: Matrix

  /// `positions` holds the position of each row.
  package init(positions: [Position], axes: [Int], base: Double) {
    let pairs = axes.reduce(0, +) / 2
    var cosines = Matrix(rows: positions.count, columns: pairs)
    var sines = cosines
    let frequencies = axes.map { axis in
      (0..<axis / 2).map { pow(base, -2 * Double($0) / Double(axis)) }
    }
    for (row, position) in positions.enumerated() {
      var index = row * pairs
      for (coordinate, axisFrequencies) in zip(position, frequencies) {
        // Most positions have three zeros.
        guard coordinate != 0 else {
          for _ in axisFrequencies {
            cosines.values[index] = 1
            index += 1
          }
          continue
        }
        for frequency in axisFrequencies {
          let angle = Double(coordinate) * frequency
          cosines.values[index] = Float(cos(angle))
          sines.values[index] = Float(sin(angle))
          index += 1
        }
      }
    }
    self.cosines = cosines
    self.sines = sines
  }

  /// The rotations of a batch, row for row of its stacked matrix.
  init(_ batch: [TransformerInput], _ stacked: StackedTokens, _ configuration: Flux2Configuration) {
    var all = [Position](repeating: [], count: stacked.count)
    for (input, rows) in zip(batch, stacked.inputs) {
      let own = positions(of: input, textCount: rows.text.count)
      for (row, position) in zip(rows.sequence, own) { all[row] = position }
    }
    self.init(
      positions: all, axes: configuration.rotaryAxes, base: configuration.rotaryBase)
  }

  /// Rotates one head vector `[K]` of a row in place: (x₀, x₁) becomes
  /// (x₀ cos − x₁ sin, x₀ sin + x₁ cos).
  package func rotate(_ head: inout MutableSpan<Float>, at offset: Int, row: Int) {
    let pairs = cosines.columns
    let range = row * pairs..<(row + 1) * pairs
    let (cosines, sines) = (cosines.values.span, sines.values.span)
    rotatePairs(
      &head, at: offset, cosines: cosines.extracting(range), sines: sines.extracting(range))
  }
}
