internal import CKernels

/// What is stored of a block besides its codes: f16 numbers, and integers of each group.
struct SuperBlockScales {
  var scale = Float16(0)
  var minimum = Float16(0)
  var groupScales = InlineArray<16, Int8>(repeating: 0)
  var groupMinima = InlineArray<16, Int8>(repeating: 0)
}

/// Scales with which no value of a block lies beyond the levels, for blocks in which the least sum of
/// squared errors gives up a value far out.
struct CoveringScales {
  private let grid: SuperBlockGrid
  /// The power of two that brings the largest magnitude into 1..<2.
  private let normalizer: Float
  private(set) var scales = SuperBlockScales()

  /// Of finite values; nil when a scale is beyond f16.
  init?(_ block: Span<Float>, _ grid: SuperBlockGrid, normalizer: Float) {
    self.grid = grid
    self.normalizer = normalizer
    let bounds = (0..<grid.groupCount).map { group in
      var bounds = (low: Float(0), high: Float(0))
      for index in group * grid.elementsPerGroup..<(group + 1) * grid.elementsPerGroup {
        let value = block[index] * normalizer
        bounds = (min(bounds.low, value), max(bounds.high, value))
      }
      return bounds
    }
    if grid.hasMinima {
      let lowest = bounds.reduce(0) { min($0, $1.low) }
      scales.minimum = storedAbove(-lowest / grid.highestInteger)
      let minimum = Float(scales.minimum) * normalizer
      for group in 0..<grid.groupCount where minimum > 0 {
        scales.groupMinima[group] = integer(above: -bounds[group].low / minimum)
      }
    }
    let covers = bounds.enumerated().map { group, bounds in
      grid.hasMinima
        ? (bounds.high - offset(group)) / grid.codes.high
        : max(bounds.high / grid.codes.high, bounds.low / grid.codes.low)
    }
    scales.scale = storedAbove(covers.reduce(0, max) / grid.highestInteger)
    let scale = Float(scales.scale) * normalizer
    for group in 0..<grid.groupCount where scale > 0 {
      scales.groupScales[group] = integer(above: covers[group] / scale)
    }
    guard scales.scale.isFinite, scales.minimum.isFinite else { return nil }
  }

  /// The scale of a group, in the unit of the normalized values.
  func scale(_ group: Int) -> Float {
    Float(scales.scale) * normalizer * Float(scales.groupScales[group])
  }

  /// The offset of a group, in the unit of the normalized values.
  func offset(_ group: Int) -> Float {
    -(Float(scales.minimum) * normalizer * Float(scales.groupMinima[group]))
  }

  /// The f16 number of a normalized one, not below it.
  private func storedAbove(_ scale: Float) -> Float16 {
    let number = Float16(scale / normalizer)
    return Float(number) * normalizer < scale ? number.nextUp : number
  }

  private func integer(above quotient: Float) -> Int8 {
    Int8(min(max(quotient.rounded(.up), 0), grid.highestInteger))
  }
}
