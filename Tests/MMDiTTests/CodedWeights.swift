import Tensors

/// Weights rounded to a coding, and read as codes or, where `isHidden`, only as values.
struct CodedWeights: WeightSource {
  let source: any WeightSource
  let rowCoding: RowCoding
  let isHidden: Bool

  var origin: String { source.origin }
  var weights: [WeightDescription] { source.weights }

  func weight(named name: String) -> WeightDescription? { source.weight(named: name) }

  func coding(of name: String) -> RowCoding? {
    isHidden || weight(named: name)?.shape.extents.count != 2 ? nil : rowCoding
  }

  /// The scale of a row, by its largest magnitude.
  private func scale(_ row: some Collection<Float>) -> Float {
    let largest = row.map(\.magnitude).max() ?? 0
    return largest == 0 ? 0 : largest / 127
  }

  func decode(_ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>) throws {
    try source.decode(name, rows: rows, into: &output)
    guard let columns = weight(named: name)?.shape.columns else { return }
    for row in 0..<rows.count {
      let range = row * columns..<(row + 1) * columns
      let scale = scale(range.map { output[$0] })
      for index in range {
        switch rowCoding {
        case .bfloat16: output[index] = Float(bitPattern: output[index].bitPattern & 0xffff_0000)
        case .int8: output[index] = scale == 0 ? 0 : (output[index] / scale).rounded() * scale
        }
      }
    }
  }

  func readCodes(
    _ name: String, rows: Range<Int>, into codes: inout MutableRawSpan,
    scales: inout MutableSpan<Float>
  ) throws {
    let columns = weight(named: name)?.shape.columns ?? 0
    var exact = [Float](repeating: 0, count: rows.count * columns)
    var span = exact.mutableSpan
    try source.decode(name, rows: rows, into: &span)
    for row in 0..<rows.count {
      let range = row * columns..<(row + 1) * columns
      let scale = scale(exact[range])
      if rowCoding == .int8 { scales[row] = scale }
      for index in range {
        switch rowCoding {
        case .bfloat16:
          let half = UInt16(truncatingIfNeeded: exact[index].bitPattern >> 16)
          codes.storeBytes(of: half, toByteOffset: 2 * index, as: UInt16.self)
        case .int8:
          let code = scale == 0 ? 0 : Int8((exact[index] / scale).rounded())
          codes.storeBytes(of: code, toByteOffset: index, as: Int8.self)
        }
      }
    }
  }
}
