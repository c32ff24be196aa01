internal import CKernels

/// The search for the scales of one block with the least weighted sum of squared errors.
///
/// First every group for itself: candidates, of whose levels the least squares give scale and
/// offset. Then the block's two numbers such that the largest scale and minimum just fit, and some
/// near them; for each, the integers of every group are chosen among 16 by measuring. Last, the
/// least squares of the block's numbers for the codes found. What is measured is what will be
/// decoded: scales rounded to f16, codes rounded with these.
///
/// The least sum may give up a value far out. A block in which one is off by more than
/// `SuperBlockGrid.errorShare` gets scales that cover every value instead.
struct SuperBlockSearch: ~Copyable {
  let grid: SuperBlockGrid
  let loops: BlockLoops
  /// The values, times a power of two that brings the largest into 1..<2.
  var values: [Float]
  var weights: [Float]
  /// That power, and the one that undoes it.
  var normalizer: Float = 1
  var denormalizer: Float = 1
  /// The largest magnitude of the normalized values.
  private var magnitude: Float = 0
  /// Σwx² of the block.
  var weightedSquares: Double = 0
  /// Scales and offsets of the groups for themselves.
  var fits = InlineArray<16, GroupFit>(repeating: GroupFit())
  var best = Choice()

  /// Scales and integers, the block's numbers also in the unit of the normalized values.
  struct Choice {
    var scales = SuperBlockScales()
    var scale: Float = 0
    var minimum: Float = 0
    var error = Double.infinity

    func fit(_ group: Int) -> GroupFit {
      GroupFit(
        scale: scale * Float(scales.groupScales[group]),
        offset: -(minimum * Float(scales.groupMinima[group])))
    }
  }

  init(_ grid: SuperBlockGrid) {
    self.grid = grid
    loops = BlockLoops(grid.codes)
    values = [Float](repeating: 0, count: grid.elementsPerBlock)
    weights = values
  }

  /// The scales of a block, and its codes as `BlockLoops.codes` gives them; nil when the largest
  /// scale is beyond f16. The values are finite.
  mutating func search(_ block: Span<Float>, codes: inout MutableSpan<UInt8>) -> SuperBlockScales? {
    best = Choice()
    if normalize(block) {
      for group in 0..<grid.groupCount { fits[group] = fit(range(ofGroup: group)) }
      guard measureBlockScales() else { return nil }
      for _ in 0..<grid.refinements { refine() }
      if best.error < weightedSquares * 0x1p-14 { polish() }
    }
    writeCodes(&codes)
    if largestError(codes.span) > grid.errorShare * magnitude + Self.smallError * normalizer {
      guard cover() else { return nil }
      writeCodes(&codes)
    }
    return best.scales
  }

  private func writeCodes(_ codes: inout MutableSpan<UInt8>) {
    for group in 0..<grid.groupCount {
      let range = range(ofGroup: group)
      var output = codes._mutatingExtracting(range)
      loops.codes(values.span.extracting(range), best.fit(group), into: &output)
    }
  }

  func range(ofGroup group: Int) -> Range<Int> {
    group &* grid.elementsPerGroup..<(group &+ 1) &* grid.elementsPerGroup
  }

  /// Takes the values over and weighs them; false when all are 0.
  private mutating func normalize(_ block: Span<Float>) -> Bool {
    precondition(block.count == grid.elementsPerBlock)
    var magnitude: Float = 0
    for index in block.indices { magnitude = max(magnitude, block[index].magnitude) }
    let exponent = magnitude == 0 ? 0 : min(max(Int(magnitude.exponent), -126), 126)
    normalizer = Float(bitPattern: UInt32(127 - exponent) << 23)
    denormalizer = Float(bitPattern: UInt32(127 + exponent) << 23)
    var squares: Float = 0
    for index in block.indices {
      let value = block[index] * normalizer
      values[index] = value
      squares += value * value
    }
    let meanSquare = squares / Float(block.count)
    switch grid.weighting {
    case .linear(let share):
      let base = share * meanSquare.squareRoot()
      for index in block.indices { weights[index] = base + values[index].magnitude }
    case .square(let share):
      let base = share * meanSquare
      for index in block.indices { weights[index] = base + values[index] * values[index] }
    }
    var weightedSquares: Float = 0
    for index in block.indices { weightedSquares += weights[index] * values[index] * values[index] }
    self.weightedSquares = Double(weightedSquares)
    self.magnitude = magnitude * normalizer
    return magnitude != 0
  }

  /// Measures the numbers of the block with which the largest scale and minimum fit, and some near
  /// them; false when they are beyond f16.
  private mutating func measureBlockScales() -> Bool {
    var scale: Float = 0
    var offset: Float = 0
    for group in 0..<grid.groupCount {
      if fits[group].scale.magnitude > scale.magnitude { scale = fits[group].scale }
      offset = min(offset, fits[group].offset)
    }
    scale /= grid.extremeScale
    let minimum = -offset / grid.extremeScale
    guard stored(scale).isFinite, stored(minimum).isFinite else { return false }
    for share in grid.blockShares { measure(scale: scale * share, minimum: minimum * share) }
    return true
  }

  /// The f16 number of a normalized one; one that is too small is raised to the least, so that it
  /// can still give values.
  func stored(_ scale: Float) -> Float16 {
    let number = Float16(scale * denormalizer)
    return number == 0 && scale != 0
      ? Float16(signOf: number, magnitudeOf: .leastNonzeroMagnitude) : number
  }

  /// Chooses every group's integers for these numbers, and keeps all when that is the best.
  private mutating func measure(scale: Float, minimum: Float) {
    var choice = Choice()
    choice.scales.scale = stored(scale)
    choice.scales.minimum = stored(minimum)
    guard choice.scales.scale.isFinite, choice.scales.minimum.isFinite else { return }
    choice.scale = Float(choice.scales.scale) * normalizer
    choice.minimum = Float(choice.scales.minimum) * normalizer
    choice.error = 0
    let inverseScale = choice.scale == 0 ? 0 : 1 / choice.scale
    let inverseMinimum = choice.minimum == 0 ? 0 : 1 / choice.minimum
    for group in 0..<grid.groupCount {
      let range = range(ofGroup: group)
      let fit = fits[group]
      let candidates: GroupCandidates
      var scales: SIMD16<Float>
      var minima = SIMD16<Float>.zero
      if grid.hasMinima {
        scales = near(fit.scale * inverseScale, before: 1, after: 2) + Self.fourScales
        minima = near(-fit.offset * inverseMinimum, before: 1, after: 2) + Self.fourMinima
        candidates = GroupCandidates(
          scales: choice.scale * scales, offsets: -(choice.minimum * minima))
      } else {
        scales = near(fit.scale * inverseScale, before: 8, after: 7) + Self.sixteenScales
        candidates = GroupCandidates(scales: choice.scale * scales)
      }
      let found = loops.best(
        values.span.extracting(range), weights.span.extracting(range), candidates)
      choice.scales.groupScales[group] = Int32(scales[Int(found.index)])
      choice.scales.groupMinima[group] = Int32(minima[Int(found.index)])
      choice.error += Double(found.error)
      if choice.error >= best.error { return }
    }
    best = choice
  }

  /// The integer below a quotient, or nearest to that and so many steps from the ends.
  private func near(_ quotient: Float, before: Float, after: Float) -> Float {
    let bounded = min(
      max(quotient, grid.scales.lowerBound + before), grid.scales.upperBound - after)
    let whole = Float(Int32(bounded))
    return whole > bounded ? whole - 1 : whole
  }

  private static let sixteenScales = SIMD16<Float>(
    0, -8, -7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7)
  private static let fourScales = SIMD16<Float>(
    -1, 0, 1, 2, -1, 0, 1, 2, -1, 0, 1, 2, -1, 0, 1, 2)
  private static let fourMinima = SIMD16<Float>(
    -1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2)

  /// Measures the least-squares numbers of the block for the best codes: of Σw(x − d·a + e·m)² with
  /// a = s·t.
  private mutating func refine() {
    var squares: Double = 0
    var crossed: Double = 0
    var minima: Double = 0
    var product: Double = 0
    var minimumProduct: Double = 0
    for group in 0..<grid.groupCount {
      let range = range(ofGroup: group)
      let sums = loops.sums(
        values.span.extracting(range), weights.span.extracting(range), best.fit(group))
      let scale = Double(best.scales.groupScales[group])
      let minimum = Double(best.scales.groupMinima[group])
      squares += scale * scale * Double(sums.square)
      product += scale * Double(sums.product)
      crossed += scale * minimum * Double(sums.level)
      minima += minimum * minimum * Double(sums.weight)
      minimumProduct += minimum * Double(sums.value)
    }
    let determinant = squares * minima - crossed * crossed
    if minima > 0 && determinant > 0 {
      let scale = (product * minima - minimumProduct * crossed) / determinant
      let minimum = (product * crossed - minimumProduct * squares) / determinant
      if scale > 0 && minimum > 0 { measure(scale: Float(scale), minimum: Float(minimum)) }
    } else if minima == 0 && squares > 0 {
      measure(scale: Float(product / squares), minimum: 0)
    }
  }

  /// Measures the f16 numbers next to the best ones: values on a grid leave no error but that of
  /// their rounding.
  private mutating func polish() {
    let scale = best.scale
    let minimum = best.minimum
    for minimumStep in minimum == 0 ? 0...0 : -2...2 {
      for step in -2...2 where step != 0 || minimumStep != 0 {
        measure(
          scale: scale * (1 + Float(step) * 0x1p-11),
          minimum: minimum * (1 + Float(minimumStep) * 0x1p-11))
      }
    }
  }
}
