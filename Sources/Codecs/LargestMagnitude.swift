internal import CKernels
internal import Scalars

extension Span<Float> {
  /// The largest magnitude of the values; 0 when there are none. A NaN or an infinity when there is
  /// one, a NaN before an infinity.
  var largestMagnitude: Float {
    // Pointer and count of one span.
    unsafe withUnsafeBufferPointer {
      unsafe Float(
        bitPattern: mmdit_max_magnitude(KernelLevel.best.rawValue, $0.baseAddress, $0.count))
    }
  }
}

extension CodecFailure {
  /// Throws for the first value that is NaN or infinite; rows count from `firstRow`.
  static func requireFinite(
    _ values: Span<Float>, columns: Int, firstRow: Int
  ) throws(CodecFailure) {
    if values.largestMagnitude.isFinite { return }
    for index in values.indices where !values[index].isFinite {
      throw .notFinite(
        row: firstRow + index / columns, column: index % columns, value: "\(values[index])")
    }
  }
}
