public import Tensors

extension WeightSource {
  /// The values that the codes of some rows stand for, nil for a weight without coding.
  public func codedValues(of name: String, rows: Range<Int>) throws -> [Float]? {
    guard let coding = coding(of: name), let weight = weight(named: name) else { return nil }
    let columns = weight.shape.columns
    var codes = [UInt8](repeating: 0, count: rows.count * columns * coding.byteCount)
    var scales = [Float](repeating: 0, count: coding == .int8 ? rows.count : 0)
    var codeSpan = codes.mutableSpan
    var bytes = unsafe codeSpan.mutableBytes
    var scaleSpan = scales.mutableSpan
    try readCodes(name, rows: rows, into: &bytes, scales: &scaleSpan)
    return (0..<rows.count * columns).map { index in
      switch coding {
      case .bfloat16:
        Float(bitPattern: UInt32(codes[2 * index]) << 16 | UInt32(codes[2 * index + 1]) << 24)
      case .int8: Float(Int8(bitPattern: codes[index])) * scales[index / columns]
      }
    }
  }
}
