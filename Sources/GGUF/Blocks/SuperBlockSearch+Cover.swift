internal import CKernels

extension SuperBlockGrid {
  /// Half the largest distance between two levels.
  private var halfGap: Float { codes.is_table != 0 ? 11.5 : 0.5 }

  /// By how much a value can be off, as a share of the block's largest magnitude M.
  ///
  /// Scales that cover every value are at most (M/h)·(1 + 1/u), with h the largest level and u the
  /// largest integer, to which the block's number rounds up: s·d < cover + d and d ≤ M/(h·u). With
  /// minima values reach from −e·m to M, e·m < M + e and e ≤ M/u, in place of M. Of that, half a gap
  /// between levels. The search may do worse by a factor of 2 before it is overruled; a hundredth
  /// more holds the roundings to f16 and float.
  var errorShare: Float {
    let integers = 1 / scales.upperBound
    let reach = hasMinima ? 2 + integers : 1
    return 2 * halfGap * reach / codes.high * (1 + integers) * 1.01
  }
}

extension SuperBlockSearch {
  /// What f16 numbers below their normal range can add to an error: the block's numbers round up by
  /// at most 2⁻²⁴, a scale so by as much, of which half a gap is at most 11.5; and a minimum.
  static let smallError: Float = 0x1p-20

  /// The largest error of the codes, in the unit of the normalized values.
  func largestError(_ codes: Span<UInt8>) -> Float {
    var largest: Float = 0
    for group in 0..<grid.groupCount {
      let fit = best.fit(group)
      for index in range(ofGroup: group) {
        let level =
          grid.codes.is_table != 0
          ? NonlinearTable.levels[Int(codes[index])] : Float(codes[index]) + grid.codes.low
        largest = max(largest, (values[index] - (fit.offset + fit.scale * level)).magnitude)
      }
    }
    return largest
  }

  /// Takes scales with which no value lies beyond the levels; false when they are beyond f16.
  mutating func cover() -> Bool {
    let bounds = (0..<grid.groupCount).map { group in
      var bounds = (low: Float(0), high: -Float.infinity)
      for index in range(ofGroup: group) {
        bounds = (min(bounds.low, values[index]), max(bounds.high, values[index]))
      }
      return bounds
    }
    best = Choice()
    if grid.hasMinima {
      let lowest = bounds.reduce(0) { min($0, $1.low) }
      best.scales.minimum = storedAbove(-lowest / grid.scales.upperBound)
      best.minimum = Float(best.scales.minimum) * normalizer
      for group in 0..<grid.groupCount where best.minimum > 0 {
        best.scales.groupMinima[group] = integer(above: -bounds[group].low / best.minimum)
      }
    }
    let covers = bounds.enumerated().map { group, bounds in
      grid.hasMinima
        ? (bounds.high - best.fit(group).offset) / grid.codes.high
        : max(bounds.high / grid.codes.high, bounds.low / grid.codes.low)
    }
    let cover = covers.reduce(0, max)
    best.scales.scale = storedAbove(cover / grid.scales.upperBound)
    best.scale = Float(best.scales.scale) * normalizer
    for group in 0..<grid.groupCount where best.scale > 0 {
      best.scales.groupScales[group] = integer(above: covers[group] / best.scale)
    }
    return best.scales.scale.isFinite && best.scales.minimum.isFinite
  }

  private func storedAbove(_ scale: Float) -> Float16 {
    let number = stored(scale)
    return Float(number) * normalizer < scale ? number.nextUp : number
  }

  private func integer(above quotient: Float) -> Int32 {
    Int32(min(max(quotient.rounded(.up), 0), grid.scales.upperBound))
  }
}
