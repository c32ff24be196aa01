internal import Safetensors
internal import Tensors

extension StoredLayer {
  /// What shares a scale of 8-bit codes `[rows, columns]`: by the shape of the scales, `[]` or `[1]`
  /// for all, `[rows]` or `[rows, 1]` for each row, `[rows, groups]` or `[rows, groups, 1]`.
  func scaleLayout(
    _ ending: String, of shape: Shape
  ) throws(CheckpointFailure) -> CodedTensor.ScaleLayout {
    let scales = try required(ending)
    guard scaleTypes.contains(scales.elementType) else {
      throw bad(
        ending, scaleTypes.map(\.rawValue).sorted().joined(separator: " or "),
        scales.elementType.rawValue)
    }
    if scales.shape.count == 1 { return .tensor }
    var extents = scales.shape.extents
    if extents.count == 3, extents[2] == 1 { extents.removeLast() }
    if extents == [shape.rows] || extents == [shape.rows, 1] { return .row }
    guard extents.count == 2, extents[0] == shape.rows, extents[1] > 0,
      shape.columns.isMultiple(of: extents[1])
    else {
      throw bad(
        ending,
        "a scale of shape [], [\(shape.rows)] or [\(shape.rows), a divisor of \(shape.columns)]",
        scales.shape.description)
    }
    return .group(columnCount: shape.columns / extents[1])
  }

  /// The codes of zero beside scales, as many of them; nil when the layer has none.
  func zeroPoints(_ ending: String, scales: String) throws(CheckpointFailure) -> String? {
    guard let points = tensor(ending) else { return nil }
    let shape = try required(scales).shape
    guard points.elementType == .int8, points.shape.count == shape.count else {
      throw bad(
        ending, "I8 \(shape), all of them 0", "\(points.elementType.rawValue) \(points.shape)")
    }
    return points.name
  }
}
