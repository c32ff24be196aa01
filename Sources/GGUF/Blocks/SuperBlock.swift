internal import CKernels

/// What a type of blocks with two levels of scales can say of a value: d·s·t for the codes t and the
/// group's integer s; with minima d·s·t − e·m. d and e are f16 numbers of the block.
struct SuperBlockGrid {
  let elementsPerBlock: Int
  let elementsPerGroup: Int
  let codes: mmdit_grid
  /// The integers s; those of m are the same. Where s has a sign, so has d, and the group of the
  /// largest scale gets the lowest.
  let scales: ClosedRange<Float>
  let hasMinima: Bool
  /// How weights follow from magnitudes.
  let weighting: Weighting
  /// What a group's scale is first tried with, as shares of the one that just fits.
  let groupShares: SIMD16<Float>
  /// The same for the block's numbers.
  var blockShares: [Float] = [1, 1.0079, 1.016, 1.024]
  /// How often the block's numbers are solved for the codes found.
  var refinements = 2

  var groupCount: Int { elementsPerBlock / elementsPerGroup }

  /// The integer of the largest scale.
  var extremeScale: Float { hasMinima ? scales.upperBound : scales.lowerBound }

  static let q2K = SuperBlockGrid(
    elementsPerBlock: 256, elementsPerGroup: 16, codes: .init(low: 0, high: 3, is_table: 0),
    scales: 0...15, hasMinima: true, weighting: .linear(1),
    groupShares: .init(
      1, 1.2, 1.15, 1.11, 1.07, 1.03, 0.97, 0.94, 0.91, 0.88, 0.86, 0.83, 0.81, 0.79, 0.77, 0.75))
  static let q3K = SuperBlockGrid(
    elementsPerBlock: 256, elementsPerGroup: 16, codes: .init(low: -4, high: 3, is_table: 0),
    scales: -32...31, hasMinima: false, weighting: .square(2),
    groupShares: .init(
      1, 1.08, 0.94, 0.88, 0.82, 0.76, 0.7, 0.62, -1.33, -1.25, -1.17, -1.09, -1, -0.92, -0.84,
      -0.76))
  static let q4K = SuperBlockGrid(
    elementsPerBlock: 256, elementsPerGroup: 32, codes: .init(low: 0, high: 15, is_table: 0),
    scales: 0...63, hasMinima: true, weighting: .linear(1),
    groupShares: .init(
      1, 1.064, 1.049, 1.034, 1.02, 1.01, 0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93, 0.92, 0.91,
      0.893))
  static let q5K = SuperBlockGrid(
    elementsPerBlock: 256, elementsPerGroup: 32, codes: .init(low: 0, high: 31, is_table: 0),
    scales: 0...63, hasMinima: true, weighting: .linear(1),
    groupShares: .init(
      1, 1.03, 1.023, 1.016, 1.01, 1.005, 0.995, 0.99, 0.986, 0.981, 0.976, 0.972, 0.966, 0.96,
      0.954, 0.945))
  static let q6K = SuperBlockGrid(
    elementsPerBlock: 256, elementsPerGroup: 16, codes: .init(low: -32, high: 31, is_table: 0),
    scales: -128...127, hasMinima: false, weighting: .square(1),
    groupShares: .init(
      1, 1.01, 1.02, 1.03, 0.99, 0.98, 0.97, 0.96, 0.94, 0.92, 0.9, -1.03, -1.02, -1.01, -0.98,
      -0.96))
  static let iq4XS = SuperBlockGrid(
    elementsPerBlock: 256, elementsPerGroup: 32, codes: .init(low: -127, high: 113, is_table: 1),
    scales: -32...31, hasMinima: false, weighting: .square(2),
    groupShares: .init(
      1, 1.03, 1.07, 1.12, 0.96, 0.92, 0.88, 0.82, -1.18, -1.12, -1.08, -1.04, -1, -0.95, -0.9,
      -0.84))
}

/// The weight of a value's squared error.
enum Weighting {
  /// c·σ + |x|, σ² the mean square of the block.
  case linear(Float)
  /// c·σ² + x².
  case square(Float)
}

/// What the search finds for a block: f16 numbers, and integers of each group.
struct SuperBlockScales {
  var scale = Float16(0)
  var minimum = Float16(0)
  var groupScales = InlineArray<16, Int32>(repeating: 0)
  var groupMinima = InlineArray<16, Int32>(repeating: 0)
}
