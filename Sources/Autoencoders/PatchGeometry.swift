/// Where the patches of a convolution lie in its input: each gives 2 × 2 pixels of the output, or one
/// where the output has half the size.
struct PatchGeometry: Sendable {
  /// The size of the output.
  let height: Int
  let width: Int
  /// The pixels of a patch along each axis.
  let size: Int
  /// The pixels from one patch to the next.
  let step: Int
  /// The zeros above and to the left of the first.
  let before: Int
  /// The pixels of the output that a patch gives, along each axis.
  let outputs: Int
  /// The rows of patches, and how many are in a row.
  let rows: Int
  let across: Int

  /// The patches over an input of that size; halving wants at least 2 pixels of each axis.
  init(height: Int, width: Int, sampling: Convolution.Sampling) {
    switch sampling {
    case .same:
      (size, step, before, outputs) = (4, 2, 1, 2)
      (self.height, self.width) = (height, width)
    case .doubling:
      (size, step, before, outputs) = (3, 1, 1, 2)
      (self.height, self.width) = (2 * height, 2 * width)
    case .halving:
      precondition(height >= 2 && width >= 2, "half of a pixel is none")
      (size, step, before, outputs) = (3, 2, 0, 1)
      (self.height, self.width) = (height / 2, width / 2)
    }
    rows = (self.height + outputs - 1) / outputs
    across = (self.width + outputs - 1) / outputs
  }

  /// The patches that share one pass over the kernel: as many as keep it from being what is waited
  /// for.
  private static let blockPatches = 128

  /// The rows of patches that are multiplied at a time: several of a narrow picture, but not all of
  /// them, for there are more threads than one. It does not depend on their number.
  var blockRows: Int { max(1, min(Self.blockPatches / across, rows / 4)) }

  /// The most patches of a row that are multiplied at a time.
  var blockColumns: Int { min(Self.blockPatches, across) }

  /// The rows of patches that a thread takes at a time, whole blocks: the input's rows between two
  /// such bands are prepared twice.
  var bandRows: Int {
    let rows = max(1, min(16, rows / 16))
    return (rows + blockRows - 1) / blockRows * blockRows
  }

  /// The pixels of a prepared row: all that patches touch.
  var preparedWidth: Int { (across - 1) * step + size }

  /// The rows of the input that those rows of patches touch, some of them beyond its borders.
  func sourceRows(of rows: Range<Int>) -> Range<Int> {
    rows.lowerBound * step - before..<(rows.upperBound - 1) * step - before + size
  }

  /// The rows of the output that those rows of patches give.
  func outputRows(of rows: Range<Int>) -> Range<Int> {
    rows.lowerBound * outputs..<min(height, rows.upperBound * outputs)
  }
}
