internal import Families
internal import Safetensors
internal import Storage
internal import Tensors

/// The rows of one target tensor, gathered from the source: as they are, or in another type.
struct TargetRows: Sendable {
  /// The bytes of one row in the target.
  let rowByteCount: Int
  private let target: TargetTensor
  private let type: ElementType
  private let source: SafetensorsCheckpoint

  init(_ target: TargetTensor, as type: ElementType, from source: SafetensorsCheckpoint) {
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
    for run in runs { values += try source.values(of: run.source, slices: run.rows) }
    var bytes = [UInt8](repeating: 0, count: rows.count * rowByteCount)
    var output = bytes.mutableSpan
    encodeElements(values.span, as: type, into: &output)
    return (bytes, overflowCount(values))
  }

  private func copied(_ runs: [RowRun], _ rowCount: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: rowCount * rowByteCount)
    var span = bytes.mutableSpan
    var output = span.mutableRawBytes
    var first = 0
    for run in runs {
      guard let (file, tensor) = source.tensor(named: run.source) else {
        preconditionFailure("\(source.origin) has lost \(run.source)")
      }
      let count = run.rows.count * rowByteCount
      var part = output._mutatingExtracting(first..<first + count)
      try file.read(tensor, at: run.rows.lowerBound * rowByteCount, into: &part)
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
