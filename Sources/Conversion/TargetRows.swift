internal import Checkpoints
internal import Families
internal import Storage
internal import Tensors

/// The rows of one target tensor, gathered from the source: as they are, or in another type.
struct TargetRows: Sendable {
  /// The bytes of one row in the target.
  let rowByteCount: Int
  private let target: TargetTensor
  private let type: ElementType
  private let source: any StoredWeights

  init(_ target: TargetTensor, as type: ElementType, from source: any StoredWeights) {
    self.target = target
    self.type = type
    self.source = source
    guard let count = type.byteCount(of: target.shape.sliceSize) else {
      preconditionFailure("\(target.name) was planned with whole bytes a row")
    }
    rowByteCount = count
  }

  /// The bytes of some rows, and how many finite values became infinite in the target's type.
  func bytes(of rows: Range<Int>) throws -> (bytes: [UInt8], overflowCount: Int) {
    let runs = target.runs.extracting(rows)
    if target.encodings == [type.rawValue] { return (try copied(runs, rows.count), 0) }
    var values: [Float] = []
    values.reserveCapacity(rows.count * target.shape.sliceSize)
    var overflowCount = 0
    for run in runs {
      let decoded = try decode(run)
      values += decoded.values
      overflowCount += decoded.overflowCount
    }
    var bytes = [UInt8](repeating: 0, count: rows.count * rowByteCount)
    var output = bytes.mutableSpan
    encodeElements(values.span, as: type, into: &output)
    return (bytes, overflowCount + self.overflowCount(values))
  }

  /// The values of source rows, and how many finite ones became infinite by that alone.
  private func decode(_ run: RowRun) throws -> (values: [Float], overflowCount: Int) {
    guard source.plainType(of: run.source) == .float64 else {
      return (try source.values(of: run.source, slices: run.rows), 0)
    }
    let size = target.shape.sliceSize
    var bytes = [UInt8](repeating: 0, count: run.rows.count * size * 8)
    var span = bytes.mutableSpan
    var input = span.mutableRawBytes
    try source.read(run.source, at: run.rows.lowerBound * size * 8, into: &input)
    var values = [Float](repeating: 0, count: run.rows.count * size)
    var output = values.mutableSpan
    let overflowCount = decodeDoubles(input.bytes, toBecome: type, into: &output)
    return (values, overflowCount)
  }

  private func copied(_ runs: [RowRun], _ rowCount: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: rowCount * rowByteCount)
    var span = bytes.mutableSpan
    var output = span.mutableRawBytes
    var first = 0
    for run in runs {
      let count = run.rows.count * rowByteCount
      var part = output._mutatingExtracting(first..<first + count)
      try source.read(run.source, at: run.rows.lowerBound * rowByteCount, into: &part)
      first += count
    }
    return bytes
  }

  private func overflowCount(_ values: [Float]) -> Int {
    switch type {
    case .float16: values.count { $0.isFinite && Float16($0).isInfinite }
    // The largest float32 values round beyond the largest bfloat16.
    case .bfloat16: values.count { $0.isFinite && $0.magnitude >= 0x1.FFp127 }
    default: 0
    }
  }
}
