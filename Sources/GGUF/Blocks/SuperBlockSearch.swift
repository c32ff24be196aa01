internal import CKernels
internal import Scalars

/// The search for the scales of blocks with the least weighted sum of squared errors; what it does is
/// said in `superblocks.h`.
///
/// The least sum may give up a value far out. A block in which one is off by more than
/// `SuperBlockGrid.errorShare` gets scales that cover every value instead.
struct SuperBlockSearch: ~Copyable {
  let grid: SuperBlockGrid
  private let level = KernelLevel.best.rawValue
  private var found: [mmdit_super_block]
  private var scales: [Int8]
  private var minima: [Int8]
  private var codes: [UInt8]

  /// How many blocks are searched at once, at most.
  static let batch = 32

  init(_ grid: SuperBlockGrid) {
    self.grid = grid
    let groups = Self.batch * grid.groupCount
    found = [mmdit_super_block](repeating: .init(), count: Self.batch)
    scales = [Int8](repeating: 0, count: groups)
    minima = scales
    codes = [UInt8](repeating: 0, count: groups * grid.elementsPerGroup)
  }

  private var elementsPerBlock: Int { grid.groupCount * grid.elementsPerGroup }

  /// Searches for up to `batch` blocks; gives the first whose scale is beyond f16, if there is one. The
  /// values are finite.
  mutating func search(_ blocks: Span<Float>) -> Int? {
    let count = blocks.count / elementsPerBlock
    precondition(count <= Self.batch && count * elementsPerBlock == blocks.count)
    // The arrays have room for a batch; `init`.
    unsafe withUnsafePointer(to: grid.numbers) { grid in
      unsafe blocks.withUnsafeBufferPointer { blocks in
        unsafe mmdit_search_blocks(
          level, blocks.baseAddress, count, grid, &found, &scales, &minima, &codes)
      }
    }
    return (0..<count).first { block in
      !cover(
        block, of: blocks.extracting(block * elementsPerBlock..<(block + 1) * elementsPerBlock))
    }
  }

  /// The codes of a block that was searched for: the level less the lowest, or the index in the table.
  func codes(_ block: Int, _ body: (Span<UInt8>) -> Void) {
    body(codes.span.extracting(block * elementsPerBlock..<(block + 1) * elementsPerBlock))
  }

  /// The scales of a block that was searched for.
  func scales(_ block: Int) -> SuperBlockScales {
    var result = SuperBlockScales()
    result.scale = Float16(bitPattern: found[block].scale)
    result.minimum = Float16(bitPattern: found[block].minimum)
    for group in 0..<grid.groupCount {
      result.groupScales[group] = scales[block * grid.groupCount + group]
      result.groupMinima[group] = minima[block * grid.groupCount + group]
    }
    return result
  }

  /// Covers every value where that is wanted; false when the scale is beyond f16.
  private mutating func cover(_ block: Int, of values: Span<Float>) -> Bool {
    let (magnitude, normalizer) = (found[block].magnitude, found[block].normalizer)
    guard found[block].is_found != 0 else { return false }
    let limit = grid.errorShare * magnitude + SuperBlockGrid.smallError * normalizer
    guard found[block].largest_error > limit else { return true }
    guard let covering = CoveringScales(values, grid, normalizer: normalizer) else { return false }
    found[block].scale = covering.scales.scale.bitPattern
    found[block].minimum = covering.scales.minimum.bitPattern
    for group in 0..<grid.groupCount {
      let index = block * grid.groupCount + group
      scales[index] = covering.scales.groupScales[group]
      minima[index] = covering.scales.groupMinima[group]
      let width = grid.elementsPerGroup
      writeCodes(
        values.extracting(group * width..<(group + 1) * width), at: index * width,
        normalizer: normalizer, scale: covering.scale(group), offset: covering.offset(group))
    }
    return true
  }

  private mutating func writeCodes(
    _ values: Span<Float>, at first: Int, normalizer: Float, scale: Float, offset: Float
  ) {
    let (level, levels) = (level, grid.codes)
    var span = codes.mutableSpan
    var output = span._mutatingExtracting(first..<first + values.count)
    unsafe values.withUnsafeBufferPointer { values in
      unsafe output.withUnsafeMutableBufferPointer { output in
        // Both have the length of a group, which is a multiple of 16.
        _ = unsafe mmdit_grid_codes(
          level, values.baseAddress, values.count, levels, normalizer, scale, offset,
          output.baseAddress)
      }
    }
  }
}
