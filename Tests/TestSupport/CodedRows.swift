public import Tensors

extension WeightSource {
  /// The values that the codes of some rows stand for, nil for a weight without coding.
  public func codedValues(of name: String, rows: Range<Int>) throws -> [Float]? {
    guard let coding = coding(of: name), let weight = weight(named: name) else { return nil }
    let columns = weight.shape.columns
    var codes = [UInt8](repeating: 0, count: rows.count * coding.byteCount(columns: columns))
    let groups = coding.scaleCount(columns: columns)
    var scales = [Float](repeating: .nan, count: rows.count * groups)
    var codeSpan = codes.mutableSpan
    var bytes = unsafe codeSpan.mutableBytes
    var scaleSpan = scales.mutableSpan
    try readCodes(name, rows: rows, into: &bytes, scales: &scaleSpan)
    let rowBytes = coding.byteCount(columns: columns)
    return (0..<rows.count * columns).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      switch coding {
      case .bfloat16:
        let (low, high) = (UInt32(codes[2 * index]), UInt32(codes[2 * index + 1]))
        return Float(bitPattern: low << 16 | high << 24)
      case .int8: return Float(Int8(bitPattern: codes[index])) * scales[row]
      case .int4(let group):
        let byte = codes[row * rowBytes + column / 2]
        let nibble = column.isMultiple(of: 2) ? byte & 15 : byte >> 4
        return (Float(nibble) - 8) * scales[row * groups + column / group]
      }
    }
  }
}
