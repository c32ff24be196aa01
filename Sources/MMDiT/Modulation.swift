internal import Operations

/// The shift, scale and gate that a part of a block applies, for every input of the batch.
///
/// One row of `values` per input; each of the three takes D consecutive columns.
struct Modulation: Sendable {
  let values: Matrix
  let shiftColumn: Int
  let scaleColumn: Int
  let gateColumn: Int

  /// Part `index` of a modulation `[B, parts · 3D]` whose columns are
  /// (shift, scale, gate) for each part.
  init(_ values: Matrix, part index: Int, width: Int) {
    self.values = values
    shiftColumn = 3 * index * width
    scaleColumn = (3 * index + 1) * width
    gateColumn = (3 * index + 2) * width
  }

  /// The final norm's modulation `[B, 2D]`: (scale, shift), without a gate.
  init(finalNorm values: Matrix, width: Int) {
    self.values = values
    scaleColumn = 0
    shiftColumn = width
    gateColumn = 2 * width
  }

  /// Where the shift of an input lies in the values, D of them.
  func shift(of input: Int, _ width: Int) -> Range<Int> {
    let first = input * values.columns + shiftColumn
    return first..<first + width
  }
  /// Where the scale of an input lies in the values, D of them.
  func scale(of input: Int, _ width: Int) -> Range<Int> {
    let first = input * values.columns + scaleColumn
    return first..<first + width
  }
  /// Where the gate of an input lies in the values, D of them.
  func gate(of input: Int, _ width: Int) -> Range<Int> {
    let first = input * values.columns + gateColumn
    return first..<first + width
  }
}

/// What the modulation layers make of the conditioning, for every input of the batch.
struct Modulations: Sendable {
  /// Of the image stream in double blocks, `[B, 6D]`.
  let image: Matrix
  /// Of the text stream in double blocks, `[B, 6D]`.
  let text: Matrix
  /// Of single blocks, `[B, 3D]`.
  let single: Matrix
  /// Of the final norm, `[B, 2D]`.
  let final: Matrix
}
