// Sums run in Double: a sequential Float sum over D terms would lose more than the pairwise sums
// of the frameworks whose results these networks are compared with.

/// RMS norm of one vector `[K]`, in place: x / √(mean(x²) + epsilon) · scale.
package func normalizeRootMeanSquare(
  _ x: inout MutableSpan<Float>, at offset: Int, scale: [Float], epsilon: Float
) {
  var squares = 0.0
  for index in 0..<scale.count {
    let value = Double(x[offset + index])
    squares += value * value
  }
  let inverse = Float(1 / (squares / Double(scale.count) + Double(epsilon)).squareRoot())
  for index in 0..<scale.count {
    x[offset + index] = x[offset + index] * inverse * scale[index]
  }
}
