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

  func decode(_ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>) throws {
    try source.decode(name, rows: rows, into: &output)
    guard let columns = weight(named: name)?.shape.columns else { return }
    for row in 0..<rows.count {
      let range = row * columns..<(row + 1) * columns
      let coded = CodedRow(range.map { output[$0] }, rowCoding)
      for (index, value) in zip(range, coded.values) { output[index] = value }
    }
  }

  func readCodes(
    _ name: String, rows: Range<Int>, into codes: inout MutableRawSpan,
    scales: inout MutableSpan<Float>
  ) throws {
    for (index, row) in rows.enumerated() {
      let coded = CodedRow(try source.values(of: name, rows: row..<row + 1), rowCoding)
      for (offset, byte) in coded.bytes.enumerated() {
        codes.storeBytes(of: byte, toByteOffset: index * coded.bytes.count + offset, as: UInt8.self)
      }
      for (group, scale) in coded.scales.enumerated() {
        scales[index * coded.scales.count + group] = scale
      }
    }
  }
}

/// A row in a coding; the scales are those of largest magnitudes.
private struct CodedRow {
  let bytes: [UInt8]
  let scales: [Float]
  /// What the codes stand for.
  let values: [Float]

  init(_ row: [Float], _ coding: RowCoding) {
    switch coding {
    case .bfloat16:
      values = row.map { Float(bitPattern: $0.bitPattern & 0xffff_0000) }
      bytes = values.flatMap { [UInt8($0.bitPattern >> 16 & 0xff), UInt8($0.bitPattern >> 24)] }
      scales = []
    case .int8:
      let groups = Groups(row, size: row.count, largestLevel: 127)
      (values, scales) = (groups.values, groups.scales)
      bytes = groups.levels.map { UInt8(bitPattern: Int8($0)) }
    case .int4(let size):
      let groups = Groups(row, size: size, largestLevel: 7)
      (values, scales) = (groups.values, groups.scales)
      bytes = stride(from: 0, to: row.count, by: 2).map { column in
        let next = column + 1 < row.count ? UInt8(groups.levels[column + 1] + 8) : 0
        return UInt8(groups.levels[column] + 8) | next << 4
      }
    }
  }

  /// Integers times the scale of their group of columns.
  private struct Groups {
    var levels: [Int] = []
    var scales: [Float] = []
    var values: [Float] = []

    init(_ row: [Float], size: Int, largestLevel: Float) {
      for first in stride(from: 0, to: row.count, by: size) {
        let group = row[first..<min(first + size, row.count)]
        let scale = (group.map(\.magnitude).max() ?? 0) / largestLevel
        let rounded = group.map { scale == 0 ? 0 : ($0 / scale).rounded() }
        levels += rounded.map { Int($0) }
        values += rounded.map { $0 * scale }
        scales.append(scale)
      }
    }
  }
}
