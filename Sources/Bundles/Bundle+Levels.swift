public import Quantization
internal import Storage
internal import Tensors

extension Bundle {
  /// The levels and scales of rows of a tensor of a symmetric scheme; traps for any other.
  public func levels(of name: String, rows: Range<Int>) throws -> LevelRows {
    guard let tensor = tensor(named: name), case .quantized(let scheme) = tensor.encoding else {
      preconditionFailure("\(path) has no codes of \(name)")
    }
    let (codes, scales) = (
      try readRows(rows, of: tensor.segments[0], in: tensor),
      try readRows(rows, of: tensor.segments[1], in: tensor)
    )
    return unpackLevels(
      codes: codes.rawBytes, scales: scales.rawBytes, rows: rows.count,
      columns: tensor.shape.columns, scheme: scheme)
  }
}
