internal import Quantization
internal import Storage
public import Tensors

extension Bundle {
  public func coding(of name: String) -> RowCoding? {
    guard let tensor = tensor(named: name), tensor.chunkRows == nil else { return nil }
    switch tensor.encoding {
    case .plain(.bfloat16): return .bfloat16
    case .quantized(let scheme) where scheme.symmetry == .symmetric:
      switch scheme.codeWidth {
      case .int8: return scheme.group == .row ? .int8 : nil
      case .int4: return .int4(group: scheme.group.columns ?? max(1, tensor.shape.columns))
      }
    default: return nil
    }
  }

  public func readCodes(
    _ name: String, rows: Range<Int>, into codes: inout MutableRawSpan,
    scales: inout MutableSpan<Float>
  ) throws {
    guard let tensor = tensor(named: name), let coding = coding(of: name),
      case .resident(let offset) = tensor.segments[0].placement
    else {
      preconditionFailure("\(path) has no coding of \(name)")
    }
    let stride = tensor.segments[0].rowStride
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= tensor.shape.rows
        && codes.byteCount == rows.count * stride
        && scales.count == rows.count * coding.scaleCount(columns: tensor.shape.columns),
      "rows outside the tensor or output of another size")
    try file.read(at: offset + rows.lowerBound * stride, into: &codes)
    guard case .quantized(let scheme) = tensor.encoding else { return }
    let bytes = try readRows(rows, of: tensor.segments[1], in: tensor)
    decodeElements(bytes.rawBytes, of: scheme.scaleType.elementType, into: &scales)
  }
}
