internal import CKernels
internal import Scalars

/// Sixteen scales and offsets of a group, measured at once: a value x becomes the level t nearest to
/// (x − offset) / scale, and is decoded as offset + scale · t.
struct GroupCandidates {
  fileprivate var lanes: InlineArray<2, SIMD16<Float>>

  init(scales: SIMD16<Float>, offsets: SIMD16<Float> = .zero) { lanes = [scales, offsets] }

  subscript(lane: Int32) -> GroupFit {
    GroupFit(scale: lanes[0][Int(lane)], offset: lanes[1][Int(lane)])
  }
}

/// A scale and an offset.
struct GroupFit {
  var scale: Float = 0
  var offset: Float = 0
}

/// The loops of `CKernels` over the values of one group of a block; the only place of this folder
/// where a span becomes a pointer.
struct BlockLoops {
  let grid: mmdit_grid
  private let level = KernelLevel.best.rawValue

  init(_ grid: mmdit_grid) { self.grid = grid }

  /// The candidate with the least weighted sum of squared errors, and that sum.
  func best(
    _ values: Span<Float>, _ weights: Span<Float>, _ candidates: GroupCandidates
  ) -> mmdit_best {
    precondition(values.count == weights.count)
    // Pointer and count of one span each, and an array of 32 floats, as in the functions below.
    return unsafe values.withUnsafeBufferPointer { values in
      unsafe weights.withUnsafeBufferPointer { weights in
        unsafe candidates.lanes.span.withUnsafeBytes { candidates in
          unsafe mmdit_grid_best(
            level, values.baseAddress, weights.baseAddress, values.count, grid,
            candidates.baseAddress?.assumingMemoryBound(to: Float.self))
        }
      }
    }
  }

  /// The least-squares scales and offsets for the levels of the candidates; some may be not finite.
  func fit(
    _ values: Span<Float>, _ weights: Span<Float>, hasOffset: Bool, _ candidates: GroupCandidates
  ) -> GroupCandidates {
    precondition(values.count == weights.count)
    var fitted = GroupCandidates(scales: .zero)
    var fittedSpan = fitted.lanes.mutableSpan
    unsafe values.withUnsafeBufferPointer { values in
      unsafe weights.withUnsafeBufferPointer { weights in
        unsafe candidates.lanes.span.withUnsafeBytes { candidates in
          unsafe fittedSpan.withUnsafeMutableBytes { fitted in
            unsafe mmdit_grid_fit(
              level, values.baseAddress, weights.baseAddress, values.count, grid,
              hasOffset ? 1 : 0, candidates.baseAddress?.assumingMemoryBound(to: Float.self),
              fitted.baseAddress?.assumingMemoryBound(to: Float.self))
          }
        }
      }
    }
    return fitted
  }

  /// The sums from which a block's own numbers follow.
  func sums(_ values: Span<Float>, _ weights: Span<Float>, _ fit: GroupFit) -> mmdit_grid_sums {
    precondition(values.count == weights.count && values.count.isMultiple(of: 16))
    return unsafe values.withUnsafeBufferPointer { values in
      unsafe weights.withUnsafeBufferPointer { weights in
        unsafe mmdit_sum_grid(
          level, values.baseAddress, weights.baseAddress, values.count, grid, fit.scale, fit.offset)
      }
    }
  }

  /// The codes of values: the level less the lowest, or the index in the table.
  func codes(_ values: Span<Float>, _ fit: GroupFit, into codes: inout MutableSpan<UInt8>) {
    precondition(values.count == codes.count)
    unsafe values.withUnsafeBufferPointer { values in
      unsafe codes.withUnsafeMutableBufferPointer { codes in
        unsafe mmdit_grid_codes(
          level, values.baseAddress, values.count, grid, fit.scale, fit.offset, codes.baseAddress)
      }
    }
  }
}
