internal import Codecs
internal import Safetensors
internal import Storage
internal import Tensors

extension DecodedCheckpoint {
  /// The values of rows of 8-bit codes.
  func decode(
    _ codes: CodedTensor, rows: Range<Int>, into output: inout MutableSpan<Float>
  ) throws {
    let (file, tensor) = tensor(codes.codesName)
    try file.decode(tensor, as: codes.codeType, rows: rows, into: &output)
    if codes.scaleLayout != .none {
      try multiply(&output, by: codes, rows: rows)
    }
    if let term = codes.lowRank { try add(term, rows: rows, to: &output) }
  }

  private func multiply(
    _ output: inout MutableSpan<Float>, by codes: CodedTensor, rows: Range<Int>
  ) throws {
    try checkZeroPoints(of: codes, rows: rows)
    let scales = try scales(of: codes, rows: rows)
    var normalization: Float = 1
    if let size = codes.rotationSize {
      turnColumns(&output, size: size)
      normalization = 1 / Float(size).squareRoot()
    }
    let columns = codes.shape.columns
    // What shares a scale is consecutive.
    let runLength = codes.scalesPerRow == 0 ? output.count : columns / codes.scalesPerRow
    for (run, scale) in scales.enumerated() {
      for index in run * runLength..<(run + 1) * runLength {
        // A power of two times an integer is exact, so the product with the scale rounds once.
        let code = output[index] * normalization
        if scale == 0, code != 0 {
          let row = rows.lowerBound + index / columns
          throw bad(codes, "a scale above 0 for row \(row), which has codes", "0")
        }
        output[index] = code * scale
      }
    }
  }

  /// The scales of some rows, row after row: one for all of them, or as many as each has.
  func scales(of codes: CodedTensor, rows: Range<Int>) throws -> [Float] {
    guard let name = codes.scaleName else { return [1] }
    let (file, tensor) = tensor(name)
    let perRow = codes.scalesPerRow
    let range = perRow == 0 ? 0..<1 : rows.lowerBound * perRow..<rows.upperBound * perRow
    let width = tensor.elementType.bitWidth / 8
    var bytes = [UInt8](repeating: 0, count: range.count * width)
    var byteSpan = bytes.mutableSpan
    var rawBytes = byteSpan.mutableRawBytes
    try file.read(tensor, at: range.lowerBound * width, into: &rawBytes)
    var scales = [Float](repeating: 0, count: range.count)
    var output = scales.mutableSpan
    decodeElements(rawBytes.bytes, of: tensor.elementType, into: &output)
    for index in scales.indices {
      guard scales[index].isFinite, scales[index] >= 0 else {
        throw bad(
          codes, "a finite scale of at least 0 in element \(range.lowerBound + index)",
          "\(scales[index])")
      }
      scales[index] /= codes.scaleDivisor
    }
    return scales
  }

  /// Codes of zero stand where programs could have others, and write 0.
  private func checkZeroPoints(of codes: CodedTensor, rows: Range<Int>) throws {
    guard let name = codes.zeroPointName else { return }
    let (file, tensor) = tensor(name)
    let perRow = codes.scalesPerRow
    let range = perRow == 0 ? 0..<1 : rows.lowerBound * perRow..<rows.upperBound * perRow
    var bytes = [UInt8](repeating: 0, count: range.count)
    var span = bytes.mutableSpan
    var output = span.mutableRawBytes
    try file.read(tensor, at: range.lowerBound, into: &output)
    guard let index = bytes.firstIndex(where: { $0 != 0 }) else { return }
    throw CheckpointFailure.badCompanion(
      file: file.path, tensor: name, weight: codes.name,
      expected: "0 in element \(range.lowerBound + index), as symmetric codes have",
      found: "\(Int8(bitPattern: bytes[index]))")
  }

  private func bad(
    _ codes: CodedTensor, _ expected: String, _ found: String
  ) -> CheckpointFailure {
    .badCompanion(
      file: tensor(codes.codesName).file.path, tensor: codes.scaleName ?? codes.name,
      weight: codes.name, expected: expected, found: found)
  }
}
