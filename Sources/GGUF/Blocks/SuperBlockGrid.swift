internal import CKernels

/// What a type that is searched for can say of a value: d·s·t for the codes t and the group's integer s;
/// with minima d·s·t − e·m. d and e are f16 numbers of the block. IQ4_NL is the case of one group whose
/// integer is 1.
struct SuperBlockGrid {
  /// The numbers of the type, and how far the search goes; `superblocks.h`.
  let numbers: mmdit_super_grid

  /// The grid of a type; nil for those whose scale follows from the extremes.
  init?(_ type: BlockType) {
    switch type {
    case .q2K: numbers = mmdit_q2_k
    case .q3K: numbers = mmdit_q3_k
    case .q4K: numbers = mmdit_q4_k
    case .q5K: numbers = mmdit_q5_k
    case .q6K: numbers = mmdit_q6_k
    case .iq4NL: numbers = mmdit_iq4_nl
    case .iq4XS: numbers = mmdit_iq4_xs
    default: return nil
    }
  }

  var codes: mmdit_grid { numbers.codes }
  var elementsPerGroup: Int { Int(numbers.group_size) }
  var groupCount: Int { Int(numbers.groups_per_block) }
  var hasMinima: Bool { numbers.has_minima != 0 }
  /// The largest of the integers s, and of m.
  var highestInteger: Float { numbers.highest_integer }

  /// Half the largest distance between two levels.
  private var halfGap: Float { codes.is_table != 0 ? 11.5 : 0.5 }

  /// By how much a value can be off, as a share of the block's largest magnitude M.
  ///
  /// Scales that cover every value are at most (M/h)·(1 + 1/u), with h the largest level and u the
  /// largest integer, to which the block's number rounds up: s·d < cover + d and d ≤ M/(h·u). With
  /// minima values reach from −e·m to M, e·m < M + e and e ≤ M/u, in place of M. Where the integer is
  /// always 1, nothing is rounded up. Of that, half a gap between levels. The search may do worse by a
  /// factor of 2 before it is overruled; a hundredth more holds the roundings to f16 and float.
  var errorShare: Float {
    let integers = highestInteger == 1 ? 0 : 1 / highestInteger
    let reach = hasMinima ? 2 + integers : 1
    return 2 * halfGap * reach / codes.high * (1 + integers) * 1.01
  }

  /// What f16 numbers below their normal range can add to an error: the block's numbers round up by
  /// at most 2⁻²⁴, a scale so by as much, of which half a gap is at most 11.5; and a minimum.
  static let smallError: Float = 0x1p-20
}

/// The 16 levels of ggml's nonlinear 4-bit types, which lie closer around zero, where weights are.
enum NonlinearTable {
  static let levels: InlineArray<16, Float> = [
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
  ]
}
