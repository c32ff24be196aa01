internal import Codecs
internal import Safetensors
internal import Storage
internal import Tensors

extension DecodedCheckpoint {
  /// The values of rows that a codec reads: those of the units around the rows, of which the wanted
  /// ones are copied.
  ///
  /// Arrays of the whole matrix are read for every call; they are small, and the system keeps them.
  func decode(
    _ matrix: CodedMatrix, rows: Range<Int>, into output: inout MutableSpan<Float>
  ) throws {
    let shape = matrix.shape
    let columns = shape.columns
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= shape.rows, "rows \(rows) of \(matrix.name)")
    precondition(output.count == rows.count * columns, "\(rows.count * columns) values")
    guard !rows.isEmpty else { return }
    let units = matrix.codec.units(around: rows, of: shape)
    let unitRows = matrix.codec.unitRows(columns: columns)
    let bytes = try matrix.arrays.map { array, source in
      try self.bytes(of: array, from: source, rows: units, unitRows: unitRows)
    }
    if units == rows {
      try decode(matrix, bytes, rows: units, into: &output)
    } else {
      var values = [Float](repeating: 0, count: units.count * columns)
      var span = values.mutableSpan
      try decode(matrix, bytes, rows: units, into: &span)
      let first = (rows.lowerBound - units.lowerBound) * columns
      for index in output.indices { output[index] = values[first + index] }
    }
    if let term = matrix.lowRank { try add(term, rows: rows, to: &output) }
  }

  private func decode(
    _ matrix: CodedMatrix, _ bytes: [[UInt8]], rows: Range<Int>,
    into output: inout MutableSpan<Float>
  ) throws(CheckpointFailure) {
    do throws(CodecFailure) {
      try matrix.codec.decode(bytes, rows: rows, of: matrix.shape, into: &output)
    } catch {
      throw failure(error, of: matrix)
    }
  }

  /// The bytes of an array that some rows have, or of all of it.
  private func bytes(
    of array: CodeArray, from source: CodedMatrix.Source, rows: Range<Int>, unitRows: Int
  ) throws -> [UInt8] {
    switch source {
    case .constant(let bytes): return bytes
    case .tensor(let name):
      let (file, tensor) = tensor(name)
      // The length of a document is its own.
      let isWhole = array.extent == .whole
      return try read(
        isWhole
          ? 0..<tensor.byteRange.count : array.byteRange(ofRows: rows, unitRows: unitRows),
        of: tensor, in: file)
    case .widened(let name, let type):
      let (file, tensor) = tensor(name)
      let wanted = array.byteRange(ofRows: rows, unitRows: unitRows)
      // Four bytes of a float32 are two here.
      let narrow = try read(wanted.lowerBound / 2..<wanted.upperBound / 2, of: tensor, in: file)
      var values = [Float](repeating: 0, count: narrow.count / 2)
      var span = values.mutableSpan
      decodeElements(narrow.rawBytes, of: type, into: &span)
      var bytes = [UInt8](repeating: 0, count: wanted.count)
      var output = bytes.mutableSpan
      encodeElements(values.span, as: .float32, into: &output)
      return bytes
    }
  }

  private func read(
    _ range: Range<Int>, of tensor: SafetensorsHeader.Tensor, in file: SafetensorsFile
  ) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var span = bytes.mutableSpan
    var output = span.mutableRawBytes
    try file.read(tensor, at: range.lowerBound, into: &output)
    return bytes
  }

  /// What a codec finds wrong, with the file and the tensor.
  private func failure(_ failure: CodecFailure, of matrix: CodedMatrix) -> CheckpointFailure {
    let (ending, expected, found) =
      switch failure {
      case .badArray(let ending, let expected, let found): (ending, expected, found)
      case .notFinite(let row, let column, let value):
        ("weight", "a finite value in row \(row), column \(column)", value)
      }
    var (name, path) = (matrix.codesName, tensor(matrix.codesName).file.path)
    for (array, source) in matrix.arrays where array.ending == ending {
      switch source {
      case .tensor(let stored), .widened(let stored, _):
        (name, path) = (stored, tensor(stored).file.path)
      case .constant: break
      }
    }
    return .badCompanion(
      file: path, tensor: name, weight: matrix.name, expected: expected, found: found)
  }
}
