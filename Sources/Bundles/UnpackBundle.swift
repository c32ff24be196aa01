public import Parallel
internal import Safetensors
internal import Storage
public import Tensors

/// Writes a bundle's weights as plain safetensors in its layout.
///
/// Quantized tensors are decoded to `type` (`bfloat16`, `float16` or `float32`); a tensor that was
/// kept has the bytes it had in its source. Memory holds one row block per thread.
public func unpack(
  _ bundle: Bundle, to path: String, as type: ElementType,
  threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
) throws {
  let tensors = bundle.header.tensors.map { tensor in
    let stored: ElementType =
      switch tensor.encoding {
      case .plain(let type): type
      case .quantized: type
      }
    return SafetensorsLayout.Entry(name: tensor.name, elementType: stored, shape: tensor.shape)
  }
  let layout = try SafetensorsLayout(
    tensors, metadata: bundle.header.provenance.metadata, path: path)
  let writer = try SafetensorsWriter.create(path, layout: layout)
  monitor.begin("unpack", total: bundle.weights.storedByteCount, unit: .bytes)
  let blocks = tensors.enumerated().flatMap { index, tensor in
    let step = RowBlock.rowCount(columns: tensor.shape.columns)
    return stride(from: 0, to: tensor.shape.rows, by: step).map { row in
      UnpackedBlock(tensor: index, rows: row..<min(tensor.shape.rows, row + step))
    }
  }
  try forEachChunk(of: blocks.count, chunk: 1, threads: threads, scratch: { UnpackScratch() }) {
    scratch, index in
    try monitor.checkCancellation()
    let block = blocks[index.lowerBound]
    let tensor = tensors[block.tensor]
    try scratch.decode(block.rows, of: tensor, in: bundle)
    let rowStride = tensor.shape.columns * tensor.elementType.bitWidth / 8
    let bytes = scratch.bytes.rawBytes.extracting(first: block.rows.count * rowStride)
    try writer.write(bytes, of: tensor.name, at: block.rows.lowerBound * rowStride)
    monitor.advance(by: bundle.weights[block.tensor].storedByteCount(of: block.rows))
  }
  try writer.commit()
}

/// A block of rows of a tensor.
private struct UnpackedBlock: Sendable {
  var tensor: Int
  var rows: Range<Int>
}

/// The memory of one thread, used again for every block.
private struct UnpackScratch {
  private var values: [Float] = []
  /// The block as it is written, its first bytes.
  private(set) var bytes: [UInt8] = []

  /// The values of a resident tensor that are decoded at once: with their codes they stay in the
  /// second cache. Of a compressed one a chunk is, so that none is decompressed twice.
  private static let valuesAtOnce = 1 << 15

  /// Decodes rows of a tensor and encodes them as its type.
  mutating func decode(
    _ rows: Range<Int>, of tensor: SafetensorsLayout.Entry, in bundle: Bundle
  ) throws {
    let columns = tensor.shape.columns
    let rowStride = columns * tensor.elementType.bitWidth / 8
    let step =
      bundle.tensor(named: tensor.name)?.chunkRows ?? max(1, Self.valuesAtOnce / max(1, columns))
    let count = min(step, rows.count) * columns
    // Out of the scratch while both are lent, and moved, not copied.
    var values: [Float] = []
    swap(&values, &self.values)
    defer { swap(&values, &self.values) }
    if values.count < count { values = [Float](repeating: 0, count: count) }
    if bytes.count < rows.count * rowStride {
      bytes = [UInt8](repeating: 0, count: rows.count * rowStride)
    }
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
      let part = first..<min(rows.upperBound, first + step)
      var span = values.mutableSpan
      var decoded = span._mutatingExtracting(first: part.count * columns)
      try bundle.decode(tensor.name, rows: part, into: &decoded)
      let place = (first - rows.lowerBound) * rowStride
      var output = bytes.mutableSpan
      var encoded = output._mutatingExtracting(place..<place + part.count * rowStride)
      encodeElements(decoded.span, as: tensor.elementType, into: &encoded)
    }
  }
}
