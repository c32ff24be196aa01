import Codecs
import Tensors

/// Encodes a matrix in chunks of so many units, nil for all at once; gives every array whole.
func encode(
  _ values: [Float], _ shape: Shape, _ codec: some MatrixCodec, unitsPerChunk: Int? = nil
) throws(CodecFailure) -> [[UInt8]] {
  let columns = shape.columns
  let unit = codec.unitRows(columns: columns)
  let chunk = unitsPerChunk.map { $0 * unit } ?? shape.rows
  var ranges: [Range<Int>] = []
  for first in stride(from: 0, to: shape.rows, by: chunk) {
    ranges.append(first..<min(shape.rows, first + chunk))
  }
  var survey = MatrixSurvey()
  for rows in ranges {
    survey.merge(
      MatrixSurvey(
        values.span.extracting(rows.lowerBound * columns..<rows.upperBound * columns),
        codec.survey))
  }
  let arrays = codec.arrays(of: shape)
  var bytes = arrays.map { [UInt8](repeating: 0xa5, count: $0.byteCount) }
  for rows in ranges {
    let encoded = try codec.encode(
      values.span.extracting(rows.lowerBound * columns..<rows.upperBound * columns), rows: rows,
      of: shape, after: survey)
    place(encoded, rows, arrays, unit, in: &bytes)
  }
  let whole = codec.wholeArrays(of: shape, after: survey)
  for (index, array) in zip(arrays.indices.filter { arrays[$0].extent == .whole }, whole) {
    precondition(array.count == arrays[index].byteCount, "\(arrays[index].ending)")
    bytes[index] = array
  }
  return bytes
}

/// Puts the bytes of rows where they belong.
func place(
  _ encoded: [[UInt8]], _ rows: Range<Int>, _ arrays: [CodeArray], _ unit: Int,
  in bytes: inout [[UInt8]]
) {
  let indices = arrays.indices.filter { arrays[$0].extent != .whole }
  precondition(encoded.count == indices.count, "an array for each that belongs to rows")
  for (index, part) in zip(indices, encoded) {
    let range = arrays[index].byteRange(ofRows: rows, unitRows: unit)
    precondition(part.count == range.count, "\(arrays[index].ending) of rows \(rows)")
    bytes[index].replaceSubrange(range, with: part)
  }
}

/// Decodes some rows of a matrix, or all, from its whole arrays.
func decode(
  _ bytes: [[UInt8]], _ shape: Shape, _ codec: some MatrixCodec, rows: Range<Int>? = nil
) throws(CodecFailure) -> [Float] {
  let rows = rows ?? 0..<shape.rows
  let unit = codec.unitRows(columns: shape.columns)
  let parts = zip(codec.arrays(of: shape), bytes).map { array, bytes in
    array.extent == .whole ? bytes : Array(bytes[array.byteRange(ofRows: rows, unitRows: unit)])
  }
  var values = [Float](repeating: .nan, count: rows.count * shape.columns)
  var span = values.mutableSpan
  try codec.decode(parts, rows: rows, of: shape, into: &span)
  return values
}

/// The bits of values, which tell 0 from −0 and NaN from NaN.
func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }
